"""Scrape jobs of the stack's own workloads, and of what they make metrics of for others."""

from __future__ import annotations

from collections.abc import Sequence

from components.kubernetes.scraping.jobs import SHARD, Job, copy, drop, hashed, keep, label, unlimited
from components.kubernetes.scraping.owners import owner_rules
from components.kubernetes.shards import Shard
from components.kubernetes.spec import METRICS
from components.settings.services import Service

_CONTAINER = "__meta_kubernetes_pod_container_name"
_NAME = "__meta_kubernetes_pod_label_app_kubernetes_io_name"
_NODE = "__meta_kubernetes_pod_node_name"
_PORT = "__meta_kubernetes_pod_container_port_name"
_PROMETHEUS = r"prometheus(-\d+)?"

APPLICATION_METRICS = "app-metrics"
"""Name of the port on which the collectors' gateway offers what services sent it."""


def own_job(namespace: str, team: str) -> Job:
    """Every Prometheus, watched by every other: so beats the heart of the dead-man's switch, and so a shard that is
    down is missed."""
    return {
        "job_name": "prometheus",
        "kubernetes_sd_configs": _pods([namespace]),
        "relabel_configs": [keep(_NAME, _PROMETHEUS), *_identity(team), *_named_prometheus()],
    }


def monitoring_job(
    namespaces: Sequence[str],
    team: str,
    shard: Shard,
    *,
    workloads: Sequence[str],
    node_agents: Sequence[str],
    services: Sequence[Service],
) -> Job:
    """Every other workload of the stack: each container with a port for metrics; `service` is the container's name.

    `workloads` and `node_agents` are these names. What kube-state-metrics says of a namespace goes to the team that
    owns it.
    """
    return {
        "job_name": "monitoring",
        **unlimited(),
        "kubernetes_sd_configs": _pods(namespaces),
        "relabel_configs": [
            keep("__meta_kubernetes_pod_label_app_kubernetes_io_part_of", "vigil"),
            drop(_NAME, _PROMETHEUS),
            *_identity(team),
            *_of_nodes(),
            *_divided(shard, workloads, node_agents),
        ],
        "metric_relabel_configs": [
            # Thanos' names for its own requests are those by which services are alarmed; its queries take seconds.
            {
                "source_labels": ["service", "__name__"],
                "regex": "thanos-.+;(http_request(s_total|_duration_seconds_.+)|grpc_server_.+)",
                "action": "drop",
            },
            *owner_rules(services, job="kube-state-metrics"),
        ],
    }


def _of_nodes() -> list[Job]:
    # Not for kube-state-metrics, which has a `node` of its own in what it says of every node.
    return [
        copy(_NODE, "node"),
        {"source_labels": ["service"], "regex": "kube-state-metrics", "target_label": "node", "replacement": ""},
    ]


def _divided(shard: Shard, workloads: Sequence[str], agents: Sequence[str]) -> list[Job]:
    """A workload is whole on one shard; the agents of the nodes are divided by node."""
    if shard.total == 1:
        return []
    own = "|".join(name for name in workloads if shard.has(name))
    part = f"({'|'.join(agents)});{shard.index}"
    return [
        hashed(["node"], shard.total),
        {"source_labels": ["service", SHARD], "regex": f"{part}|({own});.*", "action": "keep"},
    ]


def _pods(namespaces: Sequence[str]) -> list[Job]:
    return [{"role": "pod", "namespaces": {"names": list(namespaces)}}]


def _identity(team: str) -> list[Job]:
    return [
        keep(_PORT, f"{METRICS}.*"),
        drop("__meta_kubernetes_pod_phase", "Succeeded|Failed"),
        copy(_CONTAINER, "service"),
        label("team", team),
        copy("service", "job"),
        copy("__meta_kubernetes_pod_name", "instance"),
        # A second port of a container is a target of its own.
        {
            "source_labels": [_PORT, "instance", "__meta_kubernetes_pod_container_port_number"],
            "regex": f"{METRICS}-.+;(.+);(.+)",
            "target_label": "instance",
            "replacement": "$1:$2",
        },
    ]


def _named_prometheus() -> list[Job]:
    # Shards are told apart by `instance`; as a service they are one.
    shard = r"prometheus-\d+"
    return [
        {"source_labels": ["service"], "regex": shard, "target_label": name, "replacement": "prometheus"}
        for name in ("job", "service")
    ]


def application_job(
    namespaces: Sequence[str], collectors: Sequence[str], team: str, services: Sequence[Service]
) -> Job:
    """What services send the collectors over OTLP, and the metrics that these make of their traces.

    Samples name their own `service` and, where one is known, their own `instance`; the team is that of the declared
    service, else the platform's.
    """
    return {
        "job_name": "otlp",
        "honor_labels": True,
        "kubernetes_sd_configs": _pods(namespaces),
        "relabel_configs": [
            keep(_NAME, "|".join(collectors)),
            keep(_PORT, APPLICATION_METRICS),
            copy(_CONTAINER, "service"),
            copy("__meta_kubernetes_pod_name", "instance"),
            label("job", "otlp"),
        ],
        "metric_relabel_configs": [
            # Not that of the collector's own target.
            {"source_labels": ["service"], "regex": "(.+)", "target_label": "job"},
            label("team", team),
            *(
                {"source_labels": ["service"], "regex": "|".join(names), "target_label": "team", "replacement": owner}
                for owner, names in _by_team(services).items()
            ),
        ],
    }


def _by_team(services: Sequence[Service]) -> dict[str, list[str]]:
    teams: dict[str, list[str]] = {}
    for service in sorted(services, key=lambda s: s.name):
        teams.setdefault(service.team, []).append(service.name)
    return dict(sorted(teams.items()))


def cloudwatch_job(namespace: str, exporter: str) -> Job:
    """CloudWatch's metrics of the resources under alarm, as the service and team that they belong to."""
    return {
        "job_name": "cloudwatch",
        # The exporter asks CloudWatch once in five minutes; asked more often, it says the same again.
        "scrape_interval": "1m",
        "scrape_timeout": "10s",
        "kubernetes_sd_configs": _pods([namespace]),
        "relabel_configs": [
            keep(_NAME, exporter),
            keep(_PORT, f"{METRICS}.*"),
            label("job", "cloudwatch"),
        ],
        "metric_relabel_configs": [
            # Its own metrics are scraped as those of a workload.
            keep("__name__", "aws_.+"),
            *(
                {"source_labels": [f"custom_tag_{name}"], "regex": "(.+)", "target_label": name}
                for name in ("service", "team")
            ),
            {"source_labels": ["custom_tag_resource"], "regex": "(.+)", "target_label": "instance"},
            {"action": "labeldrop", "regex": "custom_tag_.+"},
        ],
    }
