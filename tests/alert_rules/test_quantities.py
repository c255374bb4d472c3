"""Quantities: what people may write, and the number it stands for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alert_rules.quantities import QuantityError, Unit, parse, plain_number, readable, seconds_text, written


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("300ms", Unit.DURATION, 0.3),
        ("15d", Unit.DURATION, 1_296_000),
        ("2%", Unit.RATIO, 0.02),
        ("0.5%", Unit.RATIO, 0.005),
        ("80%", Unit.PERCENT, 80),
        ("8GiB", Unit.BYTES, 8 * 2**30),
        ("0.1/s", Unit.RATE, 0.1),
        ("6/m", Unit.RATE, 0.1),
        (10, Unit.COUNT, 10),
        ("0.8", Unit.SCORE, 0.8),
    ],
)
def test_a_quantity_is_read_in_its_base_unit(text: object, unit: Unit, value: float) -> None:
    assert parse(text, unit).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        (5, Unit.DURATION),
        ("5", Unit.DURATION),
        ("5 minutes", Unit.DURATION),
        ("0.05", Unit.RATIO),
        ("8GB", Unit.BYTES),
        ("8", Unit.BYTES),
        ("1.5", Unit.COUNT),
        (True, Unit.COUNT),
        (None, Unit.SCORE),
        ("", Unit.SCORE),
        ("1e9", Unit.COUNT),
        ("nan", Unit.SCORE),
        ("٣%", Unit.RATIO),
        (["5%"], Unit.RATIO),
    ],
)
def test_what_is_no_quantity_of_the_unit_is_refused_with_an_example(text: object, unit: Unit) -> None:
    with pytest.raises(QuantityError, match="such as"):
        parse(text, unit)


@given(st.integers(min_value=0, max_value=10**9))
def test_seconds_survive_being_written_and_read(seconds: int) -> None:
    assert parse(seconds_text(seconds), Unit.DURATION).value == seconds


@given(st.floats(min_value=1e-9, max_value=1e12))
def test_numbers_are_written_without_exponent(value: float) -> None:
    text = plain_number(value)
    assert "e" not in text
    assert float(text) == pytest.approx(value, abs=1e-11)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.35, Unit.DURATION, "350ms"),
        (2.5, Unit.DURATION, "2.5s"),
        (90, Unit.DURATION, "90s"),
        (5400, Unit.DURATION, "90m"),
        (1_209_600, Unit.DURATION, "14d"),
        (0.0002, Unit.DURATION, "0.2ms"),
        (800, Unit.MILLISECONDS, "800ms"),
        (250, Unit.MICROSECONDS, "250us"),
        (0.07, Unit.RATIO, "7%"),
        (0, Unit.RATIO, "0%"),
        (97.5, Unit.PERCENT, "97.5%"),
        (0.05, Unit.RATE, "0.05/s"),
        (1.5 * 2**30, Unit.BYTES, "1.5GiB"),
        (20, Unit.COUNT, "20"),
        (-0.5, Unit.SCORE, "-0.5"),
    ],
)
def test_a_number_is_written_as_people_write_it(value: float, unit: Unit, text: str) -> None:
    assert written(value, unit) == text


@given(st.sampled_from(Unit), st.floats(1e-6, 1e9))
def test_what_is_written_is_read_as_the_same_number(unit: Unit, value: float) -> None:
    value = float(round(value)) if unit is Unit.COUNT else value
    assert parse(written(value, unit), unit).value == pytest.approx(value, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0471234, Unit.RATIO, "4.71%"),
        (0.351234, Unit.DURATION, "351ms"),
        (400, Unit.DURATION, "6.67m"),
        (8.3e9, Unit.BYTES, "7.73GiB"),
        (1234567, Unit.COUNT, "1230000"),
        (0, Unit.RATE, "0/s"),
        (-0.02, Unit.RATIO, "-2%"),
    ],
)
def test_a_measured_number_is_told_in_three_figures(value: float, unit: Unit, text: str) -> None:
    assert readable(value, unit) == text
