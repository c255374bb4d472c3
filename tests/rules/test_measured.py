"""An alert's measured value, compared with its threshold, has series exactly where the alert has: real PromQL says so, on
the data of the rule tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alert_rules import yaml12
from alert_rules.model import PrometheusAlert
from alert_rules.promql import SENTINEL, Measured, Unmeasurable, measured
from alert_rules.quantities import plain_number
from tests.rules.files import ALERTS
from tests.rules.harness import EVERY_SERVICE, by_evaluation_interval, cases_of
from tests.validators import promtool

pytestmark = pytest.mark.validators

FACTORS = (0.1, 0.5, 0.9, 1, 1.1, 2, 10)
"""Thresholds to try, as multiples of the alert's own."""


def with_threshold(alert: PrometheusAlert, value: float) -> str:
    return alert.query(
        {**alert.defaults, "threshold": replace(alert.defaults["threshold"], value=value)}, EVERY_SERVICE
    )


def tunable() -> Iterator[tuple[PrometheusAlert, Measured]]:
    for alert in ALERTS:
        if "threshold" in alert.parameters:
            with suppress(Unmeasurable):
                yield alert, measured(with_threshold(alert, SENTINEL))


def comparisons(alert: PrometheusAlert, found: Measured, case: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What PromQL must answer at the time of a case of the alert's rule tests."""
    at = case["eval_time"]
    for factor in FACTORS:
        threshold = alert.defaults["threshold"].value * factor
        fires = f"({with_threshold(alert, threshold)})"
        beyond = f"(({found.expression}) {found.operator} {plain_number(threshold)})"
        for one, other in ((fires, beyond), (beyond, fires)):
            yield {"eval_time": at, "expr": f"{one} unless {other}", "exp_samples": []}
    if case["exp_alerts"]:
        # It has fired, so there is something to compare.
        own = plain_number(alert.defaults["threshold"].value)
        there = f"group(({found.expression}) {found.operator} {own})"
        yield {"eval_time": at, "expr": there, "exp_samples": [{"labels": "{}", "value": 1}]}


def run(alert: PrometheusAlert, found: Measured, directory: Path) -> None:
    """Let promtool hold the measured value against the alert. Raises AssertionError where they differ."""
    files = []
    for interval, groups in by_evaluation_interval(cases_of(alert, by_recordings=False)).items():
        tests = [
            {key: group[key] for key in ("name", "interval", "input_series", "external_labels") if key in group}
            | {"promql_expr_test": [t for case in group["alert_rule_test"] for t in comparisons(alert, found, case)]}
            for group in groups
        ]
        files.append(directory / f"{alert.name}_{interval}.yml")
        files[-1].write_text(yaml12.dump({"rule_files": [], "evaluation_interval": interval, "tests": tests}))
    promtool.test_rules(*files)


TUNABLE = list(tunable())


@pytest.mark.parametrize(("alert", "found"), TUNABLE, ids=[alert.name for alert, _ in TUNABLE])
def test_the_alert_fires_exactly_where_its_measured_value_is_beyond_the_threshold(
    alert: PrometheusAlert, found: Measured, tmp_path: Path
) -> None:
    run(alert, found, tmp_path)


# Alerts whose threshold stands in a comparison of what is filtered, in one beside another condition, in two joined by
# `and`, in one beside a branch without it, in a comparison of several, and to the right of `unless`.
FORMS = (
    "HighErrorRate",
    "DatabaseQueriesSlow",
    "TrafficSurged",
    "TrafficDropped",
    "KubePersistentVolumeFillingUp",
    "NodeClockSkewed",
    "CollectorRefusingData",
)


@pytest.mark.parametrize("name", FORMS)
def test_a_value_without_the_alerts_other_conditions_is_noticed(name: str, tmp_path: Path) -> None:
    [(alert, found)] = [(alert, found) for alert, found in TUNABLE if alert.name == name]
    with pytest.raises(AssertionError, match="FAILED"):
        run(alert, replace(found, expression=found.compared[0]), tmp_path)


@pytest.mark.parametrize("name", FORMS)
def test_a_comparison_the_other_way_is_noticed(name: str, tmp_path: Path) -> None:
    [(alert, found)] = [(alert, found) for alert, found in TUNABLE if alert.name == name]
    turned = {">": "<", "<": ">", ">=": "<=", "<=": ">="}[found.operator]
    with pytest.raises(AssertionError, match="FAILED"):
        run(alert, replace(found, operator=turned), tmp_path)


# --- forms that no alert of vigil's has, and values that are no numbers -----------------------------------------------

SERIES = [
    {"series": 'a{service="x"}', "values": "1 5 NaN 5 _ 9 5 2"},
    {"series": 'b{service="x"}', "values": "2 3 5 NaN 9 _ 1 5"},
    {"series": 'c{service="x"}', "values": "1 _ 1 NaN 1 1 _ 1"},
    {"series": 'a{service="y"}', "values": "Inf -Inf 0 7 7 7 7 7"},
    {"series": 'b{service="y"}', "values": "3 Inf -Inf 7 _ NaN 8 6"},
]

EXPRESSIONS = (
    "a > $t",
    "$t > a",
    "a <= $t and b <= $t",
    "a > $t and b > $t",
    "a > $t or b > $t",
    "a >= $t or c or b >= $t",
    "a < $t or c",
    "a < $t or (b < $t and c)",
    "a > $t unless b <= $t",
    "a < $t unless b >= $t",
    "a < $t unless (b >= $t or c)",
    "c unless a > $t",
    "c and a > $t",
    "c and $t < a unless b <= $t",
    "(a > $t and b > $t) unless on (service) c",
    "a > $t and on (service) (b > 4)",
    "sum(a > $t or b > $t)",
    "count by (service) (a < $t) or b < $t",
    "avg without (service) (a >= $t unless b < $t)",
)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_a_measured_value_is_right_in_every_form(expression: str, tmp_path: Path) -> None:
    found = measured(expression.replace("$t", plain_number(SENTINEL)))
    tests = [
        {"eval_time": f"{minute}m", "expr": f"{one} unless {other}", "exp_samples": []}
        for minute in range(8)
        for threshold in ("0", "2", "3", "5", "6.5", "7", "8")
        for fires, beyond in [
            (f"({expression.replace('$t', threshold)})", f"(({found.expression}) {found.operator} {threshold})")
        ]
        for one, other in ((fires, beyond), (beyond, fires))
    ]
    file = tmp_path / "forms.yml"
    group = {"interval": "1m", "input_series": SERIES, "promql_expr_test": tests}
    file.write_text(yaml12.dump({"rule_files": [], "evaluation_interval": "1m", "tests": [group]}))
    promtool.test_rules(file)
