"""Exporters: what makes metrics of things that export none themselves."""

from __future__ import annotations

from collections.abc import Sequence

from alert_rules import yaml12
from alert_rules.compilers.common import ResourceScope
from components.access import AwsAccess
from components.kubernetes.addresses import address, port_of
from components.kubernetes.cloudwatch_metrics import static_jobs
from components.kubernetes.network import Call, ToAnywhere, ToNamespace
from components.kubernetes.objects import Manifest
from components.kubernetes.scraping import outside
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import METRICS, ConfigFiles, HostAccess, Port, Probe, WorkloadSpec
from components.settings.model import Settings
from components.versions import BLACKBOX_EXPORTER, CLOUDWATCH_EXPORTER, KUBE_STATE_METRICS, NODE_EXPORTER

KUBE_STATE_METRICS_NAME, KUBE_STATE_METRICS_PORT = "kube-state-metrics", 8080
NODE_NAME, NODE_PORT = "node-exporter", 9100
BLACKBOX_NAME, BLACKBOX_PORT = "blackbox-exporter", 9115
CLOUDWATCH_NAME, CLOUDWATCH_PORT = "cloudwatch-exporter", 5000

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
    return address(settings, BLACKBOX_NAME, BLACKBOX_PORT)


def specs(settings: Settings, resources: Sequence[ResourceScope]) -> list[WorkloadSpec]:
    """The exporters that are switched on; CloudWatch's for these resources."""
    on = settings.exporters
    return [
        *([kube_state_metrics(settings)] if on.kube_state_metrics else []),
        *([node_exporter(settings)] if on.node else []),
        *([blackbox_exporter(settings)] if on.blackbox else []),
        *([cloudwatch_exporter(settings, resources)] if on.cloudwatch else []),
    ]


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
        ports=[Port(METRICS, KUBE_STATE_METRICS_PORT), Port(f"{METRICS}-tm", 8081)],
        # Not /livez: it asks the API server, whose absence no restart of this pod mends.
        ready=Probe(f"{METRICS}-tm", "/readyz"),
        live=Probe(METRICS, "/healthz"),
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
            "--path.procfs=/host/root/proc",
            "--path.udev.data=/host/root/run/udev/data",
            f"--web.listen-address=:{NODE_PORT}",
            "--collector.filesystem.mount-points-exclude=^/(dev|proc|run|sys|var/lib/(containerd|docker|kubelet)/.+)($|/)",
            "--collector.netclass.ignored-devices=^(veth.*|cali.*|eni.*|lxc.*)$",
            "--collector.netdev.device-exclude=^(veth.*|cali.*|eni.*|lxc.*)$",
        ],
        resources=SIZES[settings.kubernetes.size][NODE_NAME],
        ports=[Port(METRICS, NODE_PORT)],
        ready=Probe(METRICS, "/"),
        live=Probe(METRICS, "/"),
        host=HostAccess(
            reason="reads /proc, /sys, mounts and network interfaces of the node itself",
            mounts={"/": "/host/root"},
            network=True,
        ),
    )


def blackbox_exporter(settings: Settings) -> WorkloadSpec:
    """Asks services from outside their pods whether they answer."""
    configured = yaml12.dump({"modules": dict(outside.modules())})
    return WorkloadSpec(
        name=BLACKBOX_NAME,
        namespace=settings.kubernetes.namespace,
        kind="Deployment",
        image=BLACKBOX_EXPORTER,
        args=["--config.file=/etc/blackbox/blackbox.yaml"],
        resources=SIZES[settings.kubernetes.size][BLACKBOX_NAME],
        ports=[Port(METRICS, BLACKBOX_PORT)],
        ready=Probe(METRICS, "/-/healthy"),
        live=Probe(METRICS, "/-/healthy"),
        config=[ConfigFiles("/etc/blackbox", {"blackbox.yaml": configured})],
        calls=_probed(settings),
    )


def _probed(settings: Settings) -> list[Call]:
    # A probe calls the Service's port; policies see the pod's, which nothing here says. Hence every port.
    probed = {s.runs_on.kubernetes.namespace for s in settings.services if s.probe and s.runs_on.kubernetes}
    ports = {port_of(probe.url) for probe in settings.probes}
    # Plain HTTP mostly leads on to HTTPS.
    ports |= {443} if any(probe.url.startswith("http://") for probe in settings.probes) else set()
    outside_ports = tuple(sorted(ports))
    return [
        *(ToNamespace(namespace) for namespace in sorted(probed)),
        *([ToAnywhere(outside_ports, "the addresses under vigil:probes")] if outside_ports else []),
    ]


def cloudwatch_exporter(settings: Settings, resources: Sequence[ResourceScope]) -> WorkloadSpec:
    """CloudWatch's metrics of the resources under alarm, and of nothing else: each one asked for costs money."""
    configured = {
        "apiVersion": "v1alpha1",
        "sts-region": settings.region,
        "static": static_jobs(resources, settings.region),
    }
    return WorkloadSpec(
        name=CLOUDWATCH_NAME,
        namespace=settings.kubernetes.namespace,
        kind="Deployment",
        image=CLOUDWATCH_EXPORTER,
        args=["--config.file=/etc/yace/yace.yaml", f"--listen-address=:{CLOUDWATCH_PORT}", "--scraping-interval=300"],
        resources=SIZES[settings.kubernetes.size][CLOUDWATCH_NAME],
        ports=[Port(METRICS, CLOUDWATCH_PORT)],
        ready=Probe(METRICS, "/healthz"),
        live=Probe(METRICS, "/healthz"),
        config=[ConfigFiles("/etc/yace", {"yace.yaml": yaml12.dump(configured)})],
        aws=[AwsAccess.READ_METRIC_DATA],
    )
