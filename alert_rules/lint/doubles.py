"""Alerts that tell the same people the same thing twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from alert_rules import promql
from alert_rules.lint.expressions import as_promql
from alert_rules.lint.told import told
from alert_rules.model import RuleAlert
from alert_rules.problems import Problem
from alert_rules.promql import Condition


def check(alerts: Sequence[RuleAlert]) -> Iterator[Problem]:
    """Every alert whose condition another has, however it is written; and every one that at its defaults fires only
    while another of its severity does."""
    alike: dict[str, list[tuple[RuleAlert, Condition]]] = defaultdict(list)
    for alert in alerts:
        try:
            condition = promql.condition(as_promql(alert, alert.defaults))
        except ValueError:
            continue  # what cannot be parsed is told by the checks of its language
        alike[condition.skeleton].append((alert, condition))
    for group in alike.values():
        for index, (alert, condition) in enumerate(group):
            yield from _repeats(alert, condition, group[:index], group[index + 1 :])


def _repeats(
    alert: RuleAlert,
    condition: Condition,
    before: Sequence[tuple[RuleAlert, Condition]],
    after: Sequence[tuple[RuleAlert, Condition]],
) -> Iterator[Problem]:
    """The first of the others that the alert adds nothing to, `before` it or `after` it in the files."""
    same = next((other for other, its in before if its == condition), None)
    if same:
        yield told(alert, "expression", f"the condition of {same.name}", "a condition that no other alert has")
        return
    others = [(other, its) for other, its in (*before, *after) if its != condition]
    wider = next((other for other, its in others if _covers(other, its, alert, condition)), None)
    if wider:
        allowed = "a severity of its own, a shorter `for` than that one's, or a figure that is no stricter"
        yield told(alert, "expression", f"fires only while {wider.name} ({wider.severity}) does", allowed)


def _covers(other: RuleAlert, its: Condition, alert: RuleAlert, condition: Condition) -> bool:
    """Whether `other` fires whenever the alert does, at the same severity."""
    as_soon = other.hold.value <= alert.hold.value
    return other.severity == alert.severity and as_soon and condition.within(its)
