"""What the rules on windows of up to a day must record: scenes of what other rules have recorded, and means and sums by
arithmetic that owes nothing to the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from statistics import fmean
from typing import TypeAlias

from alert_rules.slos import DAY, HOUR
from tests.alert_rules.slos.alone import Sample, Scene
from tests.alert_rules.slos.harness import MINUTE
from tests.alert_rules.slos.past import AVAILABILITY, PAUSED, Course, Past

Reading: TypeAlias = Callable[[Past, Course], list[float]]


def _of(window: float, step: float | None = None) -> Reading:
    return lambda past, course: past.looks(course, window, step) if step else past.samples(course, window)


def _ratio(rate: str, past: Past, read: Reading) -> Scene:
    """Bad events over events: a busy moment counts for more than a quiet one."""
    return _scene(rate, past, lambda bad, events: sum(read(past, bad)) / sum(read(past, events)))


def _mean(what: int, past: Past, read: Reading) -> Scene:
    return _scene("rate5m", past, lambda *courses: fmean(read(past, courses[what])))


def _summed(what: int | None, window: float = DAY) -> Scene:
    """Each step of five minutes: the events that it stands for, or the seconds."""
    read = _of(window, 5 * MINUTE)

    def value(*courses: Course) -> float:
        return 300 * (len(read(MINUTES, courses[1])) if what is None else sum(read(MINUTES, courses[what])))

    return _scene("rate5m", MINUTES, value)


def _scene(rate: str, past: Past, value: Callable[[Course, Course], float]) -> Scene:
    """Two services, of one of which nothing is known of the twenty minutes before the last quarter of an hour."""
    courses = {AVAILABILITY: _courses(past, 17), PAUSED: _courses(past, 23, pause=(15 * MINUTE, 35 * MINUTE))}
    series = {
        f"slo:{what}:{rate}{labels}": course
        for labels, both in courses.items()
        for what, course in zip(("errors", "events"), both, strict=True)
    }
    return Scene(past.interval, past.at, series, {labels: value(*both) for labels, both in courses.items()})


def _courses(past: Past, ripple: int, pause: tuple[float, float] = (0, 0)) -> tuple[Course, Course]:
    """Bad events and events: a ripple on both, and a spike of bad ones now and then; none recorded in the pause."""
    count = int(past.at / past.interval) + 1
    known = [n for n in range(count) if not pause[0] <= past.at - n * past.interval < pause[1]]
    bad: list[Sample] = [None] * count
    events: list[Sample] = [None] * count
    for n in known:
        bad[n] = 3.0 + n * n % ripple + 200 * (n % 97 == 5)
        events[n] = 1000.0 + n * 37 % 101 + n // 7
    return bad, events


MINUTES = Past(MINUTE, 27 * HOUR)

SCENES: Mapping[str, Callable[[], Scene]] = {
    "slo:errors:ratio_rate5m": partial(_ratio, "rate5m", MINUTES, _of(MINUTE)),
    "slo:errors:ratio_rate30m": partial(_ratio, "rate5m", MINUTES, _of(30 * MINUTE)),
    "slo:errors:rate1h": partial(_mean, 0, MINUTES, _of(HOUR)),
    "slo:events:rate1h": partial(_mean, 1, MINUTES, _of(HOUR)),
    "slo:errors:ratio_rate1h": partial(_ratio, "rate1h", MINUTES, _of(MINUTE)),
    "slo:errors:ratio_rate2h": partial(_ratio, "rate5m", MINUTES, _of(2 * HOUR, 5 * MINUTE)),
    "slo:errors:ratio_rate6h": partial(_ratio, "sum6h", MINUTES, _of(MINUTE)),
    "slo:errors:sum1h": partial(_summed, 0, HOUR),
    "slo:errors:sum6h": partial(_summed, 0, 6 * HOUR),
    "slo:events:sum6h": partial(_summed, 1, 6 * HOUR),
    "slo:errors:sum1d": partial(_summed, 0),
    "slo:events:sum1d": partial(_summed, 1),
    "slo:measured:sum1d": partial(_summed, None),
}
