"""Objectives of services: that each can be measured, met and missed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from alert_rules.problems import MISSING, Problem, listed, nearest
from alert_rules.quantities import QuantityError, parse
from alert_rules.sla import MEASURES
from alert_rules.slos import RATIO, counter_problem, kinds
from components.settings.checks.registry import check
from components.settings.model import Settings
from components.settings.services import Service, Sla, Slo

LEAST, MOST = 0.5, 0.99999
"""Below one half, most events may be bad, and no alert is about that; above 99.999 %, a month allows 26 seconds, which
is less than it takes to notice anything."""

SHORTEST_RETENTION = 2 * 86400.0
"""Seconds: a day is read back, and a day is left to write down what is older (alert_rules/slos.py)."""


@check()
def _slos(settings: Settings, file: str) -> Iterator[Problem]:
    for index, service in enumerate(settings.services):
        key = f"vigil:services[{index}].slos"
        yield from _names(service, file, key)
        for number, slo in enumerate(service.slos):
            yield from _one(slo, file, f"{key}[{number}]")


@check("services")
def _services_that_are_measured(settings: Settings, file: str) -> Iterator[Problem]:
    for index, service in enumerate(settings.services):
        if service.slos and len(service.runs_on.platforms) == 1 and not service.metrics:
            allowed = "none, or metrics on a service that runs on kubernetes: objectives are measured by them"
            yield Problem(file, f"vigil:services[{index}].slos", f"{len(service.slos)} objectives", allowed)


@check("services")
def _agreements(settings: Settings, file: str) -> Iterator[Problem]:
    for index, service in enumerate(settings.services):
        if service.sla:
            yield from _agreement(service, service.sla, file, f"vigil:services[{index}]")


def _agreement(service: Service, sla: Sla, file: str, key: str) -> Iterator[Problem]:
    if not service.measures_availability:
        allowed = "an objective of kind availability over 30d, by which the service's sla is measured"
        yield Problem(
            file, f"{key}.slos", MISSING if not service.slos else listed(s.label for s in service.slos), allowed
        )
    if not sla.targets:
        yield Problem(file, f"{key}.sla", "nothing", f"at least one of: {listed(MEASURES)}")
    for name, target in sla.targets.items():
        if target.value <= 0:
            yield Problem(file, f"{key}.sla.{name}", str(target), "more than nothing")


@check("prometheus")
def _retention(settings: Settings, file: str) -> Iterator[Problem]:
    retention = settings.prometheus.retention
    if any(service.slos for service in settings.services) and retention.value < SHORTEST_RETENTION:
        yield Problem(file, "vigil:prometheus.retention", str(retention), "at least 2d where a service has slos")


def _names(service: Service, file: str, key: str) -> Iterator[Problem]:
    for name, count in Counter(slo.label for slo in service.slos).items():
        if count > 1:
            yield Problem(file, key, name, f"a `name` for each of the {count} objectives of one kind ({service.name})")


def _one(slo: Slo, file: str, key: str) -> Iterator[Problem]:
    known = [*kinds(), RATIO]
    if slo.kind not in known:
        yield Problem(file, f"{key}.kind", slo.kind, f"one of: {listed(known)}", nearest(slo.kind, known))
        return
    if not LEAST <= slo.objective.value <= MOST:
        yield Problem(file, f"{key}.objective", str(slo.objective), f"from {LEAST:.0%} to {MOST:.3%}")
    yield from _threshold(slo, file, f"{key}.threshold")
    for name, counter in (("errors", slo.errors), ("events", slo.events)):
        yield from _counter(slo, counter, file, f"{key}.{name}")


def _threshold(slo: Slo, file: str, key: str) -> Iterator[Problem]:
    unit = kinds()[slo.kind].threshold if slo.kind != RATIO else None
    if unit is None:
        if slo.threshold is not None:
            yield Problem(file, key, slo.threshold, f"nothing: kind {slo.kind} compares with no figure")
        return
    try:
        parsed = parse(MISSING if slo.threshold is None else slo.threshold, unit)
        if parsed.value <= 0:
            yield Problem(file, key, slo.threshold, "more than nothing")
    except QuantityError as error:
        yield Problem(file, key, MISSING if slo.threshold is None else slo.threshold, str(error))


def _counter(slo: Slo, counter: str | None, file: str, key: str) -> Iterator[Problem]:
    if slo.kind != RATIO:
        if counter is not None:
            yield Problem(file, key, counter, f"nothing: only kind {RATIO} names its counters")
        return
    problem = counter_problem(counter or "")
    if problem:
        yield Problem(file, key, counter or MISSING, problem)
