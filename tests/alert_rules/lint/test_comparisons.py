"""A comparison that no value, or every value, satisfies is no condition."""

from __future__ import annotations

from math import inf
from pathlib import Path

import pytest

from alert_rules.lint import comparisons
from alert_rules.loader import builtin
from alert_rules.promql import comparisons as compared
from tests.alert_rules.faults import entry, found

ALL = "sum by (service, team) (rate(http_requests_total{$selector}[5m]))"
FAILED = 'sum by (service, team) (rate(http_requests_total{$selector,status_code="500"}[5m]))'
OTHER = "sum by (service, team) (rate(grpc_server_handled_total{$selector}[5m]))"
CPU = "max by (service, team) (cpu_usage_percent{$selector})"


def ratio(low: str, high: str | None, unit: str = "ratio") -> dict[str, str]:
    return {"unit": unit, "default": "5%", "min": low} | ({"max": high} if high else {})


def told(folder: Path, expression: str, parameters: dict[str, dict[str, str]] | None = None) -> list[str]:
    return [
        line.removeprefix("prometheus/probe.yaml: alerts.Probe.")
        for line in found(folder, {"Probe": entry(expression, parameters)})
    ]


def test_every_comparison_of_the_rules_that_vigil_ships_decides() -> None:
    assert [str(problem) for alert in builtin().rules for problem in comparisons.check(alert)] == []


@pytest.mark.parametrize(
    ("expression", "low", "high"),
    [
        ("a > 0", -inf, inf),
        ("rate(a[5m]) > 0", 0, inf),
        ("max by (x) (rate(a[5m])) > 0", 0, inf),
        ("sum(a) > 0", -inf, inf),
        ("sum(abs(a)) + 1 > 0", 1, inf),
        ("count by (x) (a) > 0", 1, inf),
        ('sum(rate(a{m="1"}[5m])) / sum(rate(a[5m])) > 0', 0, 1),
        ('1 - sum(rate(a{m="1"}[5m])) / sum(rate(a[5m])) > 0', 0, 1),
        ('100 * (sum(rate(a{m="1"}[5m])) / sum(rate(a[5m]))) > 0', 0, 100),
        ("sum(rate(a[5m])) / (sum(rate(b[5m])) + sum(rate(a[5m]))) > 0", 0, 1),
        ("sum(rate(a[5m])) / sum(rate(b[5m])) > 0", 0, inf),
        ('sum(rate(a{m="1"}[5m])) / sum(rate(a{m="2"}[5m])) > 0', 0, inf),
        ('sum(rate(a{m="1"}[1h])) / sum(rate(a[5m])) > 0', 0, inf),
        ('avg(rate(a{m="1"}[5m])) / avg(rate(a[5m])) > 0', 0, inf),
        ('sum by (x) (rate(a{m="1"}[5m])) / on (x) group_right () sum by (x, y) (rate(a[5m])) > 0', 0, inf),
        ('sum(a{m="1"}) / sum(a) > 0', -inf, inf),
        ("(rate(a[5m]) == bool 0) > 0", 0, 1),
        ("0 < rate(a[5m])", 0, inf),
        ("5 <= rate(a[5m]) < 9", 0, inf),
        ("rate(a[5m]) >= 5 < 9", 0, inf),
    ],
)
def test_bounds_are_known_from_the_form_alone(expression: str, low: float, high: float) -> None:
    assert compared(expression)[0].bounds == (low, high)


SHARE = "a figure that decides: what is compared is 0% to 100%, so > this figure never holds"

FAULTS = {
    "share above more than a whole": (
        f"{FAILED} / {ALL} > $limit",
        ratio("1%", "150%"),
        f"max: given '150%'; allowed: {SHARE}",
    ),
    "share above a whole": (f"{FAILED} / {ALL} > $limit", ratio("1%", "100%"), f"max: given '100%'; allowed: {SHARE}"),
    "share above anything": (f"{FAILED} / {ALL} > $limit", ratio("1%", None), f"max: missing; allowed: {SHARE}"),
    "share at least more than a whole": (
        f"{FAILED} / {ALL} >= $limit",
        ratio("1%", "101%"),
        "so >= this figure never holds",
    ),
    "number turned": (f"$limit < {FAILED} / {ALL}", ratio("1%", "150%"), f"max: given '150%'; allowed: {SHARE}"),
    "share below nothing": (f"{FAILED} / {ALL} < $limit", ratio("0%", "50%"), "min: given '0%'"),
    "share below more than a whole": (
        f"{FAILED} / {ALL} < $limit",
        ratio("1%", "101%"),
        "so < this figure always holds",
    ),
    "percentage of a metric": (f"{CPU} > $limit", ratio("1%", "120%", "percent"), "what is compared is at most 100%"),
    "share in percent": (f"{FAILED} / {ALL} > $limit", ratio("0.1%", "99%", "percent"), "what is compared is 0% to 1%"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_parameter_that_may_be_set_past_every_value_is_told_by_its_limit(fault: str, tmp_path: Path) -> None:
    expression, parameter, expected = FAULTS[fault]
    [line] = told(tmp_path, expression, {"limit": parameter})
    assert line.startswith("parameters.limit.m")
    assert expected in line


FINE = {
    "share within a whole": (f"{FAILED} / {ALL} > $limit", ratio("0.1%", "99%")),
    "share of the whole": (f"{FAILED} / {ALL} >= $limit", ratio("0.1%", "100%")),
    "quotient of two things": (f"{OTHER} / {ALL} > $limit", ratio("1%", "1000%")),
    "quotient of two things in percent": (f"100 * {OTHER} / {ALL} > $limit", ratio("1%", "1000%", "percent")),
    "ratio that a metric is itself": (f"{CPU} > $limit", ratio("1%", "1000%")),
    "band": (f"$limit <= {CPU} < 90", ratio("1%", "99%", "percent")),
    "percentage": (f"{CPU} > $limit", ratio("1%", "99%", "percent")),
}


@pytest.mark.parametrize("case", FINE)
def test_one_that_decides_at_each_of_its_figures_is_left_alone(case: str, tmp_path: Path) -> None:
    expression, parameter = FINE[case]
    assert told(tmp_path, expression, {"limit": parameter}) == []


@pytest.mark.parametrize(
    ("comparison", "verdict"),
    [
        (f"{ALL} < 0", "never"),
        (f"{ALL} >= 0", "always"),
        (f"{ALL} == -1", "never"),
        ("count by (service, team) (up{$selector}) == 0", "never"),
        ("count by (service, team) (up{$selector}) < 1", "never"),
        (f"{FAILED} / {ALL} > 5", "never"),
        (f"{FAILED} / {ALL} != 5", "always"),
    ],
)
def test_a_figure_that_is_written_out_is_told_too(comparison: str, verdict: str, tmp_path: Path) -> None:
    [line] = told(tmp_path, comparison)
    assert line.startswith("expression: given '")
    assert line.endswith(f"this figure {verdict} holds")


@pytest.mark.parametrize("comparison", [f"{ALL} == 0", "count by (service, team) (up{$selector}) > 0", f"{ALL} > 0"])
def test_what_asks_whether_there_is_something_is_left_alone(comparison: str, tmp_path: Path) -> None:
    assert told(tmp_path, comparison) == []


def test_shares_of_log_lines_are_known(tmp_path: Path) -> None:
    errors = 'sum by (service) (count_over_time({$selector} | detected_level="error" [5m]))'
    lines = "sum by (service) (count_over_time({$selector}[5m]))"
    fault = found(tmp_path, {"Probe": entry(f"{errors} / {lines} > $limit", {"limit": ratio("1%", "100%")})}, "loki")
    assert fault == [f"loki/probe.yaml: alerts.Probe.parameters.limit.max: given '100%'; allowed: {SHARE}"]
