"""Whose samples the scenes of what other rules have recorded hold, and what can be read of samples at a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tests.alert_rules.slos.alone import Sample
from tests.alert_rules.slos.harness import MINUTE

SERVICES = ("shop", "mill", "port")
AVAILABILITY, PAUSED, AWAY = (f'{{service="{service}",team="web",slo="availability"}}' for service in SERVICES)

Course: TypeAlias = Sequence[Sample]
"""Samples, the first at 0."""


@dataclass(frozen=True)
class Past:
    """What can be read of samples each `interval` seconds at the moment `at`."""

    interval: float
    at: float

    def samples(self, course: Course, window: float) -> list[float]:
        """The samples of so many seconds."""
        return self._between(course, self.at - window, self.at)

    def looks(self, course: Course, window: float, step: float) -> list[float]:
        """What is seen by looking at each full `step` of so many seconds: the newest sample, if of the last five minutes."""
        first = (self.at - window) // step + 1
        marks = [(first + n) * step for n in range(int(self.at // step - first) + 1)]
        seen = (self._between(course, mark - 5 * MINUTE, mark) for mark in marks)
        return [recent[-1] for recent in seen if recent]

    def _between(self, course: Course, after: float, until: float) -> list[float]:
        recent = course[max(0, int(after // self.interval) + 1) : int(until // self.interval) + 1]
        return [float(value) for value in recent if value is not None]
