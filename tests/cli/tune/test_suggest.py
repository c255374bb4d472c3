"""What is suggested: few enough pages, within what is allowed, never stricter, and in figures that people write."""

from __future__ import annotations

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alert_rules.loader import builtin
from alert_rules.model import Parameter
from alert_rules.quantities import Quantity, Unit, parse
from cli.tune import figures
from cli.tune.simulate import Rule, pages
from cli.tune.suggest import Finding, Verdict, finding
from tests.cli.tune.series import MINUTELY, series

PARAMETERS = [
    alert.parameters["threshold"]
    for alert in builtin().prometheus
    if "threshold" in alert.parameters and alert.parameters["threshold"].unit is not Unit.WINDOW
]

SHARES = st.one_of(
    st.none(),
    st.floats(0, 20).map(lambda share: round(share, 3)),
    st.sampled_from((0.9, 1.0, 1.01, 1.1, inf, -inf, nan)),
)
"""Values, as multiples of the threshold."""


def default(parameter: Parameter) -> Quantity:
    return parameter.resolve(parameter.default)


@given(
    st.sampled_from(PARAMETERS),
    st.lists(st.lists(SHARES, max_size=40), min_size=1, max_size=3),
    st.sampled_from((">", ">=", "<", "<=")),
    st.integers(0, 3),
    st.integers(0, 3),
)
def test_a_suggestion_holds_what_it_promises(
    parameter: Parameter, shares: list[list[float | None]], operator: str, steps: int, allowed: int
) -> None:
    threshold = default(parameter)
    rule = Rule(operator, 120.0 * steps, 120.0)
    measured = [series(120.0, [None if s is None else s * threshold.value for s in one]) for one in shares]
    found = finding(measured, rule, parameter, threshold, allowed)
    if found is None:
        assert not any(one.times for one in measured)
        return
    assert found.fired == pages(measured, rule, threshold.value)
    assert (found.suggested is not None) == (found.verdict is Verdict.LOOSEN)
    assert (found.verdict in (Verdict.LOOSEN, Verdict.NOTHING_HELPS)) == (found.fired > allowed)
    if found.suggested is not None:
        assert pages(measured, rule, found.suggested.value) == found.fired_then
        assert found.fired_then is not None and found.fired_then <= allowed
        further = found.suggested.value - threshold.value
        assert further > 0 if operator[0] == ">" else further < 0
        assert parameter.resolve(str(found.suggested)) == found.suggested  # within its least and utmost


@given(st.sampled_from(PARAMETERS), st.floats(0.001, 1000), st.booleans())
def test_figures_are_short_in_order_and_lie_past_what_was_measured(
    parameter: Parameter, share: float, rising: bool
) -> None:
    threshold = default(parameter)
    beyond = threshold.value * share
    found = list(figures.looser(parameter, threshold, beyond, rising=rising))
    values = [figure.value for figure in found]
    assert values == sorted(set(values), reverse=not rising)
    assert all(value > threshold.value if rising else value < threshold.value for value in values)
    limit = parameter.max if rising else parameter.min
    utmost = parameter.resolve(limit).value if limit is not None else None
    assert all(len(str(figure)) <= 7 for figure in found if figure.value != utmost)
    past = [value for value in values if (value > beyond if rising else value < beyond)]
    # A ten-thousandth of the threshold is as good as none.
    reachable = beyond > threshold.value * 1e-3 and utmost != threshold.value
    if reachable and (utmost is None or (utmost > beyond if rising else utmost < beyond)):
        assert past
    if utmost is not None and values and (utmost < beyond if rising else utmost > beyond):
        assert values[-1] == utmost


def parameter(unit: str, default: str | float, low: str | float | None, high: str | float | None) -> Parameter:
    return Parameter(unit=Unit(unit), default=default, reason="long enough a reason", min=low, max=high)


@pytest.mark.parametrize(
    ("unit", "default", "low", "high", "beyond", "expected"),
    [
        ("ratio", "5%", "1%", "99%", 0.06, "6% 7% 8% 9% 10% 12% 15% 20% 25% 30% 35% 40% 45% 50% 55% 60%"),
        ("ratio", "95%", "10%", "99.9%", 0.97, "96% 97% 98% 99% 99.5% 99.9%"),
        ("percent", "80%", "1%", "99%", 85, "85% 90% 92% 95% 96% 97% 98% 99%"),
        ("count", 2, 1, 100, 3, "3 4 5 6 7 8 9 10 12 15 20 25 30 100"),
        ("duration", "200ms", "1ms", "1s", 0.25, "250ms 300ms 350ms 400ms 450ms 500ms 600ms 700ms 800ms 900ms 1s"),
        ("duration", "45s", "1s", "2h", 50, "50s 1m 90s 2m 2.5m 3m 4m 5m 6m 7m 8m 10m 12m 15m"),
        ("rate", "0.8/s", "0/s", "5/s", 1, "0.9/s 1/s 1.2/s 1.5/s 2/s 2.5/s 3/s 3.5/s 4/s 4.5/s 5/s"),
        ("bytes", "8GiB", "1MiB", "24GiB", 9e9, "10GiB 12GiB 14GiB 16GiB 20GiB 24GiB"),
    ],
)
def test_figures_are_those_that_people_write(
    unit: str, default: str | float, low: str | float, high: str | float, beyond: float, expected: str
) -> None:
    asked = parameter(unit, default, low, high)
    found = [str(figure) for figure in figures.looser(asked, asked.resolve(default), beyond, rising=True)]
    assert found[: len(expected.split())] == expected.split()


def test_downwards_they_end_at_the_least_that_is_allowed() -> None:
    asked = parameter("duration", "14d", "5d", "365d")
    found = figures.looser(asked, asked.resolve("14d"), -5.0, rising=False)
    assert [str(figure) for figure in found] == ["10d", "7d", "6d", "5d"]


def test_a_threshold_of_zero_has_no_looser_figures() -> None:
    asked = parameter("score", 0, None, None)
    assert list(figures.looser(asked, asked.resolve(0), 5.0, rising=True)) == []


PERCENT = parameter("ratio", "5%", "1%", "50%")


def of(values: list[float | None], allowed: int = 1, operator: str = ">", asked: Parameter = PERCENT) -> Finding:
    rule = Rule(operator, MINUTELY.hold, MINUTELY.step)
    found = finding([series(60.0, values)], rule, asked, default(asked), allowed)
    assert found is not None
    return found


BURST: list[float | None] = [*[0.06] * 5, *[0.01] * 20]


def test_few_enough_pages_are_left_alone() -> None:
    assert of([*BURST, *BURST], allowed=2).verdict is Verdict.KEEP


def test_the_next_figure_past_what_was_measured_is_suggested_and_not_one_that_only_just_is() -> None:
    found = of([*BURST, *BURST])
    assert (found.fired, str(found.suggested), found.fired_then) == (2, "7%", 0)
    assert str(of([0.0599 if v == 0.06 else v for v in (*BURST, *BURST)]).suggested) == "7%"
    assert str(of([0.0585 if v == 0.06 else v for v in (*BURST, *BURST)]).suggested) == "6%"


def test_no_more_is_loosened_than_needed() -> None:
    strong: list[float | None] = [*[0.4] * 5, *[0.01] * 20]
    found = of([*BURST, *strong, *BURST])
    assert (found.fired, str(found.suggested), found.fired_then) == (3, "7%", 1)


def test_a_figure_that_cuts_one_page_into_several_is_passed_over() -> None:
    up, down = [0.09] * 10, [0.069] * 10
    found = of([*BURST, *up, *down, *up, *down, *up])
    assert (found.fired, str(found.suggested), found.fired_then) == (2, "10%", 0)


def test_what_fires_at_every_figure_cannot_be_helped() -> None:
    assert of([0.9] * 5, allowed=0).verdict is Verdict.NOTHING_HELPS
    by_another_condition = of([inf] * 5, allowed=0)
    assert by_another_condition.verdict is Verdict.NOTHING_HELPS
    assert (by_another_condition.samples, by_another_condition.worst) == (5, None)


@pytest.mark.parametrize(
    ("operator", "values", "verdict"),
    [
        (">", [0.004], Verdict.FAR_AWAY),
        (">", [0.0], Verdict.FAR_AWAY),
        (">", [0.006], Verdict.KEEP),
        ("<", [0.5], Verdict.FAR_AWAY),
        ("<", [0.4], Verdict.KEEP),
    ],
)
def test_a_threshold_far_from_all_that_was_measured_is_told_and_not_tightened(
    operator: str, values: list[float | None], verdict: Verdict
) -> None:
    found = of(values, operator=operator)
    assert (found.verdict, found.suggested) == (verdict, None)


def test_a_threshold_is_not_far_from_what_fires() -> None:
    assert of([*[inf] * 5, *[0.001] * 5]).verdict is Verdict.KEEP


def test_the_quiet_side_of_99_in_100_values_is_below_for_a_ceiling_and_above_for_a_floor() -> None:
    values: list[float | None] = [n / 1000 for n in range(1000)]
    ceiling, floor = of(values, allowed=99), of(values, allowed=99, operator="<")
    assert (ceiling.median, ceiling.tail, ceiling.worst) == (0.5, 0.99, 0.999)
    assert (floor.median, floor.tail, floor.worst) == (0.499, 0.009, 0.0)


def test_what_is_no_number_is_no_measure() -> None:
    found = of([nan, inf, 0.01])
    assert (found.samples, found.median, found.worst) == (3, 0.01, 0.01)


def test_without_a_value_there_is_nothing_to_find() -> None:
    assert finding([series(60.0, [None])], MINUTELY, PERCENT, parse("5%", Unit.RATIO), 1) is None
