"""Comparisons that no value can satisfy, and those that every value does: an alert that never fires, or always."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from alert_rules import promql
from alert_rules.lint.expressions import as_promql
from alert_rules.lint.told import told
from alert_rules.model import Parameter, RuleAlert
from alert_rules.problems import MISSING, Problem
from alert_rules.promql import Bounds, Comparison
from alert_rules.quantities import Quantity, Unit, parse, plain_number

_WHOLE = {Unit.RATIO: 1.0, Unit.PERCENT: 100.0}
"""What people write as 100%, in the units that they write so."""

_STAND_IN = 987_654_321.5
"""A figure that nobody writes, plus the number of a parameter among those of its alert: by it the parameter is known
again in the parsed expression."""


@dataclass(frozen=True)
class _Extreme:
    """The least or the greatest figure that a parameter takes: where it is written, how, and its value."""

    key: str
    written: object
    value: float


def check(alert: RuleAlert) -> Iterator[Problem]:
    """Every comparison that is false or true whatever is measured, with the figure that is written or with the `min` or
    `max` of the parameter that it is compared with."""
    names = [name for name, parameter in alert.parameters.items() if parameter.unit is not Unit.WINDOW]
    stand_ins = {_STAND_IN + index: name for index, name in enumerate(names)}
    figures = {name: Quantity(value, Unit.SCORE, "") for value, name in stand_ins.items()}
    try:
        found = promql.comparisons(as_promql(alert, {**alert.defaults, **figures}))
    except ValueError:
        return  # what cannot be parsed is told elsewhere
    problems = [problem for each in found for problem in _one(alert, each, stand_ins.get(each.limit))]
    yield from dict.fromkeys(problems)


def _one(alert: RuleAlert, found: Comparison, name: str | None) -> Iterator[Problem]:
    if name is None:
        if verdict := _verdict(found, found.limit, found.bounds):
            value = f"{found.operator} {plain_number(found.limit)}"
            yield told(alert, "expression", value, _allowed(found.operator, verdict, found.bounds, Unit.SCORE))
        return
    parameter = alert.parameters[name]
    bounds = _by_unit(found, parameter.unit)
    for extreme in _extremes(parameter, bounds):
        if verdict := _verdict(found, extreme.value, bounds):
            allowed = _allowed(found.operator, verdict, bounds, parameter.unit)
            yield told(alert, f"parameters.{name}.{extreme.key}", extreme.written, allowed)


def _by_unit(found: Comparison, unit: Unit) -> Bounds:
    """The bounds of what is compared, which is at most 100 where the metric itself is in percent. A ratio may be more:
    an error relative to its value, a budget spent twice over, a duration by an interval."""
    low, high = found.bounds
    return (low, min(high, _WHOLE[unit])) if unit is Unit.PERCENT and not found.quotient else (low, high)


def _extremes(parameter: Parameter, bounds: Bounds) -> Iterator[_Extreme]:
    if parameter.min is not None:
        yield _Extreme("min", parameter.min, parse(parameter.min, parameter.unit).value)
    if parameter.max is not None:
        yield _Extreme("max", parameter.max, parse(parameter.max, parameter.unit).value)
    elif parameter.unit in _WHOLE and bounds[1] < inf:
        yield _Extreme("max", MISSING, inf)


def _verdict(found: Comparison, limit: float, bounds: Bounds) -> str | None:
    if found.never(limit, bounds):
        return "never"
    return "always" if found.always(limit, bounds) else None


def _allowed(operator: str, verdict: str, bounds: Bounds, unit: Unit) -> str:
    low, high = (_figure(bound, unit) for bound in bounds)
    within = f"at most {high}" if bounds[0] == -inf else f"at least {low}" if bounds[1] == inf else f"{low} to {high}"
    return f"a figure that decides: what is compared is {within}, so {operator} this figure {verdict} holds"


def _figure(value: float, unit: Unit) -> str:
    if unit in _WHOLE:
        return f"{plain_number(value * 100 / _WHOLE[unit])}%"
    return plain_number(value) if -inf < value < inf else str(value)
