"""Rates over so little time that a missed scrape or two leave them without an answer."""

from __future__ import annotations

from collections.abc import Iterator

from alert_rules import promql
from alert_rules.lint.told import told
from alert_rules.model import PrometheusAlert
from alert_rules.problems import MISSING, Problem
from alert_rules.quantities import Quantity, Unit, parse, seconds_text
from alert_rules.timing import EVALUATION_INTERVAL, SCRAPE_INTERVAL

FEWEST = 4
"""Samples that a range must have room for. A rate needs two of them: with four a missed scrape, and one that the edge
of the range cuts off, do not matter (the usual advice for PromQL, `$__rate_interval` of Grafana included)."""

_STAND_IN = 10_000_000
"""Seconds, less than the number of a window among those of its alert: a length that nobody writes, by which the window
is known again in the parsed expression."""


def check(alert: PrometheusAlert) -> Iterator[Problem]:
    """Every range of a rate or another change that is too short as it is written, or at the `min` of its window."""
    windows = [name for name, parameter in alert.parameters.items() if parameter.unit is Unit.WINDOW]
    stand_ins = {float(_STAND_IN + index): name for index, name in enumerate(windows)}
    lengths = {name: Quantity(seconds, Unit.WINDOW, "") for seconds, name in stand_ins.items()}
    try:
        found = promql.ranges(alert.query({**alert.defaults, **lengths}, alert.sample_selector))
    except ValueError:
        return  # what is no PromQL is told by lint.metrics
    told_of = set()
    for each in found:
        name = stand_ins.get(each.seconds)
        problem = _window(alert, name, each, stand_ins) if name else _written(alert, each, stand_ins)
        if problem and problem not in told_of:
            told_of.add(problem)
            yield problem


def _window(alert: PrometheusAlert, name: str, found: promql.Range, stand_ins: dict[float, str]) -> Problem | None:
    shortest, apart = alert.parameters[name].min, _apart(alert, found, stand_ins)
    if shortest is not None and parse(shortest, Unit.WINDOW).value >= FEWEST * apart:
        return None
    value = MISSING if shortest is None else shortest
    return told(alert, f"parameters.{name}.min", value, _allowed(found, apart))


def _written(alert: PrometheusAlert, found: promql.Range, stand_ins: dict[float, str]) -> Problem | None:
    apart = _apart(alert, found, stand_ins)
    if found.seconds >= FEWEST * apart:
        return None
    return told(alert, "expression", f"{found.function} over {seconds_text(found.seconds)}", _allowed(found, apart))


def _apart(alert: PrometheusAlert, found: promql.Range, stand_ins: dict[float, str]) -> float:
    """Seconds between the samples in a range: those of scraping, or the steps of a subquery."""
    if not found.subquery:
        return SCRAPE_INTERVAL
    if found.step in stand_ins:
        return alert.defaults[stand_ins[found.step]].value
    return found.step or EVALUATION_INTERVAL


def _allowed(found: promql.Range, apart: float) -> str:
    samples = "steps" if found.subquery else "scrapes"
    least = seconds_text(FEWEST * apart)
    return f"at least {least} for {found.function}: {FEWEST} {samples}, {seconds_text(apart)} apart"
