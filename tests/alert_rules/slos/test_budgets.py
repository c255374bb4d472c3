"""What is spent of a budget, and that it stays spent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alert_rules.slos import DAY, HOUR, hop
from tests.alert_rules.slos.harness import AVAILABILITY, STEP, judge, measured

SHOP = '{service="shop",team="web",slo="availability"}'
ROUNDED = "round(slo:budget_spent:ratio, 0.0001)"


@pytest.mark.validators
def test_a_young_service_has_spent_little_of_a_whole_windows_budget(tmp_path: Path) -> None:
    twice_the_pace = measured([(2 * DAY, 0.002)])
    spent = 2 * 2 / 30  # two days of thirty, twice as fast as the budget allows
    judge(
        [AVAILABILITY],
        twice_the_pace,
        tmp_path,
        step=STEP,
        values={(2 * DAY - STEP, ROUNDED): {SHOP: round(spent, 4)}},
    )


@pytest.mark.validators
@pytest.mark.parametrize("retention", [31 * DAY, 3 * DAY])
def test_what_was_spent_stays_spent_when_prometheus_has_forgotten_it(retention: float, tmp_path: Path) -> None:
    series = measured([(DAY, 0), (10 * HOUR, 0.02), (4 * DAY, 0)])
    spent = 0.02 * 10 / (0.001 * 30 * 24)
    values = {(at, ROUNDED): {SHOP: round(spent, 4)} for at in (2 * DAY, 5 * DAY)}
    judge([AVAILABILITY], series, tmp_path, step=STEP, values=values, retention=retention)


@pytest.mark.validators
def test_each_objective_has_a_budget_of_its_own_window(tmp_path: Path) -> None:
    monthly = replace(AVAILABILITY, service="other", objective=0.99, window=28 * DAY)
    budgets = {SHOP: 2592, '{service="other",team="web",slo="availability"}': 24192}
    judge(
        [AVAILABILITY, monthly],
        {**measured([(HOUR, 0)])},
        tmp_path,
        step=STEP,
        values={(HOUR, "round(slo:budget:seconds, 0.001)"): budgets},
    )


@pytest.mark.parametrize(
    ("retention", "days"), [(31 * DAY, 30), (30 * DAY, 29), (15 * DAY, 14), (2 * DAY, 1), (2.5 * DAY, 1), (DAY, 1)]
)
def test_a_day_is_left_to_write_down_what_is_forgotten(retention: float, days: int) -> None:
    assert hop(30 * DAY, retention) == days * DAY


@pytest.mark.validators
def test_a_pause_of_prometheus_over_the_full_hour_hides_no_hour(tmp_path: Path) -> None:
    # From 10:00 to 11:00 everything fails; from 10:55 to 11:05 nothing is recorded.
    bad = "0x119 1000x10 _x2 1000x0 0x60"
    labels = 'service="shop",team="web",slo="availability"'
    series = {
        f"slo:errors:rate5m{{{labels}}}": bad,
        f"slo:events:rate5m{{{labels}}}": "1000x130 _x2 1000x61",
    }
    spent = {(15 * HOUR, "slo:budget_spent:ratio > bool 0.8"): {SHOP: 1}}
    judge([AVAILABILITY], series, tmp_path, step=STEP, values=spent)


@pytest.mark.validators
def test_a_missed_objective_stays_missed_while_the_service_is_away(tmp_path: Path) -> None:
    gone = {name: f"{values} _x100" for name, values in measured([(2 * HOUR, 0), (2 * HOUR, 1)]).items()}
    gone['up{service="else",team="web"}'] = "1x200"
    judge([AVAILABILITY], gone, tmp_path, step=STEP, alerts={(10 * HOUR, "ErrorBudgetSpent"): True}, retention=3 * DAY)
