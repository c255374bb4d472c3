"""Exporters: kube-state-metrics, node exporter, blackbox exporter."""

from __future__ import annotations

from alert_rules import yaml12
from components.kubernetes.network import Call, ToAnywhere, ToNamespace
from components.kubernetes.objects import Manifest
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import ConfigFiles, HostAccess, WorkloadSpec
from components.settings.model import Settings
from components.versions import BLACKBOX_EXPORTER, KUBE_STATE_METRICS, NODE_EXPORTER

KUBE_STATE_METRICS_NAME, KUBE_STATE_METRICS_PORT = "kube-state-metrics", 8080
NODE_NAME, NODE_PORT = "node-exporter", 9100
BLACKBOX_NAME, BLACKBOX_PORT = "blackbox-exporter", 9115

# What kube-state-metrics reads, by API group. Secrets and ConfigMaps are left out: their existence is no metric of
# ours, and the right to list them is the right to read them.
_STATE = {
    "": ["namespaces", "nodes", "persistentvolumeclaims", "persistentvolumes", "pods", "resourcequotas", "services"],
    "apps": ["daemonsets", "deployments", "replicasets", "statefulsets"],
    "autoscaling": ["horizontalpodautoscalers"],
    "batch": ["cronjobs", "jobs"],
    "policy": ["poddisruptionbudgets"],
}


def host_namespace(settings: Settings) -> str:
    """The namespace of agents that need their node: no other may hold a privileged pod."""
    return f"{settings.kubernetes.namespace}-host"


def blackbox_address(settings: Settings) -> str:
    """Where Prometheus finds the blackbox exporter."""
    return f"{BLACKBOX_NAME}.{settings.kubernetes.namespace}.svc:{BLACKBOX_PORT}"


def kube_state_metrics(settings: Settings) -> WorkloadSpec:
    """The state of the cluster's objects as metrics."""
    resources = ",".join(sorted(resource for group in _STATE.values() for resource in group))
    return WorkloadSpec(
        name=KUBE_STATE_METRICS_NAME,
        namespace=settings.kubernetes.namespace,
        kind="Deployment",
        image=KUBE_STATE_METRICS,
        args=[f"--port={KUBE_STATE_METRICS_PORT}", "--telemetry-port=8081", f"--resources={resources}"],
        resources=SIZES[settings.kubernetes.size][KUBE_STATE_METRICS_NAME],
        port=KUBE_STATE_METRICS_PORT,
        ready="/livez",
        live="/livez",
        uses_kubernetes_api=True,
        calls=[ToAnywhere((443, 6443), "the Kubernetes API, which it watches")],
    )


def state_rules() -> list[Manifest]:
    """What kube-state-metrics may list and watch."""
    return [
        {"apiGroups": [group], "resources": resources, "verbs": ["list", "watch"]}
        for group, resources in _STATE.items()
    ]


def node_exporter(settings: Settings) -> WorkloadSpec:
    """The nodes' own CPU, memory, disks and network as metrics."""
    return WorkloadSpec(
        name=NODE_NAME,
        namespace=host_namespace(settings),
        kind="DaemonSet",
        image=NODE_EXPORTER,
        args=[
            "--path.rootfs=/host/root",
            f"--web.listen-address=:{NODE_PORT}",
            "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|var/lib/(containerd|docker|kubelet)/.+)($|/)",
            "--collector.netclass.ignored-devices=^(veth.*|cali.*|eni.*|lxc.*)$",
            "--collector.netdev.device-exclude=^(veth.*|cali.*|eni.*|lxc.*)$",
        ],
        resources=SIZES[settings.kubernetes.size][NODE_NAME],
        port=NODE_PORT,
        ready="/",
        live="/",
        host=HostAccess(
            reason="reads /proc, /sys, mounts and network interfaces of the node itself",
            mounts={"/": "/host/root"},
        ),
    )


def blackbox_exporter(settings: Settings) -> WorkloadSpec:
    """Asks services from outside their pods whether they answer."""
    modules = {"http_2xx": {"prober": "http", "timeout": "5s", "http": {"preferred_ip_protocol": "ip4"}}}
    return WorkloadSpec(
        name=BLACKBOX_NAME,
        namespace=settings.kubernetes.namespace,
        kind="Deployment",
        image=BLACKBOX_EXPORTER,
        args=["--config.file=/etc/blackbox/blackbox.yaml"],
        resources=SIZES[settings.kubernetes.size][BLACKBOX_NAME],
        port=BLACKBOX_PORT,
        ready="/-/healthy",
        live="/-/healthy",
        config=[ConfigFiles("/etc/blackbox", {"blackbox.yaml": yaml12.dump({"modules": modules})})],
        calls=_probed(settings),
    )


def _probed(settings: Settings) -> list[Call]:
    # A probe calls the Service's port; policies see the pod's, which nothing here says. Hence every port.
    probed = {s.runs_on.kubernetes.namespace for s in settings.services if s.probe and s.runs_on.kubernetes}
    return [ToNamespace(namespace) for namespace in sorted(probed)]
