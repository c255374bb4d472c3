"""Service level objectives: the recording rules from which burn rates, error budgets and their alerts are read.

For each objective, events and bad events a second are recorded over five minutes. Every longer window is an average or
a sum of these (of both, so that a busy hour counts for more than a quiet one), by one rule for all objectives together.
The alerts on them are rules like any other (prometheus/slos.yaml).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import Any

from pydantic import model_validator

from alert_rules import promql, yaml12
from alert_rules.compilers.common import of_services
from alert_rules.compilers.rules import Rule, recording_file, recording_rule
from alert_rules.model import Definition
from alert_rules.quantities import Quantity, Unit, seconds_text
from alert_rules.timing import RECORDING_INTERVAL, RECORDING_LOOKBACK, SLI_INTERVAL

HOUR, DAY = 3600.0, 86400.0

SHORTEST_WINDOW = 300.0
"""Seconds over which events are counted: the short window of the fastest alert."""

FILE = "slis.yaml"
"""The rule file's name; that of the alerts on it is slos.yaml."""

FAST, SLOW = seconds_text(SLI_INTERVAL), "2m"
"""How often windows of up to an hour are evaluated, and longer ones. A series that is written less often than every 5
minutes would come and go, also where one evaluation is missed."""

_SELDOM, RECENT = seconds_text(RECORDING_INTERVAL), seconds_text(RECORDING_LOOKBACK)
"""How often sums of days are, which take a look at each five minutes of a day; and how old they may be where they are
read, so that what is read of them is always there."""

_PAUSE = "3h"
"""For how long Prometheus may pause: a day that was to be read at a moment in the pause is read as it was before."""

_ERRORS, _EVENTS, _MEASURED = _DAILY = ("slo:errors:sum1d", "slo:events:sum1d", "slo:measured:sum1d")
"""Of the day up to each moment: bad events, events, and the seconds in which they were measured. Longer windows are
sums of these, a day apart, so that of thirty days thirty samples are read."""

_RECKONED = "slo:budget_spent:reckoned"
"""What of a budget is spent, every ten minutes."""


class SliKind(Definition):
    """What an objective can be about, as PromQL: events a second, and of these the bad ones or the good ones."""

    title: str
    threshold: Unit | None = None
    events: str
    errors: str | None = None
    good: str | None = None

    @model_validator(mode="after")
    def _bad_or_good(self) -> SliKind:
        if (self.errors is None) == (self.good is None):
            raise ValueError("exactly one of `errors` and `good`")
        return self


@cache
def kinds() -> Mapping[str, SliKind]:
    """Every kind by its name. Raises ValidationError where alert_rules/slis.yaml holds something else."""
    path = Path(__file__).parent / "slis.yaml"
    content: Mapping[str, Any] = yaml12.load(path.read_text(encoding="utf-8"))
    return {name: SliKind(**entry) for name, entry in content.items()}


RATIO = "ratio"
"""The kind of an objective on counters that the settings name."""


@dataclass(frozen=True)
class Objective:
    """A declared objective of a service.

    `objective` is the share of events (0..1) that must be good over `window` seconds. `threshold` is what the kind
    compares with; `errors` and `events` are the counters of kind `ratio`.
    """

    service: str
    team: str
    name: str
    kind: str
    objective: float
    window: float
    threshold: Quantity | None = None
    errors: str = ""
    events: str = ""


def recording_rules(objectives: Sequence[Objective], retention: float) -> Mapping[str, Mapping[str, Any]]:
    """The rule file of the objectives, by its name; none where there are none. Prometheus keeps samples for `retention`
    seconds, a day and an hour at least."""
    if not objectives:
        return {}
    periods = sorted({objective.window for objective in objectives})
    groups = {
        "slis": (FAST, [*_events(objectives), *_short_windows()]),
        "slis-long": (SLOW, [*_objectives(objectives), _budget(periods), *_long_windows()]),
        "slis-days": (_SELDOM, [*_days_recorded(), *_carried(max(periods), retention), _reckoned(periods, retention)]),
        "slis-of-days": (SLOW, list(_of_days())),
    }
    return recording_file(FILE, groups)


# --- events -----------------------------------------------------------------------------------------------


def _events(objectives: Sequence[Objective]) -> Iterator[Rule]:
    """Events and bad events of each objective: one rule for all services that count the same."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for each in objectives:
        alike.setdefault((each.name, *_expressions(each)), []).append(each.service)
    for (name, events, errors), services in alike.items():
        selector = of_services(sorted(set(services)))
        for record, expression in (("slo:events:rate5m", events), ("slo:errors:rate5m", errors)):
            yield recording_rule(record, Template(expression).substitute(selector=selector), {"slo": name})


def _expressions(objective: Objective) -> tuple[str, str]:
    """Events and bad events a second over five minutes, with $selector left open."""
    if objective.kind == RATIO:
        events, errors = (_rate_of(counter) for counter in (objective.events, objective.errors))
        return events, _or_none(errors, events)
    kind = kinds()[objective.kind]
    known = {"window": seconds_text(SHORTEST_WINDOW), **_threshold(objective.threshold)}
    events, counted = (Template(text).safe_substitute(known) for text in (kind.events, kind.errors or kind.good or ""))
    return events, _or_none(counted, events) if kind.errors else f"{events}\n-\n{counted}"


def _or_none(errors: str, events: str) -> str:
    # A counter that has never counted has no series; nothing was bad then.
    return f"{errors}\nor\n0 * {events}"


def _threshold(threshold: Quantity | None) -> dict[str, str]:
    if threshold is None:
        return {}
    # Client libraries write a bucket of one second as 1 or 1.0; Prometheus 3 scrapes both as 1.0.
    bucket = re.escape(threshold.number).replace("\\", "\\\\")
    return {"threshold": threshold.number, "bucket": bucket + ("" if "." in threshold.number else r"(\\.0)?")}


def _rate_of(counter: str) -> str:
    """The rate of a counter that the settings name, of $selector's services. The counter must be free of `problem`."""
    series = promql.selector(counter)
    matchers = ",".join(["$selector", *(text.replace("$", "$$") for text in series.matchers)])
    return f"sum by (service, team) (rate({series.metric}{{{matchers}}}[{seconds_text(SHORTEST_WINDOW)}]))"


def counter_problem(counter: str) -> str | None:
    """What is allowed instead of that text as a counter of kind `ratio`, or None where it is one."""
    allowed = 'one counter with its labels, such as orders_total{status="failed"}, without service and team'
    try:
        series = promql.selector(counter)
    except ValueError:
        return allowed
    return allowed if {"service", "team"} & series.labels else None


# --- windows ----------------------------------------------------------------------------------------------


def _short_windows() -> Iterator[Rule]:
    yield _ratio("5m", "slo:errors:rate5m", "slo:events:rate5m")
    yield _ratio("30m", *_averages("rate5m[30m]"))
    for what, average in zip(("errors", "events"), _averages("rate5m[1h]"), strict=True):
        yield recording_rule(f"slo:{what}:rate1h", average)
    yield _ratio("1h", "slo:errors:rate1h", "slo:events:rate1h")
    yield _summed("slo:errors:sum1h", "sum_over_time(slo:errors:rate5m[1h:5m])")


def _long_windows() -> Iterator[Rule]:
    yield _ratio("2h", *_averages("rate5m[2h:5m]"))
    for what in ("errors", "events"):
        yield _summed(f"slo:{what}:sum6h", f"sum_over_time(slo:{what}:rate5m[6h:5m])")
    yield _ratio("6h", "slo:errors:sum6h", "slo:events:sum6h")


def _days_recorded() -> Iterator[Rule]:
    yield _summed(_ERRORS, "sum_over_time(slo:errors:rate5m[1d:5m])")
    yield _summed(_EVENTS, "sum_over_time(slo:events:rate5m[1d:5m])")
    yield _summed(_MEASURED, "count_over_time(slo:events:rate5m[1d:5m])")
    for what in ("errors", "events"):
        yield recording_rule(f"slo:{what}:sum3d", _over_days(f"slo:{what}:sum1d", [("", day) for day in range(3)]))


def _of_days() -> Iterator[Rule]:
    """What is read of sums of days, written down so often that it is always there."""
    for days in ("1d", "3d"):
        yield _ratio(days, *(f"last_over_time(slo:{what}:sum{days}[{RECENT}])" for what in ("errors", "events")))
    yield recording_rule("slo:budget_spent:ratio", f"last_over_time({_RECKONED}[{RECENT}])")


def _over_days(daily: str, days: Sequence[tuple[str, int]]) -> str:
    """The sum of a daily series over days, each by the suffix of the series that knows it and how many days that lies
    back. A day of which nothing is known counts for nothing."""
    return "\n+ ".join(f"({_day(daily + suffix, ago)} or 0 * slo:budget:seconds)" for suffix, ago in days)


def _day(series: str, ago: int) -> str:
    return f"last_over_time({series}[{_PAUSE}]" + (f" offset {ago}d)" if ago else ")")


def _summed(record: str, looks: str) -> Rule:
    """Of a sum or a number of looks five minutes apart, the events, or the seconds, that they stand for: rates over
    five minutes then follow each other without a gap and without overlapping."""
    return recording_rule(record, f"{looks} * {SHORTEST_WINDOW:.0f}")


def _averages(series: str) -> tuple[str, str]:
    return f"avg_over_time(slo:errors:{series})", f"avg_over_time(slo:events:{series})"


def _ratio(window: str, errors: str, events: str) -> Rule:
    return recording_rule(f"slo:errors:ratio_rate{window}", f"{errors} / {events}")


# --- objectives and budgets -------------------------------------------------------------------------------


def _objectives(objectives: Sequence[Objective]) -> Iterator[Rule]:
    for each in objectives:
        labels = {"service": each.service, "team": each.team, "slo": each.name, "window": _days(each.window)}
        yield recording_rule("slo:objective:ratio", f"vector({each.objective:.10g})", labels)


def _budget(windows: Sequence[float]) -> Rule:
    """Seconds of complete failure that use up the budget of each objective."""
    each = [f"sum without (window) (1 - {_objective_over(window)}) * {window:.0f}" for window in windows]
    return recording_rule("slo:budget:seconds", "\nor\n".join(each))


def _objective_over(window: float) -> str:
    return f'slo:objective:ratio{{window="{_days(window)}"}}'


def _days(seconds: float) -> str:
    return f"{seconds / DAY:.0f}d"


def hop(window: float, retention: float) -> float:
    """Seconds of the past that are read from what Prometheus keeps; older days are carried along, see `_carried`."""
    return min(window, max(DAY, (retention - DAY) // DAY * DAY))


def _days_of(window: float, retention: float) -> list[tuple[str, int]]:
    """Each day of the window, newest first: the suffix of the series that know it, and how many days back."""
    length = int(hop(window, retention) // DAY)
    hops = [divmod(day, length) for day in range(int(window // DAY))]
    return [(f"_ago{number * length}d" if number else "", ago) for number, ago in hops]


def _carried(window: float, retention: float) -> Iterator[Rule]:
    """Days that Prometheus will have forgotten before the window is over, written down again just before."""
    suffixes = list(dict.fromkeys(suffix for suffix, _ in _days_of(window, retention)))
    length = int(hop(window, retention) // DAY)
    for newer, older in pairwise(suffixes):
        for daily in _DAILY:
            yield recording_rule(f"{daily}{older}", _day(f"{daily}{newer}", length))


def _reckoned(windows: Sequence[float], retention: float) -> Rule:
    """The share of each objective's budget that is spent."""
    return recording_rule(_RECKONED, "\nor\n".join(_spent_over(window, retention) for window in windows))


def _spent_over(window: float, retention: float) -> str:
    """Bad events of the window over those that it allows, for as many events as there would be if all of it were like
    the part that is known: a service of yesterday has spent little yet."""
    errors, events, measured = (f"(\n{_over_days(daily, _days_of(window, retention))}\n)" for daily in _DAILY)
    spent = f"{errors}\n/ (\n{events}\n/\n({measured} > 0)\n)\n/ slo:budget:seconds"
    return f"(\n{spent}\nand sum without (window) ({_objective_over(window)})\n)"
