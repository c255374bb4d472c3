"""How often an alert would have fired, from the values that it measured. Pure: no clock, no network.

It is the firing that is counted. Whether somebody was told is up to Alertmanager, which also inhibits and mutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from operator import ge, gt, le, lt

ONE_PAGE = 300.0
"""Seconds. An alert that is quiet for less before it fires again for its service is the same page: whoever was called
is still there, and Alertmanager tells of it within the same group (its `group_interval` is up to 5m for what people are
notified of)."""

STILL_THERE = 86400.0
"""Seconds. What fires for longer counts as one page more for each day: it is told again (no `repeat_interval` is longer
than 1d), and to whoever is on call by then. Else an alert that never ceases would count as the quietest."""

HOLDS = {">": gt, ">=": ge, "<": lt, "<=": le}

Interval = tuple[float, float]
"""From and until, in seconds of Unix time."""


@dataclass(frozen=True)
class Rule:
    """How values become firing: the comparison, for how many seconds it must hold, and how many seconds lie between two
    values, which is what all of this is exact to."""

    operator: str
    hold: float
    step: float


@dataclass(frozen=True)
class Series:
    """What one series measured: ascending times in seconds, and the value at each. Where a step is left out, the
    alert's other conditions did not hold, or there was nothing to measure."""

    labels: Mapping[str, str]
    times: Sequence[float]
    values: Sequence[float]


def narrowed(series: Series, rule: Rule, threshold: float) -> Series:
    """The series at those moments alone at which its values are beyond the threshold: all that can fire at this one or
    at any looser."""
    holds = HOLDS[rule.operator]
    kept = [(time, value) for time, value in zip(series.times, series.values, strict=True) if holds(value, threshold)]
    return Series(series.labels, [time for time, _ in kept], [value for _, value in kept])


def firing(series: Series, rule: Rule, threshold: float) -> Iterator[Interval]:
    """When the alert fires for the series: from the moment at which the condition has held for long enough, until the
    first at which it does not hold."""
    held = narrowed(series, rule, threshold).times
    start = 0
    for n in range(1, len(held) + 1):
        # Times lie on a grid, so half a step tells the next of it from one later.
        if n == len(held) or held[n] - held[n - 1] > 1.5 * rule.step:
            if held[n - 1] - held[start] >= rule.hold:
                yield held[start] + rule.hold, held[n - 1] + rule.step
            start = n


def episodes(of_a_service: Iterable[Series], rule: Rule, threshold: float) -> list[Interval]:
    """When the alert fires for a service, whichever of its series it is for; what is ONE_PAGE is one episode."""
    found: list[Interval] = []
    for start, end in sorted(interval for series in of_a_service for interval in firing(series, rule, threshold)):
        if found and start - found[-1][1] < ONE_PAGE:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def pages(of_a_service: Iterable[Series], rule: Rule, threshold: float) -> int:
    """How many pages the alert makes for a service.

    A looser threshold fires for less time, yet it can make more pages: it may cut one long episode into several.
    """
    return sum(ceil((end - start) / STILL_THERE) for start, end in episodes(of_a_service, rule, threshold))
