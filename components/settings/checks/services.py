"""Services: their names, where they run, how they are scraped; and their maintenance windows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from alert_rules.problems import MISSING, Problem, listed, nearest
from components.naming import ALERT_PATH, DEAD_LETTER_QUEUES, HEARTBEAT
from components.settings.checks.registry import check
from components.settings.kubernetes import ScrapeTarget
from components.settings.maintenance import first_overlap
from components.settings.model import Settings
from components.settings.services import Metrics

SHORTEST_INTERVAL = 5.0
"""Seconds; a shorter scrape interval costs more samples than any of the sources' alerts can use."""

LONGEST_INTERVAL = 60.0
"""Seconds; a rate needs four scrapes in its window, and the shortest window that an alert takes is 4m."""

OWN_NAMES = frozenset(
    {
        ALERT_PATH,
        "alertmanager",
        "apiserver",
        "blackbox-exporter",
        "cadvisor",
        "cloudwatch-exporter",
        "coredns",
        "elasticsearch",
        "filebeat",
        "grafana",
        "jaeger",
        "jaeger-collector",
        "jaeger-query",
        "kibana",
        "kube-state-metrics",
        "kubelet",
        "logstash",
        "loki",
        "loki-compactor",
        "loki-distributor",
        "loki-index-gateway",
        "loki-ingester",
        "loki-querier",
        "loki-query-frontend",
        "loki-query-scheduler",
        "loki-ruler",
        "node-exporter",
        "oauth2-proxy",
        "otel-agent",
        "otel-gateway",
        "prometheus",
        "thanos-compactor",
        "thanos-query",
        "thanos-query-frontend",
        "thanos-sidecar",
        "thanos-store",
    }
)
"""What the stack's own workloads, and the cluster's, are called in the label `service`."""


@check()
def _names_are_unique(settings: Settings, file: str) -> Iterator[Problem]:
    for section in ("services", "resources", "maintenance", "targets", "probes"):
        seen: set[str] = set()
        for index, entry in enumerate(getattr(settings, section)):
            if entry.name in seen:
                yield Problem(
                    file, f"vigil:{section}[{index}].name", entry.name, f"a name that no other of the {section} has"
                )
            seen.add(entry.name)


@check()
def _names_mean_one_thing(settings: Settings, file: str) -> Iterator[Problem]:
    """Alarms, rules and mutes go by name."""
    for section in ("services", "targets", "probes"):
        for index, entry in enumerate(getattr(settings, section)):
            if entry.name in OWN_NAMES:
                allowed = f"a name that no part of vigil has: {listed(OWN_NAMES)}"
                yield Problem(file, f"vigil:{section}[{index}].name", entry.name, allowed)
    taken = {service.name for service in settings.services if not service.runs_on.kubernetes}
    taken |= {ALERT_PATH, HEARTBEAT, *DEAD_LETTER_QUEUES}
    for index, resource in enumerate(settings.resources):
        if resource.name in taken:
            allowed = "a name that no service with alarms of its own has: the two would share their alarms"
            yield Problem(file, f"vigil:resources[{index}].name", resource.name, allowed)


@check()
def _one_service_a_kubernetes_service(settings: Settings, file: str) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for index, service in enumerate(settings.services):
        place = service.kubernetes_service
        if place is None:
            continue
        first = seen.setdefault(place, service.name)
        if first != service.name:
            key = f"vigil:services[{index}].runs_on.kubernetes"
            allowed = f"a Kubernetes Service that {first!r} is not known by already"
            yield Problem(file, key, "/".join(place), allowed)


@check()
def _one_platform(settings: Settings, file: str) -> Iterator[Problem]:
    for index, service in enumerate(settings.services):
        platforms = service.runs_on.platforms
        key = f"vigil:services[{index}]"
        if len(platforms) != 1:
            allowed = f"exactly one of: {listed(type(service.runs_on).model_fields)}"
            yield Problem(file, f"{key}.runs_on", " and ".join(platforms) or MISSING, f"{allowed} ({service.name})")
        elif platforms != ("kubernetes",) and (service.metrics or service.probe):
            name = "metrics" if service.metrics else "probe"
            yield Problem(file, f"{key}.{name}", f"set on {platforms[0]}", "only on services that run on kubernetes")


@check()
def _scrape_intervals(settings: Settings, file: str) -> Iterator[Problem]:
    scraped: list[tuple[str, Metrics | ScrapeTarget]] = [
        *((f"services[{index}].metrics", s.metrics) for index, s in enumerate(settings.services) if s.metrics),
        *((f"targets[{index}]", target) for index, target in enumerate(settings.targets)),
    ]
    for key, entry in scraped:
        if not SHORTEST_INTERVAL <= entry.interval.value <= LONGEST_INTERVAL:
            allowed = "5s to 1m (the shortest window of an alert, 4m, must hold four scrapes)"
            yield Problem(file, f"vigil:{key}.interval", str(entry.interval), allowed)
        elif entry.timeout and not 0 < entry.timeout.value <= entry.interval.value:
            yield Problem(file, f"vigil:{key}.timeout", str(entry.timeout), f"at most the interval, {entry.interval}")


@check()
def _platforms_are_enabled(settings: Settings, file: str) -> Iterator[Problem]:
    if not settings.kubernetes.enabled and not settings.aws.enabled:
        yield Problem(
            file, "vigil:kubernetes.enabled", False, "true here or at vigil:aws.enabled; else nothing is left"
        )
    for index, service in enumerate(settings.services):
        half = "kubernetes" if service.runs_on.kubernetes else "aws"
        if not getattr(settings, half).enabled:
            yield Problem(
                file,
                f"vigil:services[{index}].runs_on",
                service.name,
                f"a platform whose half is enabled; vigil:{half} is not",
            )
    if settings.resources and not settings.aws.enabled:
        yield Problem(
            file, "vigil:resources", f"{len(settings.resources)} resources", "none while vigil:aws is not enabled"
        )


@check("services")
def _maintenance_windows(settings: Settings, file: str) -> Iterator[Problem]:
    names = [service.name for service in settings.services]
    for index, window in enumerate(settings.maintenance):
        key = f"vigil:maintenance[{index}]"
        if window.start >= window.end:
            yield Problem(
                file,
                f"{key}.end",
                window.end,
                f"a time after the start, {window.start}, on the same day (24:00 at the latest)",
            )
        for name in window.services or ():
            if name not in names:
                yield Problem(file, f"{key}.services", name, "names of declared services", nearest(name, names))
    indexed = enumerate(settings.maintenance)
    for (_, first), (index, second) in combinations(indexed, 2):
        overlap = first_overlap(first, second)
        if overlap:
            allowed = f"times that do not overlap those of {first.name!r} for the same services (they do on {overlap})"
            yield Problem(file, f"vigil:maintenance[{index}]", second.name, allowed)
