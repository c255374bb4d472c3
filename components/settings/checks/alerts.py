"""Overrides of alerts and limits of remediations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

from alert_rules import loader, overrides
from alert_rules.lint import needed_exporters
from alert_rules.model import PrometheusAlert
from alert_rules.problems import Problem, listed, nearest
from alert_rules.promql import looks_back, reach
from alert_rules.quantities import QuantityError, Unit, parse, readable
from components import manifests
from components.evaluated import can_be_evaluated
from components.exporting import exporters_of
from components.settings.checks.registry import check
from components.settings.model import Settings
from components.settings.services import Service

OF_SERVICES = frozenset({"application", "declared", "slo", "prometheus", "blackbox", "loki"})
"""What exports series that carry the name of a declared service (a log alert counts as Loki's)."""


@check("kubernetes", "exporters", "thanos", "loki", "jaeger", "opentelemetry")
def _alerts_that_are_compiled(settings: Settings, file: str) -> Iterator[Problem]:
    there = exporters_of(settings)
    by_name = {alert.name: alert for alert in loader.builtin().rules}
    for name in settings.alerts:
        missing = needed_exporters(by_name[name]) - there if name in by_name else ()
        if missing and settings.kubernetes.enabled:
            allowed = f"an alert of what this stack runs; it is read from {listed(missing)}, which is off"
            yield Problem(file, f"vigil:alerts.{name}", name, allowed)


@check("kubernetes", "prometheus")
def _alerts_that_samples_are_kept_for(settings: Settings, file: str) -> Iterator[Problem]:
    by_name = {alert.name: alert for alert in loader.builtin().prometheus} if settings.kubernetes.enabled else {}
    kept = settings.prometheus.retention
    for key, name, layers in _written(settings):
        alert = by_name.get(name)
        past = _past_that_is_written(alert, layers, settings) if alert else 0.0
        if alert and past > kept.value:
            allowed = "an alert whose past is kept"
            if not can_be_evaluated(alert, settings):
                allowed = "no override but `enabled: false`, since the alert is left out"
            why = f"it looks back over {_told(past)}, vigil:prometheus.retention is {kept}"
            yield Problem(file, f"{key}.{name}", name, f"{allowed}: {why}")


def _written(settings: Settings) -> Iterator[tuple[str, str, Sequence[Any]]]:
    """Each override's key and alert, and with it those that it builds on."""
    for name, override in settings.alerts.items():
        yield "vigil:alerts", name, [override]
    for index, service in enumerate(settings.services):
        for name, override in service.alerts.items():
            yield f"vigil:services[{index}].alerts", name, [settings.alerts.get(name, {}), override]


def _past_that_is_written(alert: PrometheusAlert, layers: Sequence[Any], settings: Settings) -> float:
    """How many seconds the alert looks back: by default where that alone is more than what is kept, else by the last
    override, and 0 where that changes nothing about it. Where overrides are wrong, that is told by itself."""
    with suppress(AttributeError, ValueError):
        resolved = overrides.resolve(alert, *layers)
        if not can_be_evaluated(alert, settings):
            return looks_back(alert.default_query) if resolved.enabled else 0.0
        own, before = _reach(resolved), _reach(overrides.resolve(alert, *layers[:-1]))
        return own if own != before else 0.0
    return 0.0


def _told(seconds: float) -> str:
    """A time in words that are not less than it."""
    text = readable(seconds, Unit.WINDOW)
    return text if parse(text, Unit.WINDOW).value >= seconds else f"more than {text}"


def _reach(resolved: overrides.Resolved) -> float:
    alert = resolved.definition
    if not resolved.enabled or not isinstance(alert, PrometheusAlert):
        return 0.0
    return reach(alert.query(resolved.values, alert.sample_selector))


@check()
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
        # The others watch the cluster or the stack itself: their series carry no declared service's name.
        without = {"slo"} if not service.slos else set()
        without |= {"declared"} if service.metrics is None else set()
        read = OF_SERVICES - without
        return [alert.name for alert in catalogue.rules if needed_exporters(alert) <= read]
    kinds = [catalogue.kind_for_platform(platform) for platform in service.runs_on.platforms]
    return [alarm.name for kind in kinds if kind for alarm in kind.alarms]


def _overrides_that_apply(written: dict[str, Any], applicable: list[str], file: str, key: str) -> Iterator[Problem]:
    catalogue = loader.builtin()
    yield from overrides.check(catalogue, written, file=file, key=key)
    for name in written:
        if name in catalogue.alerts and name not in applicable:
            allowed = f"an alert that watches it: {listed(applicable) or 'none does'}"
            elsewhere = "others are set on the entry of what they watch, or under vigil:alerts"
            yield Problem(file, f"{key}.{name}", name, f"{allowed} ({elsewhere})")


@check()
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
