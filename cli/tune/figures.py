"""The figures that people write for a threshold: 2.5%, 350ms, 12GiB; never 2.4713%."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from math import floor, log10

from alert_rules.model import Parameter
from alert_rules.quantities import Quantity, QuantityError, Unit, written

_DECIMAL = (1, 1.2, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9)
"""Within each power of ten: no two neighbours further apart than 25 %, but for 1 and 2 of what is counted whole."""

_NEAR_ALL = (55, 65, 75, 85, 92, 95, 96, 97, 98, 99, 99.5, 99.9)
"""Per cent: beside those of each power of ten where 10 % more would be everything."""

_BINARY = (1, 1.25, 1.5, 1.75, 2, 2.5, 3, 3.5, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96)
_BINARY_HUNDREDS = (112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896)
"""Within each power of 1,024."""

_MINUTES = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 45, 50)
_HOURS = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 12, 16, 18)
_DAYS = (1, 1.5, 2, 3, 4, 5, 6, 7, 10, 14, 21, 28, 30, 45, 60, 90, 120, 180, 270, 365)
_SECONDS = {Unit.DURATION: 1.0, Unit.MILLISECONDS: 1e3, Unit.MICROSECONDS: 1e6}
"""How many of the base unit are a second."""


def looser(parameter: Parameter, current: Quantity, beyond: float, *, rising: bool) -> Iterator[Quantity]:
    """The figures that people write from `current` on, towards where the alert fires less: up where it is `rising`
    (`> threshold`), else down. The nearest comes first; some lie past `beyond`, a value in the base unit, as far as the
    parameter allows it, and its utmost is among them. A threshold of zero or less has none."""
    if current.value <= 0:
        return
    limit = parameter.max if rising else parameter.min
    utmost = [] if limit is None else [parameter.resolve(limit)]
    low, high = (current.value, max(beyond, current.value)) if rising else (max(beyond, 0), current.value)
    # Ten times more on either side, so that figures lie past `beyond`; downwards, past zero there are none.
    grid = _values(current.unit, max(low / 10, current.value * _LEAST), high * 10)
    figures = {figure.value: figure for value in grid for figure in _allowed(parameter, value)}
    for figure in utmost:
        figures.setdefault(figure.value, figure)
    for value in sorted(figures, reverse=not rising):
        if (value > current.value) if rising else (value < current.value):
            yield figures[value]


_LEAST = 1e-4
"""How far down figures are looked for, as a share of the present threshold: what is less is as good as none."""


def _allowed(parameter: Parameter, value: float) -> Iterator[Quantity]:
    """The figure of that value, unless it is beyond what is allowed or a part of what is counted whole."""
    with suppress(QuantityError):
        yield parameter.resolve(written(value, parameter.unit))


def _values(unit: Unit, low: float, high: float) -> Iterator[float]:
    match unit:
        case Unit.RATIO | Unit.PERCENT:
            scale = 0.01 if unit is Unit.RATIO else 1.0
            yield from (scale * value for value in (*_decades(low / scale, high / scale), *_NEAR_ALL))
        case Unit.BYTES:
            for power in range(0, 50, 10):
                yield from (2.0**power * value for value in (*_BINARY, *_BINARY_HUNDREDS))
        case Unit.DURATION | Unit.MILLISECONDS | Unit.MICROSECONDS:
            scale = _SECONDS[unit]
            yield from (scale * value for value in _decades(low / scale, min(high / scale, 59)))
            for values, size in ((_MINUTES, 60), (_HOURS, 3600), (_DAYS, 86400)):
                yield from (scale * size * value for value in values)
        case _:
            yield from _decades(low, high)


def _decades(low: float, high: float) -> Iterator[float]:
    if low <= 0 or high < low:
        return
    for power in range(floor(log10(low)), floor(log10(high)) + 1):
        yield from (value * 10.0**power for value in _DECIMAL if value * 10.0**power <= high)
