"""When the alerts on burn rates fire, by the method's own arithmetic, and when they must not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alert_rules.slos import DAY, HOUR
from tests.alert_rules.slos.harness import AVAILABILITY, MINUTE, STEP, judge, measured, requests

FAST, SLOW = "ErrorBudgetBurningFast", "ErrorBudgetBurningSlowly"
CLEAN = 6 * HOUR
"""Seconds without a fault before one begins: the longest window of the fast alert."""

DETECTED = [
    # A share of bad events, and after how many seconds an alert tells of it by the method's own arithmetic: the part of
    # the budget that may be spent, over the share (Site Reliability Workbook, chapter 5; the budget is 2592 s).
    (1.0, 0.02 * 2592),
    (0.1, 0.02 * 2592 / 0.1),
    (0.02, 0.02 * 2592 / 0.02),
    (0.01, 0.05 * 2592 / 0.01),
    (0.0065, 0.05 * 2592 / 0.0065),
]
DETECTED_SLOWLY = [(share, 0.1 * 2592 / share) for share in (0.005, 0.0032, 0.0011)]


@pytest.mark.validators
@pytest.mark.parametrize(("share", "seconds"), DETECTED)
def test_the_fast_alert_fires_when_its_part_of_the_budget_is_spent(
    share: float, seconds: float, tmp_path: Path
) -> None:
    # The first bad sample stands for the minute before it. Events are counted over five minutes, which is as much as an
    # alert may come later.
    begun = CLEAN - MINUTE
    early, late = (begun + (seconds + more) // MINUTE * MINUTE for more in (-MINUTE, 6 * MINUTE))
    series = requests([(CLEAN, 0), (seconds + HOUR, share)])
    judge([AVAILABILITY], series, tmp_path, alerts={(early, FAST): False, (late, FAST): True})


@pytest.mark.validators
@pytest.mark.parametrize(("share", "seconds"), DETECTED_SLOWLY)
def test_the_slow_alert_fires_when_its_part_of_the_budget_is_spent(
    share: float, seconds: float, tmp_path: Path
) -> None:
    # Over three days, hours are counted whole; and it waits for five minutes.
    early, late = (3 * DAY + (seconds + more) // STEP * STEP for more in (-STEP, HOUR + 15 * MINUTE))
    series = measured([(3 * DAY, 0), (seconds + 3 * HOUR, share)])
    judge([AVAILABILITY], series, tmp_path, step=STEP, alerts={(early, SLOW): False, (late, SLOW): True})


@pytest.mark.validators
@pytest.mark.parametrize("share", [0.0, 0.0005, 0.00099])
def test_no_alert_fires_for_what_lasts_within_the_budget(share: float, tmp_path: Path) -> None:
    silent = {(at * HOUR, alert): False for at in (1, 6, 24, 72, 95) for alert in (FAST, SLOW)}
    judge([AVAILABILITY], measured([(4 * DAY, share)]), tmp_path, step=STEP, alerts=silent)


@pytest.mark.validators
def test_the_fast_alert_ends_soon_after_the_fault(tmp_path: Path) -> None:
    series = requests([(CLEAN, 0), (20 * MINUTE, 0.5), (HOUR, 0)])
    end = CLEAN + 20 * MINUTE
    judge([AVAILABILITY], series, tmp_path, alerts={(end, FAST): True, (end + 40 * MINUTE, FAST): False})


@pytest.mark.validators
@pytest.mark.parametrize("objective", [0.5, 0.8, 0.9, 0.95])
def test_a_complete_failure_is_told_of_within_an_hour_however_generous_the_objective(
    objective: float, tmp_path: Path
) -> None:
    series = requests([(CLEAN, 0), (2 * HOUR, 1)])
    generous = replace(AVAILABILITY, objective=objective)
    judge([generous], series, tmp_path, alerts={(CLEAN, FAST): False, (CLEAN + HOUR, FAST): True})


@pytest.mark.validators
def test_a_few_failures_of_a_quiet_service_wake_nobody(tmp_path: Path) -> None:
    one_a_minute = requests([(CLEAN, 0), (9 * MINUTE, 1), (HOUR, 0)], a_minute=1)
    judge([AVAILABILITY], one_a_minute, tmp_path, alerts={(CLEAN + at * MINUTE, FAST): False for at in (5, 9, 20)})


@pytest.mark.validators
def test_one_failure_of_a_new_service_wakes_nobody(tmp_path: Path) -> None:
    series = requests([(5 * MINUTE, 0), (MINUTE, 0.25), (10 * MINUTE, 0)], a_minute=4)
    silent = {(at * MINUTE, FAST): False for at in (5, 6, 7, 9, 12)}
    judge([AVAILABILITY], series, tmp_path, alerts=silent)
