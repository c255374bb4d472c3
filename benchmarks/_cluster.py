"""The objects of a made-up cluster: services with their instances, and what Kubernetes runs and keeps for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from benchmarks.preview_scaling import service

INSTANCES = 3
"""Of each service."""
PODS_A_NODE = 20
"""Of services, beside those that run on every node."""

AGENTS = ("node-exporter", "otel-agent", "aws-node", "kube-proxy")
"""What runs on every node."""
OBJECTIVES: Sequence[Mapping[str, Any]] = (
    {"kind": "availability", "objective": "99.9%"},
    {"kind": "latency", "objective": "99%", "threshold": "300ms"},
)
"""Of each service."""

Labels = dict[str, str]


@dataclass(frozen=True, eq=False)
class Cluster:
    """What there is of each kind, each by the labels that tell of it."""

    objects: Mapping[str, Sequence[Labels]]

    def of(self, kind: str) -> Sequence[Labels]:
        """The objects of that kind."""
        return self.objects[kind]


def settings(number: int) -> list[dict[str, Any]]:
    """That many services of a stack file: all on Kubernetes, with metrics, a probe and objectives. Prometheus scrapes
    them at the interval at which samples are made up."""
    made = [service(2 * index) for index in range(number)]
    return [
        {**each, "metrics": {**each["metrics"], "interval": "30s"}, "slos": list(OBJECTIVES), "alerts": {}}
        for each in made
    ]


def cluster(number: int) -> Cluster:
    """The cluster of that many services."""
    services = [_service(each) for each in settings(number)]
    nodes = [_node(index) for index in range(-(-number * INSTANCES // PODS_A_NODE))]
    pods = [
        _pod(each, f"{each['service']}-6d5f-{index}", nodes[(place * INSTANCES + index) % len(nodes)])
        for place, each in enumerate(services)
        for index in range(INSTANCES)
    ]
    running = [*pods, *_agents(nodes), *_odd_pods(nodes[0])]
    return Cluster(
        {
            "service": services,
            "instance": [{**pod, "instance": pod["pod"], "job": pod["service"]} for pod in pods],
            "probe": [{**each, "instance": f"http://{each['service']}/health", "job": "probes"} for each in services],
            "node": nodes,
            "pod": running,
            "container": running,
            "cgroup": [{**pod, **cgroup} for pod, cgroup in product(running, _CGROUPS)],
            "program": [{"instance": f"10.0.0.{index}:8080", "pod": f"program-{index}"} for index in range(3)],
            "target": _targets(nodes),
            **_workloads(services, nodes),
        }
    )


_CGROUPS: Sequence[Labels] = (
    {
        "container": "main",
        "image": "registry.example.com/main:1",
        "name": "0123456789abcdef",
        "id": "/kubepods/pod/main",
    },
    {"container": "", "image": "", "name": "", "id": "/kubepods/pod"},
)
"""What cAdvisor sees of a pod: its container, and the pod as a whole."""


def _service(entry: Mapping[str, Any]) -> Labels:
    return {
        "service": entry["name"],
        "team": entry["team"],
        "namespace": entry["runs_on"]["kubernetes"]["namespace"],
    }


def _node(index: int) -> Labels:
    name = f"ip-10-0-{index // 250}-{index % 250}"
    return {"node": name, "instance": name, "namespace": "monitoring", "pod": f"node-exporter-{index}"}


def _pod(owner: Labels, name: str, node: Labels, kind: str = "ReplicaSet", owner_name: str = "") -> Labels:
    told = owner_name or (f"{owner['service']}-6d5f" if kind else "")
    return {
        **owner,
        "pod": name,
        "uid": f"00000000-0000-4000-8000-{name[-12:]:0>12}",
        "container": "main",
        "node": node["node"],
        "instance": node["node"],
        "owner_kind": kind,
        "owner_name": told,
        "owner_is_controller": "true" if kind else "",
        "created_by_kind": kind,
        "created_by_name": told,
        "host_ip": "10.0.0.1",
        "pod_ip": "10.1.0.1",
        "host_network": "false",
        "priority_class": "",
    }


def _agents(nodes: Sequence[Labels]) -> list[Labels]:
    return [
        _pod({"namespace": "monitoring", "service": agent}, f"{agent}-{index}", node, "DaemonSet", agent)
        for agent in AGENTS
        for index, node in enumerate(nodes)
    ]


def _odd_pods(node: Labels) -> list[Labels]:
    """One pod of each further kind of owner that there may be."""
    owners = {"StatefulSet": "store-0", "Job": "batch-0", "Node": node["node"], "Workflow": "flow-0", "": ""}
    odd = {"namespace": "shop-0", "service": "odd"}
    return [_pod(odd, f"odd-{index}", node, kind, name) for index, (kind, name) in enumerate(owners.items())] + [
        _pod(odd, f"odd-replica-{name}", node, "ReplicaSet", name) for name in ("rollout-1", "alone-1")
    ]


def _workloads(services: Sequence[Labels], nodes: Sequence[Labels]) -> dict[str, list[Labels]]:
    """What owns pods, and what they claim: a service in ten keeps data, has a batch job and a schedule; one in four
    scales with its load."""

    def named(label: str, among: Sequence[Labels], **more: str) -> list[Labels]:
        return [{"namespace": each["namespace"], label: each["service"], **more} for each in among]

    tenth, fourth = services[::10], services[::4]
    replicas = [
        {"namespace": "shop-0", "replicaset": "rollout-1", "owner_kind": "Rollout", "owner_name": "rollout"},
        {"namespace": "shop-0", "replicaset": "alone-1", "owner_kind": "", "owner_name": ""},
    ]
    for each in services:
        own = {"namespace": each["namespace"], "replicaset": f"{each['service']}-6d5f"}
        replicas.append({**own, "owner_kind": "Deployment", "owner_name": each["service"]})
    jobs = named("job_name", tenth, owner_kind="CronJob", owner_name="schedule")
    namespaces = sorted({each["namespace"] for each in services})
    return {
        "deployment": named("deployment", services),
        "replicaset": [{**each, "owner_is_controller": "true"} for each in replicas],
        "statefulset": [{**each, "revision": "1"} for each in named("statefulset", tenth)],
        "daemonset": [{"namespace": "monitoring", "daemonset": agent} for agent in AGENTS],
        "job": [
            *jobs,
            {"namespace": "shop-0", "job_name": "batch-0", "owner_kind": "", "owner_name": ""},
            {"namespace": "shop-0", "job_name": "batch-1", "owner_kind": "CronJob", "owner_name": "schedule"},
        ],
        "cronjob": named("cronjob", tenth),
        "autoscaler": named("horizontalpodautoscaler", fourth),
        "namespace": [{"namespace": name, "resourcequota": "all"} for name in namespaces],
        "volume": [
            {
                "namespace": each["namespace"],
                "persistentvolumeclaim": f"data-{each['service']}",
                "persistentvolume": f"pv-{each['service']}",
                "claim_namespace": each["namespace"],
                "name": f"data-{each['service']}",
                "access_mode": "ReadWriteOnce" if index else "ReadOnlyMany",
                "label_excluded_from_alerts": "" if index else "true",
                "node": node["node"],
                "instance": node["node"],
            }
            for index, each in enumerate(tenth)
            for node in [nodes[index % len(nodes)]]
        ],
    }


def _targets(nodes: Sequence[Labels]) -> list[Labels]:
    """What is scraped on every node, as its `up` tells of it."""
    kinds: Sequence[Labels] = (
        {"job": "node-exporter", "service": "node-exporter", "container": "node-exporter"},
        {"job": "otel-agent", "service": "otel-agent"},
        {"job": "kubelet", "service": "kubelet", "metrics_path": "/metrics"},
        {"job": "kubelet", "service": "cadvisor", "metrics_path": "/metrics/cadvisor"},
    )
    return [
        {**kind, "team": "platform", "namespace": "monitoring", "instance": node["instance"], "node": node["node"]}
        for kind, node in product(kinds, nodes)
    ]
