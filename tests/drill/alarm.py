"""What CloudWatch makes of a metric alarm, minute by minute: nothing here can ask CloudWatch itself.

As its user guide says under "Configuring how CloudWatch alarms treat missing data": a period without data counts as the
alarm's `treat_missing_data` says; the alarm fires when every one of the last `evaluation_periods` breaches.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_BREACHES: Mapping[str, Callable[[float, float], bool]] = {
    "LessThanThreshold": operator.lt,
    "GreaterThanThreshold": operator.gt,
}


def fires_after(alarm: Mapping[str, Any], sums: Sequence[float | None]) -> int | None:
    """Index of the period with which the alarm goes into ALARM, of the metric's sums by period (None: no data)."""
    breaches = _BREACHES[alarm["comparisonOperator"]]
    needed = int(alarm["evaluationPeriods"])
    run = 0
    for index, value in enumerate(sums):
        breaching = alarm["treatMissingData"] == "breaching" if value is None else breaches(value, alarm["threshold"])
        run = run + 1 if breaching else 0
        if run >= needed:
            return index
    return None


def per_period(moments: Sequence[float], *, start: float, end: float, period: float) -> list[float | None]:
    """How many moments fall into each whole period from `start` to `end`; None for none, as SNS publishes no zeros."""
    counts = [0] * int((end - start) // period)
    for moment in moments:
        index = int((moment - start) // period)
        if 0 <= index < len(counts):
            counts[index] += 1
    return [float(count) if count else None for count in counts]
