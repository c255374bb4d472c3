"""Quantities with units: what a person writes (`300ms`, `2%`, `8GiB`) and the base-unit number a rule uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class QuantityError(ValueError):
    """A value that is not a quantity of the wanted unit; the message says what is allowed."""


class Unit(StrEnum):
    """What a parameter measures. The base unit of each is what the metric itself is in."""

    DURATION = "duration"  # seconds
    MILLISECONDS = "milliseconds"  # for metrics that are in milliseconds; written with a unit of time all the same
    MICROSECONDS = "microseconds"  # likewise
    WINDOW = "window"  # seconds, written into PromQL as a range such as 5m
    RATIO = "ratio"  # 0..1, written by people as a percentage
    PERCENT = "percent"  # 0..100, for metrics that are in percent already
    BYTES = "bytes"
    RATE = "rate"  # events a second
    COUNT = "count"  # a plain number of things
    SCORE = "score"  # a dimensionless figure of the service's own making


_SUFFIXES: dict[Unit, dict[str, float]] = {
    Unit.DURATION: {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800},
    Unit.MILLISECONDS: {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000},
    Unit.MICROSECONDS: {"us": 1, "ms": 1000, "s": 1_000_000, "m": 60_000_000},
    Unit.WINDOW: {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800},
    Unit.RATIO: {"%": 0.01},
    Unit.PERCENT: {"%": 1},
    Unit.BYTES: {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40},
    Unit.RATE: {"/s": 1, "/m": 1 / 60, "/h": 1 / 3600},
    Unit.COUNT: {"": 1},
    Unit.SCORE: {"": 1},
}

_EXAMPLES: dict[Unit, str] = {
    Unit.DURATION: "a duration such as 300ms, 30s, 5m, 1h or 15d",
    Unit.MILLISECONDS: "a duration such as 500ms, 30s or 10m",
    Unit.MICROSECONDS: "a duration such as 500us, 300ms or 1s",
    Unit.WINDOW: "a time range such as 5m or 1h",
    Unit.RATIO: "a percentage such as 2% or 0.5%",
    Unit.PERCENT: "a percentage such as 80%",
    Unit.BYTES: "a size such as 512MiB or 8GiB",
    Unit.RATE: "a rate such as 0.1/s or 6/m",
    Unit.COUNT: "a whole number such as 10",
    Unit.SCORE: "a number such as 0.8",
}

_NUMBER = re.compile(r"(?P<number>-?[0-9]+(?:\.[0-9]+)?)\s*(?P<suffix>[A-Za-z%/]*)")


@dataclass(frozen=True, order=True)
class Quantity:
    """A number in the base unit of `unit`, with the text it was written as."""

    value: float
    unit: Unit
    text: str

    def __str__(self) -> str:
        return self.text

    @property
    def number(self) -> str:
        """The base-unit number as PromQL and CloudWatch take it: no exponent, no trailing zeros."""
        return plain_number(self.value)


def example(unit: Unit) -> str:
    """What a person may write for `unit`, as a noun phrase for error messages."""
    return _EXAMPLES[unit]


def parse(written: object, unit: Unit) -> Quantity:
    """The quantity that `written` (text, or a number where the unit is a count or score) stands for.

    Raises QuantityError where the unit is missing, is another one, or the text is no number at all.
    """
    if isinstance(written, bool) or not isinstance(written, str | int | float):
        raise QuantityError(example(unit))
    suffixes = _SUFFIXES[unit]
    text = str(written).strip()
    match = _NUMBER.fullmatch(text)
    if match is None or match["suffix"] not in suffixes:
        raise QuantityError(example(unit))
    value = round(float(match["number"]) * suffixes[match["suffix"]], 12)
    if unit is Unit.COUNT and not value.is_integer():
        raise QuantityError(example(unit))
    return Quantity(value, unit, text)


def plain_number(value: float) -> str:
    """`value` in the shortest positional notation: 8589934592, 0.05, 1."""
    return str(int(value)) if float(value).is_integer() else f"{value:.12f}".rstrip("0")


def seconds_text(seconds: float) -> str:
    """Seconds as the largest single unit that divides them, as Prometheus reads it: 300 → 5m, 7.5 → 7500ms."""
    for suffix, size in (("w", 604800), ("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % size == 0:
            return f"{int(seconds // size)}{suffix}"
    whole = float(seconds).is_integer()
    return f"{int(seconds)}s" if whole else f"{round(seconds * 1000)}ms"


def written(value: float, unit: Unit) -> str:
    """`value`, in the base unit, as a person would write it: the shortest text that `parse` reads as the same number
    (350ms rather than 0.35s, 90s rather than 1.5m)."""
    fitting = [item for item in _usual_suffixes(unit) if abs(value) >= item[1]] or _usual_suffixes(unit)[-1:]
    return min((f"{plain_number(round(value / size, 10))}{suffix}" for suffix, size in fitting), key=len)


def readable(value: float, unit: Unit) -> str:
    """`value`, in the base unit, as it is told to people: three significant figures of the largest suffix it fills."""
    suffixes = _usual_suffixes(unit)
    suffix, size = next((item for item in suffixes if abs(value) >= item[1]), suffixes[-1])
    return f"{plain_number(float(f'{value / size:.3g}'))}{suffix}"


def _usual_suffixes(unit: Unit) -> list[tuple[str, float]]:
    """The suffixes that people choose from, greatest first: rates are told by the second, and times not in weeks."""
    unusual = ("/m", "/h", "w")
    return sorted((item for item in _SUFFIXES[unit].items() if item[0] not in unusual), key=lambda item: -item[1])
