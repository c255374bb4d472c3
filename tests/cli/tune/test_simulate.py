"""How often an alert would have fired, held against the way in which Prometheus itself comes to fire."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.tune.simulate import HOLDS, ONE_PAGE, STILL_THERE, Rule, Series, episodes, firing, narrowed, pages
from tests.cli.tune.series import MINUTELY, START, series

VALUES = st.one_of(st.none(), st.integers(0, 4).map(float), st.sampled_from((inf, -inf, nan)))
GRIDS = st.lists(VALUES, min_size=1, max_size=60)
RULES = st.builds(
    lambda operator, step, steps: Rule(operator, steps * step, step),
    st.sampled_from(sorted(HOLDS)),
    st.sampled_from((15.0, 60.0, 200.0, 43200.0)),
    st.integers(0, 4),
)
THRESHOLDS = st.sampled_from((0.0, 0.5, 1.0, 2.0, 3.5))


def moments(values: Sequence[float | None], rule: Rule, threshold: float) -> set[int]:
    """The evaluations at which Prometheus has the alert firing: it remembers since when the condition holds."""
    found, since = set(), None
    for n, value in enumerate(values):
        if value is None or not HOLDS[rule.operator](value, threshold):
            since = None
            continue
        since = n if since is None else since
        if (n - since) * rule.step >= rule.hold:
            found.add(n)
    return found


def counted(firing_at: set[int], step: float) -> int:
    """Pages, evaluation by evaluation."""
    count, start, last = 0, None, None
    for n in sorted(firing_at):
        if start is None or last is None or (n - last - 1) * step >= ONE_PAGE:
            count += 0 if start is None or last is None else ceil((last + 1 - start) * step / STILL_THERE)
            start = n
        last = n
    return count + (0 if start is None or last is None else ceil((last + 1 - start) * step / STILL_THERE))


@given(st.lists(GRIDS, min_size=1, max_size=3), RULES, THRESHOLDS)
def test_pages_are_those_of_prometheus_looked_at_each_step(
    grids: list[list[float | None]], rule: Rule, threshold: float
) -> None:
    together = set().union(*(moments(values, rule, threshold) for values in grids))
    assert pages([series(rule.step, values) for values in grids], rule, threshold) == counted(together, rule.step)


def looser(rule: Rule, threshold: float, by: float) -> float:
    return threshold + by if rule.operator[0] == ">" else threshold - by


@given(GRIDS, RULES, THRESHOLDS, st.floats(0, 3))
def test_a_looser_threshold_fires_only_when_the_stricter_does(
    values: list[float | None], rule: Rule, threshold: float, by: float
) -> None:
    one = series(rule.step, values)
    wide = list(firing(one, rule, threshold))
    for start, end in firing(one, rule, looser(rule, threshold, by)):
        assert any(begun <= start and end <= ended for begun, ended in wide)


def test_a_looser_threshold_can_make_more_pages_all_the_same() -> None:
    up, down = [9.0] * 10, [6.0] * 10
    one = series(60.0, [*up, *down, *up, *down, *up])
    assert pages([one], MINUTELY, 5) == 1
    assert pages([one], MINUTELY, 7) == 3


@given(GRIDS, RULES, THRESHOLDS, st.floats(0, 3))
def test_what_is_kept_of_a_series_is_enough_for_every_looser_threshold(
    values: list[float | None], rule: Rule, threshold: float, by: float
) -> None:
    one = series(rule.step, values)
    kept = narrowed(one, rule, threshold)
    beyond = looser(rule, threshold, by)
    assert episodes([kept], rule, beyond) == episodes([one], rule, beyond)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([6, 6], 0),  # held for a minute
        ([6, 6, 6], 1),
        ([6, 6, None, 6, 6], 0),  # a gap is a moment at which it does not hold
        ([6, 6, 5, 6, 6], 0),
        ([6, 6, 6, 0, 0, 6, 6, 6], 1),  # quiet for four minutes: the same page
        ([6, 6, 6, 0, 0, 0, 6, 6, 6], 2),
        ([inf] * 3, 1),
        ([nan] * 9, 0),
        ([6] * (2 + 1440), 1),
        ([6] * (3 + 1440), 2),  # a day and a minute
        ([], 0),
    ],
)
def test_pages_of_a_series(values: list[float | None], expected: int) -> None:
    assert pages([series(60.0, values)], MINUTELY, 5.0) == expected


def test_two_series_of_a_service_that_fire_together_are_one_page_and_do_not_add_their_holds() -> None:
    first, second = series(60.0, [6, 6, 6, 0, 0, 0]), series(60.0, [0, 0, 6, 6, 6, 6])
    assert episodes([first, second], MINUTELY, 5.0) == [(START + 120, START + 360)]
    relay: list[Series] = [series(60.0, [6, 6, 0, 0]), series(60.0, [0, 0, 6, 6])]
    assert pages(relay, MINUTELY, 5.0) == 0


def test_a_series_that_fires_amid_another_does_not_end_its_page() -> None:
    long = series(60.0, [*[6.0] * 20, 0, 0, 6.0, 6.0, 6.0])
    short = series(60.0, [0.0, 0.0, *[6.0] * 4])
    assert pages([long, short], MINUTELY, 5.0) == 1


def test_without_a_hold_one_value_is_enough() -> None:
    assert pages([series(15.0, [0, 6, 0])], Rule(">", 0.0, 15.0), 5.0) == 1
