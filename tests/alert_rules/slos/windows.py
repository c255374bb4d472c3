"""What the rules on windows, objectives and budgets must record: scenes of what other rules have recorded, and means, sums
and shares by arithmetic that owes nothing to the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from statistics import fmean
from typing import TypeAlias

from alert_rules.slos import DAY, HOUR
from tests.alert_rules.slos.alone import OBJECTIVES, Sample, Scene
from tests.alert_rules.slos.harness import MINUTE

AVAILABILITY = '{service="shop",team="web",slo="availability"}'
ORDERS = '{service="shop",team="web",slo="orders"}'
YOUNG = '{service="shop",team="web",slo="latency"}'
YOUNG_ORDERS = '{service="mill",team="web",slo="orders"}'
SILENT = '{service="shop",team="web",slo="quality"}'
PAUSED = '{service="mill",team="web",slo="availability"}'
AWAY = '{service="port",team="web",slo="availability"}'

Course: TypeAlias = Sequence[Sample]
"""Samples, the first at 0."""


@cache
def scene(record: str, name: str) -> Scene:
    """What the rule must record that records that, for the objective `name` where each has its own."""
    return _objective(name) if record == "slo:objective:ratio" else SCENES[record]()


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


# --- windows ----------------------------------------------------------------------------------------------

Reading: TypeAlias = Callable[[Past, Course], list[float]]


def _of(window: float, step: float | None = None) -> Reading:
    return lambda past, course: past.looks(course, window, step) if step else past.samples(course, window)


def _ratio(rate: str, past: Past, read: Reading) -> Scene:
    """Bad events over events: a busy moment counts for more than a quiet one."""
    return _scene(rate, past, lambda bad, events: sum(read(past, bad)) / sum(read(past, events)))


def _mean(what: int, past: Past, read: Reading) -> Scene:
    return _scene("rate5m", past, lambda *courses: fmean(read(past, courses[what])))


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
DAYS = Past(5 * MINUTE, 80 * HOUR)


# --- objectives and budgets -------------------------------------------------------------------------------


def _objective(name: str) -> Scene:
    [each] = [objective for objective in OBJECTIVES if objective.name == name]
    window = f"{each.window / DAY:.0f}d"
    labels = f'{{service="{each.service}",team="{each.team}",slo="{name}",window="{window}"}}'
    return Scene(MINUTE, HOUR, {}, {labels: each.objective})


DECLARED = {
    AVAILABILITY: (0.99, 30),
    ORDERS: (0.9, 28),
    YOUNG: (0.95, 30),
    YOUNG_ORDERS: (0.8, 28),
    SILENT: (0.999, 30),
}
"""Objectives, and the days over which each is to be met."""


def _declared(count: int) -> dict[str, Course]:
    return {
        f'slo:objective:ratio{labels[:-1]},window="{days}d"}}': _only_now(objective, count)
        for labels, (objective, days) in DECLARED.items()
    }


def _only_now(value: float, count: int) -> Course:
    """The last of so many samples: what does not change is not written down for weeks, which takes promtool its time."""
    return [*[None] * (count - 1), value]


def _seconds(labels: str) -> float:
    """The time of complete failure that an objective allows."""
    objective, days = DECLARED[labels]
    return (1 - objective) * days * DAY


def _budget() -> Scene:
    return Scene(MINUTE, HOUR, _declared(61), {labels: _seconds(labels) for labels in DECLARED})


def _carried(metric: str) -> Scene:
    """What was two hours after the beginning, written down again fourteen days later."""
    count = 3 * 60
    values = [100.0 + n * 37 % 101 + n for n in range(count)]
    # Prometheus paused over that moment: since 57 minutes before it, or since 63, which is an hour too much.
    paused, away = ([v if n <= last or n > 125 else None for n, v in enumerate(values)] for last in (63, 57))
    series = {f"{metric}{labels}": c for labels, c in ((AVAILABILITY, values), (PAUSED, paused), (AWAY, away))}
    return Scene(MINUTE, 14 * DAY + 2 * HOUR, series, {AVAILABILITY: values[120], PAUSED: values[63]})


PARTS = (("", 14), ("_ago14d", 14), ("_ago28d", 2))
"""How many days of a window of thirty each series holds when samples are kept for fifteen."""
LOOK = 20 * MINUTE
"""How far apart hours of the past are looked at; each look stands for so long."""


def _spent() -> Scene:
    """Two objectives of which all is known, two that are not a fortnight old, and one of which nothing is known."""
    past = Past(5 * MINUTE, 16 * DAY)
    count = int(past.at / past.interval) + 1
    series = {
        **_declared(count),
        **{f"slo:budget:seconds{each}": _only_now(_seconds(each), count) for each in DECLARED},
    }
    expected = {}
    for number, labels in enumerate((AVAILABILITY, ORDERS, YOUNG, YOUNG_ORDERS)):
        seen: dict[str, list[float]] = {"errors": [], "events": []}
        days = DECLARED[labels][1]
        known = 1 if labels in (YOUNG, YOUNG_ORDERS) else len(PARTS)
        for part, (suffix, length) in enumerate(PARTS[:known]):
            for what, looks in seen.items():
                course = _by_day(past, 3 * number + part, 900 if what == "events" else 2)
                series[f"slo:{what}:rate1h{suffix}{labels}"] = course
                looks += past.looks(course, min(length * DAY, days * DAY - len(looks) * LOOK), LOOK)
        expected[labels] = sum(seen["errors"]) * LOOK / (fmean(seen["events"]) * _seconds(labels))
    return Scene(past.interval, past.at, series, expected)


def _by_day(past: Past, number: int, least: float) -> Course:
    """A level of its own on each day."""
    days = (int(n * past.interval // DAY) for n in range(int(past.at / past.interval) + 1))
    return [least + (day * 37 + number * 11) % 101 for day in days]


SCENES: Mapping[str, Callable[[], Scene]] = {
    "slo:errors:ratio_rate5m": partial(_ratio, "rate5m", MINUTES, _of(MINUTE)),
    "slo:errors:ratio_rate30m": partial(_ratio, "rate5m", MINUTES, _of(30 * MINUTE)),
    "slo:errors:rate1h": partial(_mean, 0, MINUTES, _of(HOUR)),
    "slo:events:rate1h": partial(_mean, 1, MINUTES, _of(HOUR)),
    "slo:errors:ratio_rate1h": partial(_ratio, "rate1h", MINUTES, _of(MINUTE)),
    "slo:errors:ratio_rate2h": partial(_ratio, "rate5m", MINUTES, _of(2 * HOUR, 5 * MINUTE)),
    "slo:errors:ratio_rate6h": partial(_ratio, "rate5m", MINUTES, _of(6 * HOUR, 5 * MINUTE)),
    "slo:errors:ratio_rate1d": partial(_ratio, "rate5m", MINUTES, _of(DAY, 5 * MINUTE)),
    "slo:errors:ratio_rate3d": partial(_ratio, "rate1h", DAYS, _of(3 * DAY, LOOK)),
    "slo:budget:seconds": _budget,
    "slo:errors:rate1h_ago14d": partial(_carried, "slo:errors:rate1h"),
    "slo:events:rate1h_ago14d": partial(_carried, "slo:events:rate1h"),
    "slo:errors:rate1h_ago28d": partial(_carried, "slo:errors:rate1h_ago14d"),
    "slo:events:rate1h_ago28d": partial(_carried, "slo:events:rate1h_ago14d"),
    "slo:budget_spent:ratio": _spent,
}
