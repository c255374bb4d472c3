"""A rate needs a range of four scrapes, whatever its window is set to."""

from __future__ import annotations

from pathlib import Path

import pytest

from alert_rules.lint import windows
from alert_rules.loader import builtin
from tests.alert_rules.faults import entry, found

WINDOW = {"unit": "window", "default": "5m"}
FILE = "prometheus/probe.yaml: alerts.Probe."


def rate(range_: str, function: str = "rate") -> str:
    return f"sum by (service, team) ({function}(http_requests_total{{$selector}}[{range_}])) > 1"


def test_no_rule_that_vigil_ships_has_a_range_that_is_too_short() -> None:
    assert [str(problem) for alert in builtin().prometheus for problem in windows.check(alert)] == []


@pytest.mark.parametrize("function", ["rate", "irate", "increase", "delta", "deriv", "changes"])
def test_a_range_that_is_written_too_short_is_told(function: str, tmp_path: Path) -> None:
    assert found(tmp_path, {"Probe": entry(rate("59s", function))}) == [
        f"{FILE}expression: given '{function} over 59s'; allowed: at least 1m for {function}: 4 scrapes, 15s apart"
    ]


def test_four_scrapes_are_enough_and_a_maximum_needs_none(tmp_path: Path) -> None:
    assert found(tmp_path, {"Probe": entry(rate("60s")), "Other": entry(rate("15s", "max_over_time"))}) == []


def test_a_window_that_may_be_set_too_short_is_told_by_its_min(tmp_path: Path) -> None:
    assert found(tmp_path, {"Probe": entry(rate("$window"), {"window": {**WINDOW, "min": "30s"}})}) == [
        f"{FILE}parameters.window.min: given '30s'; allowed: at least 1m for rate: 4 scrapes, 15s apart"
    ]


def test_a_window_without_a_min_may_be_set_too_short(tmp_path: Path) -> None:
    assert found(tmp_path, {"Probe": entry(rate("$window"), {"window": WINDOW})}) == [
        f"{FILE}parameters.window.min: missing; allowed: at least 1m for rate: 4 scrapes, 15s apart"
    ]


def test_each_window_is_judged_by_itself(tmp_path: Path) -> None:
    both = f"{rate('$fast')} and {rate('$slow')}"
    told = found(tmp_path, {"Probe": entry(both, {"fast": {**WINDOW, "min": "45s"}, "slow": {**WINDOW, "min": "1m"}})})
    assert [line.split(": ")[1] for line in told] == ["alerts.Probe.parameters.fast.min"]


@pytest.mark.parametrize(
    ("subquery", "told"),
    [
        ("[5m:1m]", []),
        (
            "[3m:1m]",
            ["alerts.Probe.expression: given 'delta over 3m'; allowed: at least 4m for delta: 4 steps, 1m apart"],
        ),
        (
            "[45s:]",
            ["alerts.Probe.expression: given 'delta over 45s'; allowed: at least 1m for delta: 4 steps, 15s apart"],
        ),
        (
            "[5m:$window]",
            ["alerts.Probe.expression: given 'delta over 5m'; allowed: at least 20m for delta: 4 steps, 5m apart"],
        ),
    ],
)
def test_a_subquery_is_judged_by_its_steps(subquery: str, told: list[str], tmp_path: Path) -> None:
    expression = f"delta(max by (service, team) (active_connections{{$selector}}){subquery}) > 1"
    step = {"window": {**WINDOW, "min": "1m"}} if "$window" in subquery else {}
    assert found(tmp_path, {"Probe": entry(expression, step)}) == [f"prometheus/probe.yaml: {line}" for line in told]
