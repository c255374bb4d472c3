"""How often series are scraped and rules evaluated: what windows and holds are measured by. All in seconds."""

from __future__ import annotations

SCRAPE_INTERVAL = 15.0
"""Between two scrapes of a target that sets no interval of its own: the source's `scrape_interval: 15s`."""

EVALUATION_INTERVAL = 15.0
"""Between two evaluations of a Prometheus rule that asks for nothing else: the source's `evaluation_interval: 15s`."""

SLI_INTERVAL = 60.0
"""Between two evaluations of what objectives are measured by, over windows of up to an hour."""

LOG_EVALUATION_INTERVAL = 60.0
"""Between two evaluations of a log rule, Loki's own default: each reads the lines of its whole window again."""

LONGEST_HOLD = 86400.0
"""A condition that must hold for more than a day pages nobody in time: the limit of CloudWatch's own evaluation."""

_INTERVALS = (30.0, 60.0, 150.0, 180.0)
"""Intervals of alerts that can wait. None is longer: a series that is written less often than every 5 minutes (as far
as Prometheus looks back) comes and goes, and that of the alert itself, ALERTS, is written at each evaluation."""

RECORDING_INTERVAL = 600.0
"""Between two evaluations of what is recorded since it reaches far back, and so is both costly and slow to change."""

RECORDING_LOOKBACK = 1500.0
"""How old it may be where it is read: one evaluation may be missed, and the next be late."""

_LOOKS, _LOOKS_URGENT = 2, 4
"""Evaluations, at least, within the time for which a condition must hold: for what can wait until the morning, and for
what cannot."""


def evaluation_interval(hold: float, *, urgent: bool) -> float:
    """Seconds between two evaluations of a Prometheus alert whose condition must hold for `hold` seconds: the longest
    interval that goes into it so many times. To look more often costs as much each time, and the alert could not fire
    much sooner. It goes into it evenly, so that the alert fires when it has held and not an evaluation later."""
    least = _LOOKS_URGENT if urgent else _LOOKS
    fitting = (interval for interval in _INTERVALS if interval * least <= hold and hold % interval == 0)
    return max([EVALUATION_INTERVAL, *fitting])
