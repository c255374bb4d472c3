"""No two alerts tell the same people the same thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alert_rules.lint import doubles
from alert_rules.loader import builtin
from alert_rules.promql import condition
from tests.alert_rules.faults import entry, found

CPU = "max by (service, team) (cpu_usage_percent{$selector})"
BUSY = "max by (service, team) (active_connections{$selector}) > 5"


def test_no_two_rules_that_vigil_ships_repeat_each_other() -> None:
    assert [str(problem) for problem in doubles.check(builtin().rules)] == []


ALIKE = {
    "operands of and exchanged": ("a > 1 and b < 2", "b < 2 and a > 1"),
    "operands of or exchanged": ("a or b or c", "c or (a or b)"),
    "and under the same matching": ("a and on (x, y) b", "b and on (y, x) a"),
    "parentheses and spacing": ("sum by (x) (rate(a[5m])) / b", "( (sum(rate(a [5m])) by (x)) /\n (b) )"),
    "labels in another order": ('sum by (x, y) (a{m="1",n="2"})', 'sum by (y, x) (a{n="2",m="1"})'),
    "sides of a comparison exchanged": ("a > 5", "5 < a"),
    "a range in another unit": ("rate(a[60s])", "rate(a[1m])"),
}

APART = {
    "precedence": ("(a + b) * c", "a + b * c"),
    "sides of unless": ("a unless b", "b unless a"),
    "sides of a quotient": ("a / b", "b / a"),
    "matching": ("a and on (x) b", "a and on (y) b"),
    "and without matching": ("a and on (x) b", "a and b"),
    "range": ("rate(a[5m])", "rate(a[1h])"),
    "offset": ("a offset 5m", "a"),
    "direction": ("a > 5", "a < 5"),
    "strictness": ("a > 5", "a >= 5"),
    "equality": ("a == 5", "a == 6"),
    "quantile": ("histogram_quantile(0.95, a)", "histogram_quantile(0.99, a)"),
    "side of the match": ("a * on (x) group_left () b", "a * on (x) group_right () b"),
    "step": ("max_over_time(a[5m:1m])", "max_over_time(a[5m:30s])"),
}


@pytest.mark.parametrize("case", ALIKE)
def test_one_condition_is_known_however_it_is_written(case: str) -> None:
    one, other = map(condition, ALIKE[case])
    assert one == other


@pytest.mark.parametrize("case", APART)
def test_conditions_that_differ_stay_apart(case: str) -> None:
    one, other = map(condition, APART[case])
    assert one != other
    assert not one.within(other) or not other.within(one)
    assert one.skeleton != other.skeleton


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ("a > 9", "a > 5"),
        ("a < 5", "a < 9"),
        ("a > 9 and b < 1", "a > 5 and b < 2"),
        ("a > 5 unless b > 1", "a > 5 unless b > 3"),
        ("a > 5 or b > 9", "a > 5 or b > 5"),
    ],
)
def test_a_stricter_condition_lies_within_a_laxer_one(narrow: str, wide: str) -> None:
    assert condition(narrow).within(condition(wide))
    assert not condition(wide).within(condition(narrow))


@pytest.mark.parametrize(
    ("one", "other"), [("a > 9 and a < 12", "a > 5 and a < 8"), ("a > 5 unless b > 1", "a > 6 unless b > 3")]
)
def test_one_that_is_stricter_here_and_laxer_there_does_not(one: str, other: str) -> None:
    assert not condition(one).within(condition(other))
    assert not condition(other).within(condition(one))


def test_exchanged_operands_are_told(tmp_path: Path) -> None:
    told = found(
        tmp_path, {"Probe": entry(f"{CPU} > 80 and {BUSY}"), "Twin": entry(f"({BUSY}) and {CPU} > 80", severity="low")}
    )
    assert told == [
        "prometheus/probe.yaml: alerts.Twin.expression: given 'the condition of Probe'; "
        "allowed: a condition that no other alert has"
    ]


@pytest.mark.parametrize("order", [("Probe", "Twin"), ("Twin", "Probe")])
def test_a_threshold_that_adds_nothing_is_told_in_whichever_order(order: tuple[str, str], tmp_path: Path) -> None:
    figures = {"Probe": "80%", "Twin": "90%"}
    alerts = {name: entry(f"{CPU} > $threshold", {"threshold": percent(figures[name])}) for name in order}
    assert found(tmp_path, alerts) == [
        "prometheus/probe.yaml: alerts.Twin.expression: given 'fires only while Probe (high) does'; "
        "allowed: a severity of its own, a shorter `for` than that one's, or a figure that is no stricter"
    ]


def percent(default: str) -> dict[str, str]:
    return {"unit": "percent", "default": default, "min": "1%", "max": "99%"}


ADDS: dict[str, dict[str, Any]] = {
    "another severity": entry(f"{CPU} > 90", severity="critical"),
    "a shorter for": entry(f"{CPU} > 90", hold="1m"),
    "another grouping": entry("max by (service, team, instance) (cpu_usage_percent{$selector}) > 90"),
    "another direction": entry(f"{CPU} < 10"),
}


@pytest.mark.parametrize("case", ADDS)
def test_one_that_adds_something_is_left_alone(case: str, tmp_path: Path) -> None:
    assert found(tmp_path, {"Probe": entry(f"{CPU} > 80"), "Twin": ADDS[case]}) == []


def test_log_alerts_are_compared_too(tmp_path: Path) -> None:
    errors = 'sum by (service) (rate({$selector} | detected_level="error" [5m]))'
    lines = "sum by (service) (rate({$selector}[5m]))"
    told = found(
        tmp_path,
        {
            "Probe": entry(f"{errors} > 1 and {lines} > 2"),
            "Turned": entry(f"{lines} > 2 and ({errors}) > 1"),
            "Stricter": entry(f"{errors} > 3 and {lines} > 2"),
            "Other": entry(f"{lines} > 1 and {lines} > 2"),
        },
        "loki",
    )
    assert [line.split("; ")[0] for line in told] == [
        "loki/probe.yaml: alerts.Turned.expression: given 'the condition of Probe'",
        "loki/probe.yaml: alerts.Stricter.expression: given 'fires only while Probe (high) does'",
    ]
