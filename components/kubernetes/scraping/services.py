"""Scrape jobs of the declared services: discovered by their Kubernetes Services, probed from outside."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from alert_rules.quantities import seconds_text
from components.kubernetes.scraping.jobs import LONGEST_TIMEOUT, Job, copy, drop, keep, timeout_of, timing
from components.settings.services import Service


@dataclass(frozen=True, order=True)
class Target:
    """A declared service with metrics: the pods behind one Kubernetes Service."""

    interval: float
    timeout: float
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
            timeout=timeout_of(service.metrics.interval, service.metrics.timeout),
            path=service.metrics.path,
            namespace=place[0],
            kubernetes_service=place[1],
            name=service.name,
            team=service.team,
            port=service.metrics.port,
        )
        for service in services
        if service.metrics and (place := service.kubernetes_service)
    )


def service_jobs(services: Sequence[Service]) -> list[Job]:
    """One job for all services of an interval, timeout and path, so that a thousand services are a few watches of the
    Kubernetes API and not a thousand. Services are told apart by the labels `service` and `job`."""
    grouped = groupby(targets(services), key=lambda t: (t.interval, t.timeout, t.path))
    return [_service_job(list(group)) for _, group in grouped]


def _service_job(group: list[Target]) -> Job:
    first = group[0]
    return {
        "job_name": _job_name(first),
        **timing(first.interval, first.timeout),
        "metrics_path": first.path,
        "kubernetes_sd_configs": [
            {"role": "endpointslice", "namespaces": {"names": sorted({t.namespace for t in group})}}
        ],
        "relabel_configs": [_keep_declared(group), *_in_service(), *_identity(group), *_address(group)],
    }


def _job_name(target: Target) -> str:
    usual = min(target.interval, LONGEST_TIMEOUT)
    timeout = "" if target.timeout == usual else f"-{seconds_text(target.timeout)}"
    # The path itself, since two paths can look alike once written as a name.
    path = "" if target.path == "/metrics" else target.path
    return f"services-{seconds_text(target.interval)}{timeout}{path}"


_PLACE = ["__meta_kubernetes_namespace", "__meta_kubernetes_service_name"]


def _keep_declared(group: list[Target]) -> Job:
    return {"source_labels": _PLACE, "action": "keep", "regex": _any(_place(t) for t in group)}


def _in_service() -> list[Job]:
    # Prometheus adds a target for each container port that the Service does not have. Those carry no conditions, look
    # like the real one once the address is set, and outlive the pod's place in the Service: only real ones are kept.
    # A pod that is stopping is not down. The pod behind an address is needed for its IP.
    return [
        keep("__meta_kubernetes_endpointslice_endpoint_conditions_ready", "true|false"),
        drop("__meta_kubernetes_endpointslice_endpoint_conditions_terminating", "true"),
        keep("__meta_kubernetes_pod_ip", ".+"),
    ]


def _identity(group: list[Target]) -> list[Job]:
    """Labels service (the Kubernetes Service's name unless the settings say otherwise), team, job, instance, node."""
    rules = [copy("__meta_kubernetes_service_name", "service")]
    rules += [
        _set("service", t.name, [t]) for t in sorted(group, key=lambda t: t.name) if t.name != t.kubernetes_service
    ]
    for team in sorted({t.team for t in group}):
        rules.append(_set("team", team, [t for t in group if t.team == team]))
    rules.append(copy("service", "job"))
    rules.append(copy("__meta_kubernetes_pod_name", "instance"))
    # A node that is gone silences what says that something on it is.
    rules.append(copy("__meta_kubernetes_pod_node_name", "node"))
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
