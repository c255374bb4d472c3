"""How often an alert is evaluated: by the hold that is in force, in a group of its own interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alert_rules import quantities
from alert_rules.compilers.common import ServiceScope
from alert_rules.compilers.rules import CompiledRules
from alert_rules.loader import builtin
from alert_rules.model import PrometheusAlert, Severity
from alert_rules.quantities import Unit
from alert_rules.slos import FAST
from alert_rules.timing import (
    EVALUATION_INTERVAL,
    LOG_EVALUATION_INTERVAL,
    LONGEST_HOLD,
    SLI_INTERVAL,
    evaluation_interval,
)
from tests.alert_rules import test_log_rules
from tests.alert_rules.test_compilers import compiled

ALERTS = builtin().prometheus
HOLDS = st.integers(0, round(LONGEST_HOLD)).map(float)


@pytest.mark.parametrize(
    ("hold", "urgent", "other"),
    [
        ("0s", "15s", "15s"),
        ("1m", "15s", "30s"),
        ("2m", "30s", "1m"),
        ("150s", "30s", "30s"),
        ("299s", "15s", "15s"),
        ("5m", "1m", "150s"),
        ("10m", "150s", "150s"),
        ("15m", "3m", "3m"),
        ("20m", "150s", "150s"),
        ("1h", "3m", "3m"),
        ("1d", "3m", "3m"),
    ],
)
def test_an_alert_is_evaluated_as_often_as_its_hold_needs(hold: str, urgent: str, other: str) -> None:
    asked = quantities.parse(hold, Unit.DURATION).value
    assert quantities.seconds_text(evaluation_interval(asked, urgent=True)) == urgent
    assert quantities.seconds_text(evaluation_interval(asked, urgent=False)) == other


@given(HOLDS, st.booleans())
def test_what_has_held_fires_at_once_and_has_been_looked_at_often_enough(hold: float, urgent: bool) -> None:
    interval = evaluation_interval(hold, urgent=urgent)
    assert EVALUATION_INTERVAL <= interval <= 180
    assert interval == EVALUATION_INTERVAL or (hold % interval == 0 and interval <= hold / (4 if urgent else 2))


@given(HOLDS)
def test_what_is_urgent_is_never_looked_at_less_often(hold: float) -> None:
    assert evaluation_interval(hold, urgent=True) <= evaluation_interval(hold, urgent=False)


@pytest.mark.parametrize(
    ("name", "interval"),
    [
        ("ServiceDown", 15),
        ("AlertmanagerNotificationsFailing", 15),
        ("ErrorBudgetBurningFast", 60),
        ("Watchdog", 15),
        ("HighErrorRate", 30),
        ("DependencyDown", 30),
        ("ServiceMissing", 60),
        ("HighResponseTime", 150),
        ("TrafficDropped", 180),
    ],
)
def test_what_pages_is_looked_at_often(name: str, interval: int) -> None:
    [alert] = [alert for alert in ALERTS if alert.name == name]
    assert alert.interval(alert.default_hold, alert.severity) == interval


@pytest.mark.parametrize("severity", Severity)
@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_no_built_in_alert_sees_less_than_it_says(alert: PrometheusAlert, severity: Severity) -> None:
    interval = alert.interval(alert.default_hold, severity)
    # Else what happens between the windows of two evaluations would never be looked at.
    assert all(value.value >= interval for value in alert.defaults.values() if value.unit is Unit.WINDOW)


def groups(result: CompiledRules, subject: str) -> dict[str, tuple[str | None, list[tuple[str, str | None]]]]:
    """The groups of a subject by name, in their order: their interval, and each rule's alert and hold."""
    found = result.files[f"{subject}.yaml"]["groups"]
    return {g["name"]: (g.get("interval"), [(r["alert"], r.get("for")) for r in g["rules"]]) for g in found}


def test_the_rules_of_a_subject_are_grouped_by_interval_the_usual_one_first() -> None:
    overrides: dict[str, Any] = {"HighResponseTime": {"for": "20m"}}
    services = [
        ServiceScope("a", "t", {"HighErrorRate": {"for": "10m"}, "HighResponseTime": {"for": "5m"}}),
        ServiceScope("b", "t", {"HighResponseTime": {"for": "0s"}}),
    ]
    found = groups(compiled(overrides, services), "http")
    assert list(found.items()) == [
        ("http", (None, [("HighResponseTime", None)])),
        ("http-30s", ("30s", [("HighErrorRate", "2m")])),
        ("http-150s", ("150s", [("HighErrorRate", "10m"), ("HighResponseTime", "20m"), ("HighResponseTime", "5m")])),
    ]


def test_an_environments_hold_or_severity_moves_a_rule_to_another_group() -> None:
    assert groups(compiled(), "http") == {
        "http-30s": ("30s", [("HighErrorRate", "2m")]),
        "http-150s": ("150s", [("HighResponseTime", "5m")]),
    }
    overrides = {"HighErrorRate": {"for": "15m"}, "HighResponseTime": {"severity": "high"}}
    assert groups(compiled(overrides), "http") == {
        "http-1m": ("1m", [("HighResponseTime", "5m")]),
        "http-3m": ("3m", [("HighErrorRate", "15m")]),
    }


HOLDS_OF_ALL = st.fixed_dictionaries(
    {}, optional={alert.name: st.sampled_from(["0s", "2m", "5m", "10m", "1h"]) for alert in ALERTS}
)


@given(holds=HOLDS_OF_ALL)
def test_every_rule_is_once_in_the_group_of_its_interval(holds: dict[str, str]) -> None:
    result = compiled({name: {"for": hold} for name, hold in holds.items()}, [ServiceScope("a", "t")])
    for file in result.files.values():
        names = [group["name"] for group in file["groups"]]
        intervals = [seconds(group.get("interval", "15s")) for group in file["groups"]]
        assert len(set(names)) == len(names)
        assert intervals == sorted(set(intervals))
        for group, interval in zip(file["groups"], intervals, strict=True):
            if "record" in group["rules"][0]:
                continue  # see test_compilers
            assert ("interval" in group) == (interval != EVALUATION_INTERVAL)
            assert {interval_of(rule) for rule in group["rules"]} == {interval}
    rules = [rule for file in result.files.values() for group in file["groups"] for rule in group["rules"]]
    assert sorted(rule["alert"] for rule in rules if "alert" in rule) == sorted(alert.name for alert in ALERTS)


def interval_of(rule: Mapping[str, Any]) -> float:
    severity = Severity(rule["labels"]["severity"])
    asked = evaluation_interval(seconds(rule.get("for", "0s")), urgent=severity.urgent)
    return max(asked, 60) if rule["alert"].startswith("ErrorBudget") else asked


def test_what_is_recorded_every_minute_is_looked_at_no_more_often() -> None:
    assert {SLI_INTERVAL, seconds(FAST)} == {60}
    on_objectives = {a.name for a in ALERTS if a.interval(0, Severity.CRITICAL) > EVALUATION_INTERVAL}
    assert on_objectives == {a.name for a in ALERTS if a.name.startswith("ErrorBudget")}
    assert {a.interval(0, Severity.CRITICAL) for a in ALERTS if a.name in on_objectives} == {60}


def seconds(written: str) -> float:
    return quantities.parse(written, Unit.DURATION).value


def test_log_rules_are_evaluated_as_often_as_the_ruler_does_whatever_their_hold() -> None:
    overrides = {alert.name: {"for": hold} for alert, hold in zip(builtin().loki, ("1h", "5m", "2m") * 9, strict=False)}
    assert len(overrides) == len(builtin().loki)
    result = test_log_rules.compiled(overrides)
    for name, file in result.files.items():
        assert [set(group) for group in file["groups"]] == [{"name", "rules"}], name
    assert {scope.interval for scope in result.scopes} == {LOG_EVALUATION_INTERVAL}
