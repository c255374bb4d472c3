"""Holds every threshold of a stack against its history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from math import floor
from pathlib import Path

from alert_rules.compilers.rules import Scope
from alert_rules.problems import InvalidFiles, Problem, nearest
from alert_rules.promql import SENTINEL, Measured, Unmeasurable, looks_back, measured, metrics_and_labels
from alert_rules.quantities import Quantity, Unit
from cli.preview.run import settings_of
from cli.tune.history import Prometheus, Refused, Unanswered, Window
from cli.tune.simulate import Rule, Series
from cli.tune.suggest import Finding, Verdict, finding
from components.settings.model import Settings
from components.stack import compile_content

THRESHOLD = "threshold"
"""The parameter that is tuned. Floors, windows and factors say what an alert is about, and not how much is too much."""

WEEK = 604800.0

COARSE = 300.0
"""Seconds between two looks at whether there is anything at all: as long as Prometheus looks back for a sample."""

COMPLETE = 0.98
"""A history with this share of its time is whole: restarts leave gaps, and a little is missing at either end."""


@dataclass(frozen=True)
class Row:
    """What was found of one alert for one service, in the scope of the rule that watches it."""

    scope: Scope
    service: str
    rule: Rule
    finding: Finding

    @property
    def alert(self) -> str:
        """The alert's name."""
        return self.scope.alert.name

    @property
    def threshold(self) -> Quantity:
        """As it is set for the scope."""
        return self.scope.resolved.values[THRESHOLD]


@dataclass(frozen=True)
class Silent:
    """A rule of which no value was found in that time, and why: `measured` where the value itself was there and only
    the alert's other conditions never held; else something of what it reads, `metrics`, has no series."""

    scope: Scope
    measured: bool
    metrics: Sequence[str]


@dataclass(frozen=True)
class RefusedRule:
    """A rule whose query Prometheus refused, and what it said."""

    scope: Scope
    reason: str


@dataclass(frozen=True)
class SeenInPart:
    """A rule that compares with a time before the history begins, and for how many seconds it could be evaluated."""

    scope: Scope
    seconds: float


@dataclass(frozen=True)
class Tuning:
    """All that history says of a stack's thresholds, noisiest first.

    `past` is how many seconds were asked for, and `found` for how many of them there were samples; `allowed` is how
    many pages were few enough in those; `untunable` holds each alert whose threshold no single value decides, and why;
    `without` names those that have none.
    """

    stack: str
    settings: Settings
    past: float
    found: float
    allowed: int
    rows: Sequence[Row]
    silent: Sequence[Silent] = ()
    refused: Sequence[RefusedRule] = ()
    in_part: Sequence[SeenInPart] = ()
    untunable: dict[str, str] = field(default_factory=dict)
    without: Sequence[str] = ()
    warnings: Sequence[str] = ()

    def of(self, verdict: Verdict) -> list[Row]:
        """The rows of that verdict."""
        return [row for row in self.rows if row.finding.verdict == verdict]


Progress = Callable[[str, int, int], object]
"""Is told the alert that is being asked about, how many requests are done, and how many there are."""


def scopes_of(project: Path, stack: str, alerts: Sequence[str] = ()) -> tuple[Settings, list[Scope]]:
    """The settings of the stack, and the scopes of its Prometheus rules, or of those of the named alerts.

    Raises InvalidFiles for mistakes in the stack file, and for a name that no rule of the stack has.
    """
    settings = settings_of(project, stack)
    scopes = list(compile_content(settings).rules.scopes)
    known = dict.fromkeys(scope.alert.name for scope in scopes)
    allowed = f"a Prometheus alert that is in force in stack {stack}"
    unknown = [name for name in alerts if name not in known]
    if unknown:
        raise InvalidFiles(Problem("command line", "--alert", name, allowed, nearest(name, known)) for name in unknown)
    if not scopes:
        raise InvalidFiles([Problem(f"Pulumi.{stack}.yaml", "stack", stack, "a stack with a Prometheus and alerts")])
    return settings, [scope for scope in scopes if not alerts or scope.alert.name in alerts]


def tune(
    stack: str,
    settings: Settings,
    scopes: Iterable[Scope],
    prometheus: Prometheus,
    window: Window,
    pages: float,
    progress: Progress = lambda *_: None,
) -> Tuning:
    """What the history in that window says of the thresholds of those scopes, where so many `pages` a week are few
    enough for each service.

    Raises Unanswered where Prometheus cannot be asked or refuses every query, and InvalidFiles where it has no samples
    of that time. A query that it refuses is told of among the rest.
    """
    chosen, untunable, without = _tunable(scopes)
    found, begin = _history(prometheus, window, max([0.0, *(_looks_back(scope) for scope, _ in chosen)]))
    # A part of a week is held to what a whole one may have: one bad day is no reason to expect seven of them.
    allowed = floor(pages * max(1.0, found / WEEK) + 1e-9)
    total = sum(_requests(scope, window) for scope, _ in chosen)
    done = 0
    rows: list[Row] = []
    silent: list[Silent] = []
    refused: list[RefusedRule] = []
    in_part = list(_in_part([scope for scope, _ in chosen], window, begin, found))
    unseen = [one.scope for one in in_part if not one.seconds]
    for scope, value in chosen:
        before = done

        def one_more(name: str = scope.alert.name) -> None:
            nonlocal done
            done += 1
            progress(name, done, total)

        step = scope.interval  # Prometheus itself sees no more of a value than its evaluations do
        rule = Rule(value.operator, scope.resolved.hold, step)
        try:
            of_scope = _rows(scope, rule, prometheus.read(value.expression, window, step, on_part=one_more), allowed)
            if not of_scope and scope not in unseen:
                silent.append(_silent(scope, value, prometheus, window))
            rows += of_scope
        except Refused as error:
            refused.append(RefusedRule(scope, str(error)))
            done = before + _requests(scope, window)
            progress(scope.alert.name, done, total)
    if refused and len(refused) == len(chosen):
        raise Unanswered(refused[0].reason)
    rows.sort(key=lambda row: (-row.finding.fired, -row.finding.firing_seconds, row.alert, row.service))
    return Tuning(
        stack,
        settings,
        window.seconds,
        found,
        allowed,
        rows,
        silent,
        refused,
        in_part,
        untunable,
        without,
        list(prometheus.warnings),
    )


def _history(prometheus: Prometheus, window: Window, before: float) -> tuple[float, float]:
    """For how many seconds of the window there are samples of what vigil's Prometheus scrapes (all, where few lack),
    and when those begin that go at most so many seconds back `before` it."""
    # Whatever is scraped for vigil's alerts has a service; another Prometheus may well have `up`, and none of it.
    there = prometheus.read('count(up{service!=""})', Window(window.start - before, window.end), COARSE)
    times = [time for series in there for time in series.times]
    moments = sum(time > window.start for time in times)
    if not moments:
        allowed = (
            "the Prometheus of the stack, or Thanos in front of it, and a time in which it ran: no sample of `up` "
            "there has a label `service`"
        )
        raise InvalidFiles([Problem("command line", "--prometheus", prometheus.url, allowed)])
    seconds = moments * COARSE
    return seconds if seconds < COMPLETE * window.seconds else window.seconds, min(times)


def _looks_back(scope: Scope) -> float:
    return looks_back(scope.query(scope.resolved.values))


def _in_part(scopes: Iterable[Scope], window: Window, begin: float, found: float) -> Iterator[SeenInPart]:
    """Those that compare with what was before the samples begin, for a good part of the time that there are some."""
    for scope in scopes:
        if back := _looks_back(scope):
            seconds = max(0.0, window.end - max(window.start, begin + back))
            if seconds < COMPLETE * found:
                yield SeenInPart(scope, seconds)


def _tunable(scopes: Iterable[Scope]) -> tuple[list[tuple[Scope, Measured]], dict[str, str], list[str]]:
    """Each scope whose threshold can be held against a value; each alert of which none can be, with the reason; and
    those without a threshold."""
    chosen: list[tuple[Scope, Measured]] = []
    untunable: dict[str, str] = {}
    without: dict[str, None] = {}
    for scope in scopes:
        parameter = scope.alert.parameters.get(THRESHOLD)
        if parameter is None:
            without[scope.alert.name] = None
        elif parameter.unit is Unit.WINDOW:
            untunable[scope.alert.name] = "it is a range of time to look at"
        else:
            values = scope.resolved.values
            asked = {**values, THRESHOLD: replace(values[THRESHOLD], value=SENTINEL)}
            try:
                chosen.append((scope, measured(scope.query(asked))))
            except Unmeasurable as error:
                untunable[scope.alert.name] = str(error)
    return chosen, untunable, list(without)


def _requests(scope: Scope, window: Window) -> int:
    return sum(1 for _ in window.parts(scope.interval))


def _rows(scope: Scope, rule: Rule, series: Iterable[Series], allowed: int) -> list[Row]:
    by_service: dict[str, list[Series]] = {}
    for one in series:
        by_service.setdefault(one.labels.get("service", ""), []).append(one)
    parameter, threshold = scope.alert.parameters[THRESHOLD], scope.resolved.values[THRESHOLD]
    return [
        Row(scope, service, rule, found)
        for service, own in by_service.items()
        if (found := finding(own, rule, parameter, threshold, allowed))
    ]


def _silent(scope: Scope, value: Measured, prometheus: Prometheus, window: Window) -> Silent:
    there = "\nor\n".join(f"group({compared})" for compared in value.compared)
    metrics = dict.fromkeys(name for name, _ in metrics_and_labels(value.expression))
    return Silent(scope, bool(prometheus.read(there, window, COARSE)), list(metrics))
