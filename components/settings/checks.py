"""Checks across keys of the settings. Each takes sound settings and yields the problems it finds."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from alert_rules import loader, overrides
from alert_rules.model import ServiceKind, Severity
from alert_rules.problems import MISSING, Problem, listed, nearest
from alert_rules.quantities import QuantityError
from components import manifests
from components.naming import ALERT_PATH, DEAD_LETTER_QUEUES
from components.settings.maintenance import first_overlap
from components.settings.model import SECRET_KEYS, Environment, Resource, Service, Settings
from components.settings.types import secret_allowed

# CloudWatch Logs takes these retentions and no other, in days (API reference, PutRetentionPolicy).
LOG_RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)

SHORTEST_INTERVAL = 5.0
"""Seconds; a shorter scrape interval costs more samples than any of the sources' alerts can use."""

LONGEST_INTERVAL = 60.0
"""Seconds; a rate needs four scrapes in its window, and the shortest window that an alert takes is 4m."""

OWN_NAMES = frozenset(
    {ALERT_PATH, "alertmanager", "blackbox-exporter", "grafana", "kube-state-metrics", "node-exporter", "prometheus"}
)
"""What the stack's own workloads are called in the label `service`."""


@dataclass(frozen=True)
class _Check:
    run: Callable[[Settings, str], Iterator[Problem]]
    needs: frozenset[str]


_CHECKS: list[_Check] = []


def _check(*needs: str) -> Callable[[Callable[[Settings, str], Iterator[Problem]]], None]:
    """Registers a check. It is left out where one of the top-level keys it `needs` had mistakes of its own, since what
    is missing there may only be misspelt."""

    def register(function: Callable[[Settings, str], Iterator[Problem]]) -> None:
        _CHECKS.append(_Check(function, frozenset(needs)))

    return register


def run(settings: Settings, *, file: str, broken: Iterable[str]) -> list[Problem]:
    """Every problem found by the checks whose keys are sound."""
    unsound = frozenset(broken)
    return [problem for check in _CHECKS if not check.needs & unsound for problem in check.run(settings, file)]


@_check()
def _alert_overrides(settings: Settings, file: str) -> Iterator[Problem]:
    catalogue = loader.builtin()
    yield from overrides.check(catalogue, settings.alerts, file=file, key="vigil:alerts")
    for index, service in enumerate(settings.services):
        key = f"vigil:services[{index}].alerts"
        yield from _overrides_that_apply(service.alerts, _alerts_of_service(service), file, key)
    for index, resource in enumerate(settings.resources):
        kind = catalogue.kinds.get(resource.kind)
        key = f"vigil:resources[{index}].alerts"
        yield from _overrides_that_apply(
            resource.alerts, [alarm.name for alarm in kind.alarms] if kind else [], file, key
        )


def _alerts_of_service(service: Service) -> list[str]:
    catalogue = loader.builtin()
    if service.runs_on.kubernetes:
        return [alert.name for alert in catalogue.prometheus]
    kinds = [catalogue.kind_for_platform(platform) for platform in service.runs_on.platforms]
    return [alarm.name for kind in kinds if kind for alarm in kind.alarms]


def _overrides_that_apply(written: dict[str, Any], applicable: list[str], file: str, key: str) -> Iterator[Problem]:
    catalogue = loader.builtin()
    yield from overrides.check(catalogue, written, file=file, key=key)
    for name in written:
        if name in catalogue.alerts and name not in applicable:
            yield Problem(file, f"{key}.{name}", name, f"an alert that watches it: {listed(applicable) or 'none does'}")


@_check()
def _names_are_unique(settings: Settings, file: str) -> Iterator[Problem]:
    for section in ("services", "resources", "maintenance"):
        seen: set[str] = set()
        for index, entry in enumerate(getattr(settings, section)):
            if entry.name in seen:
                yield Problem(
                    file, f"vigil:{section}[{index}].name", entry.name, f"a name that no other of the {section} has"
                )
            seen.add(entry.name)


@_check()
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


@_check()
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


@_check()
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


@_check()
def _scrape_intervals(settings: Settings, file: str) -> Iterator[Problem]:
    for index, service in enumerate(settings.services):
        if service.metrics and not SHORTEST_INTERVAL <= service.metrics.interval.value <= LONGEST_INTERVAL:
            key = f"vigil:services[{index}].metrics.interval"
            allowed = "5s to 1m (the shortest window of an alert, 4m, must hold four scrapes)"
            yield Problem(file, key, str(service.metrics.interval), allowed)


@_check()
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


@_check("services")
def _resources(settings: Settings, file: str) -> Iterator[Problem]:
    kinds = loader.builtin().kinds
    for index, resource in enumerate(settings.resources):
        key = f"vigil:resources[{index}]"
        if resource.kind not in kinds:
            yield Problem(file, f"{key}.kind", resource.kind, f"one of: {listed(kinds)}", nearest(resource.kind, kinds))
        else:
            yield from _dimensions(resource, kinds[resource.kind], file, key)
        yield from _owner(resource, settings, file, key)


def _dimensions(resource: Resource, kind: ServiceKind, file: str, key: str) -> Iterator[Problem]:
    for name, pattern in kind.dimension_patterns.items():
        written = resource.dimensions.get(name)
        if written is not None and not re.fullmatch(pattern, written):
            allowed = f"text that matches {pattern}, as CloudWatch shows it"
            yield Problem(file, f"{key}.dimensions.{name}", written, allowed)
    given = set(resource.dimensions) | set(kind.fixed_dimensions)
    if any(given == set(wanted) for wanted in kind.dimension_sets):
        return
    wanted_text = " or ".join("{" + ", ".join(wanted) + "}" for wanted in kind.dimension_sets)
    known = {name for wanted in kind.dimension_sets for name in wanted}
    unknown = next((name for name in resource.dimensions if name not in known), None)
    hint = nearest(unknown, known) if unknown else None
    value = listed(resource.dimensions) or MISSING
    yield Problem(file, f"{key}.dimensions", value, f"the dimensions of kind {kind.kind}: {wanted_text}", hint)


def _owner(resource: Resource, settings: Settings, file: str, key: str) -> Iterator[Problem]:
    names = [service.name for service in settings.services]
    if resource.service is None and resource.team is None:
        yield Problem(file, f"{key}.team", MISSING, "a team, or `service`: the declared service it belongs to")
    if resource.service is not None and resource.service not in names:
        yield Problem(
            file, f"{key}.service", resource.service, "the name of a declared service", nearest(resource.service, names)
        )


@_check("receivers", *SECRET_KEYS)
def _receivers_have_secrets(settings: Settings, file: str) -> Iterator[Problem]:
    receivers = settings.receivers
    in_cluster = settings.kubernetes.enabled
    needs = (
        ("slack_bot_token", receivers.slack, in_cluster and not settings.aws.enabled, settings.aws.enabled),
        ("pagerduty_routing_key", receivers.pagerduty, in_cluster, False),
        ("smtp_password", receivers.email, in_cluster, False),
        ("grafana_admin_password", settings.kubernetes.enabled or None, in_cluster, False),
    )
    for name, user, for_kubernetes, for_aws in needs:
        secret = settings.secret(name)
        key = f"vigil:{name}"
        if user is not None and secret is None:
            yield Problem(file, key, MISSING, f"{secret_allowed()}, since {_user(name)} needs it")
        elif user is not None and secret is not None and for_kubernetes and not secret.for_kubernetes:
            yield Problem(
                file, key, "secrets_manager only", "also {kubernetes: {secret: NAME, key: KEY}}: the cluster reads it"
            )
        elif user is not None and secret is not None and for_aws and not secret.for_aws:
            yield Problem(file, key, "kubernetes only", "also {secrets_manager: NAME}: the notifier on AWS reads it")


def _user(secret: str) -> str:
    return {
        "slack_bot_token": "vigil:receivers.slack",
        "pagerduty_routing_key": "vigil:receivers.pagerduty",
        "smtp_password": "vigil:receivers.email",
        "grafana_admin_password": "Grafana",
    }[secret]


@_check("receivers", "environment")
def _production_pages(settings: Settings, file: str) -> Iterator[Problem]:
    if settings.environment is not Environment.PROD:
        return
    told = receivers_of(settings, Severity.CRITICAL)
    if not told:
        allowed = "at least one of slack, pagerduty, email with severity critical: production must page somebody"
        yield Problem(file, "vigil:receivers", "no receiver for critical", allowed)
    elif settings.aws.enabled and told == ("pagerduty",):
        allowed = "also slack or email with severity critical: alarms of CloudWatch do not reach PagerDuty"
        yield Problem(file, "vigil:receivers", "only pagerduty for critical", allowed)


def receivers_of(settings: Settings, severity: Severity) -> tuple[str, ...]:
    """Names of the receivers that alerts of a severity go to."""
    receivers = settings.receivers
    return tuple(
        name
        for name, wanted in (
            ("slack", receivers.slack.channels if receivers.slack else ()),
            ("pagerduty", receivers.pagerduty.severities if receivers.pagerduty else ()),
            ("email", receivers.email.severities if receivers.email else ()),
        )
        if severity in wanted
    )


@_check()
def _remediation_actions(settings: Settings, file: str) -> Iterator[Problem]:
    known = manifests.remediations()
    for name, action in settings.remediation.actions.items():
        key = f"vigil:remediation.actions.{name}"
        if name not in known:
            yield Problem(file, key, name, f"one of: {listed(known)}", nearest(name, known))
            continue
        for limit, value in action.limits.items():
            yield from _limit(limit, value, known[name], file, f"{key}.limits.{limit}")


def _limit(limit: str, value: Any, manifest: manifests.FunctionManifest, file: str, key: str) -> Iterator[Problem]:
    parameter = manifest.limits.get(limit)
    if parameter is None:
        yield Problem(file, key, limit, f"one of: {listed(manifest.limits)}", nearest(limit, manifest.limits))
        return
    try:
        parameter.resolve(value)
    except QuantityError as error:
        yield Problem(file, key, value, str(error))


@_check("services")
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


@_check()
def _aws_is_complete(settings: Settings, file: str) -> Iterator[Problem]:
    if not settings.aws.enabled:
        return
    if settings.aws.account_id is None:
        yield Problem(file, "vigil:aws.account_id", MISSING, "the 12 digits of the only account this stack may touch")
    days = settings.aws.log_retention.value / 86400
    if days not in LOG_RETENTION_DAYS:
        yield Problem(
            file,
            "vigil:aws.log_retention",
            str(settings.aws.log_retention),
            f"days that CloudWatch Logs knows: {', '.join(map(str, LOG_RETENTION_DAYS))} (such as 30d)",
        )
    if settings.kubernetes.enabled and settings.kubernetes.eks_cluster is None:
        yield Problem(
            file,
            "vigil:kubernetes.eks_cluster",
            MISSING,
            "the name of the EKS cluster, through which Alertmanager reaches SNS (or vigil:aws.enabled: false)",
        )


@_check()
def _retention_fits_volume(settings: Settings, file: str) -> Iterator[Problem]:
    if settings.kubernetes.enabled and settings.prometheus.retention.value < 7200:
        yield Problem(
            file,
            "vigil:prometheus.retention",
            str(settings.prometheus.retention),
            "at least 2h, one block of Prometheus' storage",
        )
