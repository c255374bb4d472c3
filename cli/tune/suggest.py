"""What threshold would have made few enough pages. Pure.

Suggestions only ever loosen. A threshold says what users can bear, and history says no more than what is usual: that a
service has never failed is no reason to call somebody at its first error, whereas an alert that calls people more often
than they can act on teaches them not to look. That a threshold is far from anything measured is told, and left at that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite

from alert_rules.model import Parameter
from alert_rules.quantities import Quantity
from cli.tune import figures
from cli.tune.simulate import Rule, Series, episodes, narrowed, pages

FAR = 10.0
"""A threshold so many times beyond the most extreme value is far away from all that was measured."""

MARGIN = 0.1
"""Pages must be few enough even where a figure falls this much short of its way from the present threshold: what comes
again a little louder is to be no page either, and a figure that only just passed would be one.
"""


class Verdict(StrEnum):
    """What history says of a threshold."""

    KEEP = "keep"
    FAR_AWAY = "far_away"
    LOOSEN = "loosen"
    NOTHING_HELPS = "nothing_helps"


@dataclass(frozen=True)
class Finding:
    """What was measured of an alert for one service, how often it fired, and what to make of it.

    Values are in the threshold's base unit. `tail` is what 99 of 100 values stay on the quiet side of; `worst` is the
    loudest value. They are of finite values, and None where there was none. `fired_then` is the pages at `suggested`.
    """

    samples: int
    median: float | None
    tail: float | None
    worst: float | None
    fired: int
    firing_seconds: float
    verdict: Verdict
    suggested: Quantity | None = None
    fired_then: int | None = None


def finding(
    series: Sequence[Series], rule: Rule, parameter: Parameter, threshold: Quantity, allowed: int
) -> Finding | None:
    """What the series of one service say of the threshold, where `allowed` pages were few enough in that time; None
    where they hold no value."""
    rising = rule.operator[0] == ">"
    # Infinite is not a measure: the alert fires there by another of its conditions.
    values = sorted((v for one in series for v in one.values if isfinite(v)), reverse=not rising)
    samples = sum(len(one.values) for one in series)
    if not samples:
        return None
    held = [narrowed(one, rule, threshold.value) for one in series]
    fired = pages(held, rule, threshold.value)
    seconds = sum(end - start for start, end in episodes(held, rule, threshold.value))
    median, tail, worst = (_quantile(values, share) for share in (0.5, 0.99, 1))
    measured = Finding(samples, median, tail, worst, fired, seconds, Verdict.KEEP)
    if fired <= allowed:
        far = worst is not None and fired == 0 and _far(worst, threshold.value, rising=rising)
        return replace(measured, verdict=Verdict.FAR_AWAY) if far else measured
    beyond = worst if worst is not None else threshold.value
    for figure in figures.looser(parameter, threshold, beyond, rising=rising):
        then = pages(held, rule, figure.value)
        nearer = figure.value - MARGIN * (figure.value - threshold.value)
        if then <= allowed and pages(held, rule, nearer) <= allowed:
            return replace(measured, verdict=Verdict.LOOSEN, suggested=figure, fired_then=then)
    return replace(measured, verdict=Verdict.NOTHING_HELPS)


def _far(worst: float, threshold: float, *, rising: bool) -> bool:
    return threshold >= FAR * worst if rising else worst >= FAR * threshold


def _quantile(ordered: Sequence[float], share: float) -> float | None:
    """The value that `share` of them do not go past: one that was measured, as none between two was."""
    if not ordered:
        return None
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
