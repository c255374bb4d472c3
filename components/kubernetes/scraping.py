"""Scrape jobs: which targets Prometheus reads, how often, and the labels every series gets from them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from alert_rules.quantities import seconds_text
from components.kubernetes import exporters
from components.settings.model import Service

Job = dict[str, Any]

LONGEST_TIMEOUT = 10.0
"""Seconds; Prometheus' own default for a scrape."""


@dataclass(frozen=True, order=True)
class Target:
    """A declared service with metrics: the pods behind one Kubernetes Service."""

    interval: float
    path: str
    namespace: str
    kubernetes_service: str
    name: str
    team: str
    port: int


def targets(services: Sequence[Service]) -> list[Target]:
    """The services that are scraped in the cluster, by interval and path."""
    return sorted(
        Target(
            interval=service.metrics.interval.value,
            path=service.metrics.path,
            namespace=service.runs_on.kubernetes.namespace,
            kubernetes_service=service.runs_on.kubernetes.service or service.name,
            name=service.name,
            team=service.team,
            port=service.metrics.port,
        )
        for service in services
        if service.metrics and service.runs_on.kubernetes
    )


def service_jobs(services: Sequence[Service]) -> list[Job]:
    """One job for all services of an interval and path, so that a thousand services are a few watches of the
    Kubernetes API and not a thousand. Services are told apart by the labels `service` and `job`."""
    jobs = []
    for (interval, path), group in groupby(targets(services), key=lambda t: (t.interval, t.path)):
        # The path itself, since two paths can look alike once written as a name.
        suffix = "" if path == "/metrics" else path
        jobs.append(_service_job(f"services-{seconds_text(interval)}{suffix}", interval, path, list(group)))
    return jobs


def _service_job(name: str, interval: float, path: str, group: list[Target]) -> Job:
    return {
        "job_name": name,
        **_timing(interval),
        "metrics_path": path,
        "kubernetes_sd_configs": [
            {"role": "endpointslice", "namespaces": {"names": sorted({t.namespace for t in group})}}
        ],
        "relabel_configs": [_keep_declared(group), *_in_service(), *_identity(group), *_address(group)],
    }


def _timing(interval: float) -> Job:
    return {
        "scrape_interval": seconds_text(interval),
        "scrape_timeout": seconds_text(min(interval, LONGEST_TIMEOUT)),
    }


_PLACE = ["__meta_kubernetes_namespace", "__meta_kubernetes_service_name"]


def _keep_declared(group: list[Target]) -> Job:
    return {"source_labels": _PLACE, "action": "keep", "regex": _any(_place(t) for t in group)}


def _in_service() -> list[Job]:
    # Prometheus adds a target for each container port that the Service does not have. Those carry no conditions, look
    # like the real one once the address is set, and outlive the pod's place in the Service: only real ones are kept.
    # A pod that is stopping is not down. The pod behind an address is needed for its IP.
    return [
        {
            "source_labels": ["__meta_kubernetes_endpointslice_endpoint_conditions_ready"],
            "action": "keep",
            "regex": "true|false",
        },
        {
            "source_labels": ["__meta_kubernetes_endpointslice_endpoint_conditions_terminating"],
            "action": "drop",
            "regex": "true",
        },
        {"source_labels": ["__meta_kubernetes_pod_ip"], "action": "keep", "regex": ".+"},
    ]


def _identity(group: list[Target]) -> list[Job]:
    """Labels service (the Kubernetes Service's name, unless the settings name it otherwise), team, job, instance."""
    rules: list[Job] = [{"source_labels": ["__meta_kubernetes_service_name"], "target_label": "service"}]
    rules += [
        _set("service", t.name, [t]) for t in sorted(group, key=lambda t: t.name) if t.name != t.kubernetes_service
    ]
    for team in sorted({t.team for t in group}):
        rules.append(_set("team", team, [t for t in group if t.team == team]))
    rules.append({"source_labels": ["service"], "target_label": "job"})
    rules.append({"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "instance"})
    return rules


def _address(group: list[Target]) -> list[Job]:
    """The pod's own address and the declared port: scraping a Service would read one replica at random."""
    rules = []
    for port in sorted({t.port for t in group}):
        matching = [t for t in group if t.port == port]
        for address, replacement in (("[^:]+", f"$1:{port}"), (".*:.*", f"[$1]:{port}")):  # IPv4, IPv6
            rules.append(
                {
                    "source_labels": [*_PLACE, "__meta_kubernetes_pod_ip"],
                    "regex": f"(?:{_any(_place(t) for t in matching)});({address})",
                    "replacement": replacement,
                    "target_label": "__address__",
                }
            )
    return rules


def _set(label: str, value: str, group: list[Target]) -> Job:
    return {
        "source_labels": _PLACE,
        "regex": _any(_place(t) for t in group),
        "replacement": value,
        "target_label": label,
    }


def _place(target: Target) -> str:
    return f"{target.namespace};{target.kubernetes_service}"


def _any(places: Iterable[str]) -> str:
    return "|".join(sorted(set(places)))


def monitoring_job(namespaces: Sequence[str], team: str) -> Job:
    """The stack's own workloads: every pod that vigil made, by its label; `service` is the workload's name."""
    return {
        "job_name": "monitoring",
        "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": list(namespaces)}}],
        "relabel_configs": [
            {
                "source_labels": ["__meta_kubernetes_pod_label_app_kubernetes_io_part_of"],
                "action": "keep",
                "regex": "vigil",
            },
            {"source_labels": ["__meta_kubernetes_pod_container_port_name"], "action": "keep", "regex": "http"},
            {"source_labels": ["__meta_kubernetes_pod_phase"], "action": "drop", "regex": "Succeeded|Failed"},
            {"source_labels": ["__meta_kubernetes_pod_label_app_kubernetes_io_name"], "target_label": "service"},
            {"target_label": "team", "replacement": team},
            {"source_labels": ["service"], "target_label": "job"},
            {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "instance"},
            # Only there: kube-state-metrics has a `node` of its own in what it says of every node.
            {
                "source_labels": ["service", "__meta_kubernetes_pod_node_name"],
                "regex": f"{exporters.NODE_NAME};(.+)",
                "target_label": "node",
            },
        ],
    }


def probe_job(services: Sequence[Service], blackbox: str) -> Job | None:
    """HTTP probes of the declared services through the blackbox exporter at `blackbox` (host:port), if any."""
    static = [_probe_target(service) for service in sorted(services, key=lambda s: s.name) if service.probe]
    if not static:
        return None
    return {
        "job_name": "probes",
        "metrics_path": "/probe",
        "params": {"module": ["http_2xx"]},
        "static_configs": static,
        "relabel_configs": [
            {"source_labels": ["__address__"], "target_label": "__param_target"},
            {"source_labels": ["__address__"], "target_label": "instance"},
            {"target_label": "__address__", "replacement": blackbox},
        ],
    }


def _probe_target(service: Service) -> Job:
    place = service.runs_on.kubernetes
    if service.probe is None or place is None:
        raise ValueError(f"{service.name} has no probe or does not run in the cluster")
    host = f"{place.service or service.name}.{place.namespace}.svc"
    url = f"http://{host}:{service.probe.port}{service.probe.path}"
    return {"targets": [url], "labels": {"service": service.name, "team": service.team}}
