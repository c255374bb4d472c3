"""Services: their names, where they run, how they are scraped; and their maintenance windows."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from alert_rules.problems import MISSING, Problem, listed, nearest
from components.naming import ALERT_PATH, DEAD_LETTER_QUEUES
from components.settings.checks.registry import check
from components.settings.maintenance import first_overlap
from components.settings.model import Settings

SHORTEST_INTERVAL = 5.0
"""Seconds; a shorter scrape interval costs more samples than any of the sources' alerts can use."""

LONGEST_INTERVAL = 60.0
"""Seconds; a rate needs four scrapes in its window, and the shortest window that an alert takes is 4m."""

OWN_NAMES = frozenset(
    {ALERT_PATH, "alertmanager", "blackbox-exporter", "grafana", "kube-state-metrics", "node-exporter", "prometheus"}
)
"""What the stack's own workloads are called in the label `service`."""


@check()
def _names_are_unique(settings: Settings, file: str) -> Iterator[Problem]:
    for section in ("services", "resources", "maintenance"):
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
    for index, service in enumerate(settings.services):
        if service.name in OWN_NAMES:
            allowed = f"a name that no part of vigil has: {listed(OWN_NAMES)}"
            yield Problem(file, f"vigil:services[{index}].name", service.name, allowed)
    taken = {service.name for service in settings.services if not service.runs_on.kubernetes}
    taken |= {ALERT_PATH, *DEAD_LETTER_QUEUES}
    for index, resource in enumerate(settings.resources):
        if resource.name in taken:
            allowed = "a name that no service with alarms of its own has: the two would share their alarms"
            yield Problem(file, f"vigil:resources[{index}].name", resource.name, allowed)


@check()
def _one_service_a_kubernetes_service(settings: Settings, file: str) -> Iterator[Problem]:
    seen: dict[tuple[str, str], str] = {}
    for index, service in enumerate(settings.services):
        place = service.runs_on.kubernetes
        if place is None or service.metrics is None:
            continue
        name = place.service or service.name
        first = seen.setdefault((place.namespace, name), service.name)
        if first != service.name:
            key = f"vigil:services[{index}].runs_on.kubernetes"
            allowed = f"a Kubernetes Service that {first!r} is not scraped through already"
            yield Problem(file, key, f"{place.namespace}/{name}", allowed)


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
    for index, service in enumerate(settings.services):
        if service.metrics and not SHORTEST_INTERVAL <= service.metrics.interval.value <= LONGEST_INTERVAL:
            key = f"vigil:services[{index}].metrics.interval"
            allowed = "5s to 1m (the shortest window of an alert, 4m, must hold four scrapes)"
            yield Problem(file, key, str(service.metrics.interval), allowed)


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


@check()
def _retention_fits_volume(settings: Settings, file: str) -> Iterator[Problem]:
    if settings.kubernetes.enabled and settings.prometheus.retention.value < 7200:
        yield Problem(
            file,
            "vigil:prometheus.retention",
            str(settings.prometheus.retention),
            "at least 2h, one block of Prometheus' storage",
        )
