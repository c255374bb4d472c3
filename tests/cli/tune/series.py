"""Series for the tests of what is reckoned from them."""

from __future__ import annotations

from collections.abc import Sequence

from cli.tune.simulate import Rule, Series

START = 1_700_000_100.0


def series(step: float, values: Sequence[float | None]) -> Series:
    """A value each `step` seconds; None where there is none."""
    pairs = [(START + n * step, value) for n, value in enumerate(values) if value is not None]
    return Series({}, [time for time, _ in pairs], [value for _, value in pairs])


MINUTELY = Rule(">", 120.0, 60.0)
"""Fires where a condition has held for two minutes, looked at each minute."""
