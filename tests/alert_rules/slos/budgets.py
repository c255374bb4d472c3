"""What the rules on objectives, budgets and windows of several days must record: scenes of what other rules have recorded,
and sums and shares by arithmetic that owes nothing to the rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

from alert_rules.slos import DAY, HOUR
from tests.alert_rules.slos.alone import OBJECTIVES, Sample, Scene
from tests.alert_rules.slos.harness import MINUTE
from tests.alert_rules.slos.past import AVAILABILITY, AWAY, PAUSED, SERVICES, Course, Past

ORDERS = tuple(f'{{service="{service}",team="web",slo="orders"}}' for service in SERVICES)
FULL: Mapping[int, Sequence[str]] = {5: (AVAILABILITY, PAUSED, AWAY), 3: ORDERS}
"""Objectives by the days of their window."""
NEW = {5: '{service="shop",team="web",slo="latency"}', 3: '{service="new",team="web",slo="orders"}'}
SILENT = {5: '{service="shop",team="web",slo="quality"}', 3: '{service="silent",team="web",slo="orders"}'}


def objective(name: str) -> Scene:
    [each] = [objective for objective in OBJECTIVES if objective.name == name]
    window = f"{each.window / DAY:.0f}d"
    labels = f'{{service="{each.service}",team="{each.team}",slo="{name}",window="{window}"}}'
    return Scene(MINUTE, HOUR, {}, {labels: each.objective})


DECLARED = {
    **dict.fromkeys(FULL[5], (0.99, 5)),
    **dict.fromkeys(FULL[3], (0.9, 3)),
    NEW[5]: (0.95, 5),
    NEW[3]: (0.8, 3),
    SILENT[5]: (0.999, 5),
    SILENT[3]: (0.995, 3),
}
"""Objectives, and the days over which each is to be met."""


def _declared(count: int) -> dict[str, Course]:
    return {
        f'slo:objective:ratio{labels[:-1]},window="{days}d"}}': _only_now(objective, count)
        for labels, (objective, days) in DECLARED.items()
    }


def _only_now(value: float, count: int) -> Course:
    """The last of so many samples, and the first, from which on promtool's store takes any: what does not change is not
    written down for weeks, which takes promtool its time."""
    return [value, *[None] * (count - 2), value]


def _seconds(labels: str) -> float:
    """The time of complete failure that an objective allows."""
    objective, days = DECLARED[labels]
    return (1 - objective) * days * DAY


def _budget() -> Scene:
    return Scene(MINUTE, HOUR, _declared(61), {labels: _seconds(labels) for labels in DECLARED})


def _carried(metric: str) -> Scene:
    """What was four hours after the beginning, written down again two days later."""
    count = 5 * 60
    values = [100.0 + n * 31 % 101 + n for n in range(count)]
    # Prometheus paused over that moment: since 175 minutes before it, or since 185, which is more than three hours.
    paused, away = ([v if n <= last or n > 245 else None for n, v in enumerate(values)] for last in (65, 55))
    series = {f"{metric}{labels}": c for labels, c in ((AVAILABILITY, values), (PAUSED, paused), (AWAY, away))}
    return Scene(MINUTE, 2 * DAY + 4 * HOUR, series, {AVAILABILITY: values[240], PAUSED: values[65]})


PARTS = (("", 2), ("_ago2d", 2), ("_ago4d", 1))
"""How many days of a window of five each series holds when samples are kept for three."""

DAILY = ("errors", "events", "measured")
"""What is known of a day: bad events, events, and seconds in which they were measured."""

Day: TypeAlias = Mapping[str, float]

ON_TIME, PAUSED_BEFORE, AWAY_TOO_LONG = range(3)
"""Whether a day was written down at the moment that it is read for (and otherwise before), or last 175 minutes before,
as when Prometheus paused, or last 185 minutes before, which is too long ago."""


def _case(number: int, day: int) -> int:
    """Of three objectives of successive numbers, one is in each case on any day."""
    return (number + day) % 3


def _level(number: int, day: int) -> Day:
    level = (day * 37 + number * 11) % 101
    return {"errors": 2.0 + level, "events": 900.0 + 7 * level, "measured": DAY / 2 if day % 5 == 1 else DAY}


def _known(number: int, days: int) -> list[Day]:
    """What a window of so many days counts of an objective."""
    return [_level(number, day) for day in range(days) if _case(number, day) != AWAY_TOO_LONG]


def _daily(
    past: Past, number: int, days: Sequence[int], suffix: str = "", labels: str = AVAILABILITY
) -> dict[str, Course]:
    """The daily series of an objective around the moment and each day before it, of which the first is `days[0]` for the
    window: what is between is read by nobody."""
    series: dict[str, list[Sample]] = {what: [0.0, *[None] * int(past.at / past.interval)] for what in DAILY}
    for place, day in enumerate(days):
        moment = past.at - place * DAY
        ago = {ON_TIME: 0, PAUSED_BEFORE: 175, AWAY_TOO_LONG: 185}[_case(number, day)] * MINUTE
        for what, course in series.items():
            course[int((moment - ago) / past.interval)] = _level(number, day)[what]
            if not ago:
                course[int((moment - 20 * MINUTE) / past.interval)] = 1e6
    return {f"slo:{what}:sum1d{suffix}{labels}": course for what, course in series.items()}


def _three_days(value: Callable[[list[Day]], float]) -> Scene:
    """Three objectives of which more is known, one of which today is, and one of which nothing is."""
    past = Past(MINUTE, 80 * HOUR)
    count = int(past.at / past.interval) + 1
    known = {**dict.fromkeys(FULL[5], 4), NEW[5]: 1}
    series: dict[str, Course] = {
        f"slo:budget:seconds{each}": _only_now(_seconds(each), count) for each in (*known, SILENT[5])
    }
    expected = {SILENT[5]: 0.0}
    for number, (labels, days) in enumerate(known.items()):
        series |= _daily(past, number, range(days), labels=labels)
        expected[labels] = value(_known(number, min(days, 3)))
    return Scene(past.interval, past.at, series, expected)


def _reckoned() -> Scene:
    """For each window, three objectives of which all is known, one that is new, and one of which nothing is known."""
    past = Past(MINUTE, 4 * DAY)
    count = int(past.at / past.interval) + 1
    series: dict[str, Course] = {
        **_declared(count),
        **{f"slo:budget:seconds{each}": _only_now(_seconds(each), count) for each in DECLARED},
    }
    expected = {}
    for window in FULL:
        for number, labels in enumerate((*FULL[window], NEW[window])):
            days = 1 if labels == NEW[window] else window
            first = 0
            for suffix, length in PARTS:
                if first < days:
                    here = 1 if days == 1 else length + 1  # one more than is read
                    series |= _daily(past, number, range(first, first + here), suffix, labels)
                first += length
            known = _known(number, days)
            mean = _sum(known, "events") / _sum(known, "measured")
            expected[labels] = _sum(known, "errors") / mean / _seconds(labels)
    return Scene(past.interval, past.at, series, expected)


def _recent(value: Callable[..., float], *records: str) -> Scene:
    """Of what was recorded last, unless that is 25 minutes ago, be it of one of the records alone."""
    past = Past(MINUTE / 2, HOUR)
    series: dict[str, Course] = {}
    for number, record in enumerate(records):
        ages = {AVAILABILITY: (30, 20, 10), PAUSED: (24.5,), AWAY: (25,)}  # in minutes
        ages |= {labels: (25 if alone == number else 10,) for alone, labels in enumerate((NEW[5], SILENT[5]))}
        for labels, moments in ages.items():
            course: list[Sample] = [None] * int(past.at / past.interval + 1)
            for age in moments:
                course[int((past.at - age * MINUTE) / past.interval)] = age ** (number + 2)
            series[f"{record}{labels}"] = course
    last = {**_LAST, **({SILENT[5]: 10} if len(records) == 1 else {})}
    expected = {labels: value(*(age ** (n + 2) for n in range(len(records)))) for labels, age in last.items()}
    return Scene(past.interval, past.at, series, expected)


_LAST = {AVAILABILITY: 10, PAUSED: 24.5}
"""How many minutes ago it was last recorded, where that is not too long ago."""


def _sum(days: Sequence[Day], what: str) -> float:
    return sum(day[what] for day in days)


SCENES: Mapping[str, Callable[[], Scene]] = {
    "slo:errors:sum3d": partial(_three_days, lambda days: _sum(days, "errors")),
    "slo:events:sum3d": partial(_three_days, lambda days: _sum(days, "events")),
    **{
        f"slo:errors:ratio_rate{days}": partial(
            _recent, lambda errors, events: errors / events, f"slo:errors:sum{days}", f"slo:events:sum{days}"
        )
        for days in ("1d", "3d")
    },
    "slo:budget:seconds": _budget,
    **{
        f"slo:{what}:sum1d{suffix}": partial(_carried, f"slo:{what}:sum1d{newer}")
        for what in DAILY
        for newer, suffix in (("", "_ago2d"), ("_ago2d", "_ago4d"))
    },
    "slo:budget_spent:reckoned": _reckoned,
    "slo:budget_spent:ratio": partial(_recent, lambda spent: spent, "slo:budget_spent:reckoned"),
}
