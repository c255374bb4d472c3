"""What `vigil tune` prints: a table and YAML for people, JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from alert_rules.quantities import Unit, readable, seconds_text, written
from cli.tune import stack_lines
from cli.tune.run import THRESHOLD, RefusedRule, Row, SeenInPart, Silent, Tuning
from cli.tune.suggest import FAR, Verdict

_HELPLESS = "none helps"
_FAR = "far away"

FEW = 5
"""Alerts that are told of on a line each."""


def print_report(console: Console, tuning: Tuning) -> None:
    """The table, what else there is to know, and the lines to paste."""
    if tuning.rows:
        console.print(_table(tuning))
    for line in _remarks(tuning):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    found = stack_lines.changes(tuning)
    if not found:
        console.print("Nothing to change." if not tuning.refused else "Nothing to change among the others.")
        return
    console.print(
        "\n# History does not know which pages were right: look at the incidents before you paste.", highlight=False
    )
    console.print(
        f"# Pulumi.{tuning.stack}.yaml, under config: each entry replaces the one of its name", highlight=False
    )
    console.print(stack_lines.yaml(found), highlight=False, markup=False, soft_wrap=True, end="")


def plain(tuning: Tuning, pages: float) -> dict[str, Any]:
    """The same for programs: times in seconds, values in the threshold's base unit."""
    return {
        "stack": tuning.stack,
        "past_seconds": tuning.past,
        "found_seconds": tuning.found,
        "pages_a_week": pages,
        "pages_allowed": tuning.allowed,
        "rows": [_plain_row(row) for row in tuning.rows],
        "without_values": [
            {
                "alert": one.scope.alert.name,
                "scope": one.scope.words,
                "measured": one.measured,
                "metrics": list(one.metrics),
            }
            for one in tuning.silent
        ],
        "refused": [
            {"alert": one.scope.alert.name, "scope": one.scope.words, "reason": one.reason} for one in tuning.refused
        ],
        "seen_in_part": [
            {"alert": one.scope.alert.name, "scope": one.scope.words, "seconds": one.seconds} for one in tuning.in_part
        ],
        "not_tunable": tuning.untunable,
        "without_threshold": list(tuning.without),
        "warnings": list(tuning.warnings),
        "yaml": stack_lines.yaml(stack_lines.changes(tuning)),
    }


def _plain_row(row: Row) -> dict[str, Any]:
    found = row.finding
    return {
        "alert": row.alert,
        "scope": row.scope.words,
        "service": row.service,
        "operator": row.rule.operator,
        "threshold": str(row.threshold),
        "for_seconds": row.rule.hold,
        "step_seconds": row.rule.step,
        "unit": str(row.threshold.unit),
        "samples": found.samples,
        "median": found.median,
        "percent_99": found.tail,
        "worst": found.worst,
        "fired": found.fired,
        "firing_seconds": found.firing_seconds,
        "verdict": str(found.verdict),
        "suggested": str(found.suggested) if found.suggested else None,
        "fired_then": found.fired_then,
    }


def _table(tuning: Tuning) -> Table:
    title = f"Thresholds of stack {tuning.stack} against its history ({_span(tuning)})"
    table = Table(title=title, title_justify="left", title_style="bold")
    table.add_column("alert", no_wrap=True)
    table.add_column("service", no_wrap=True)
    for column in ("set", "median", "99%", "highest", "fired", "suggested"):
        table.add_column(column, justify="right", no_wrap=True)
    for row in tuning.rows:
        found, unit = row.finding, row.threshold.unit
        values = ("-" if value is None else readable(value, unit) for value in (found.median, found.tail, found.worst))
        table.add_row(
            row.alert,
            row.service or "-",
            f"{row.rule.operator} {row.threshold}",
            *values,
            str(found.fired),
            _advice(row),
        )
    return table


def _span(tuning: Tuning) -> str:
    """How much history there was, and how much was asked for."""
    asked = written(tuning.past, Unit.WINDOW)
    return (
        asked if tuning.found == tuning.past else f"{readable(tuning.found, Unit.WINDOW)} of {asked}: there is no more"
    )


def _advice(row: Row) -> str:
    match row.finding.verdict:
        case Verdict.LOOSEN:
            return f"[bold yellow]{row.finding.suggested}[/]"
        case Verdict.NOTHING_HELPS:
            return f"[red]{_HELPLESS}[/]"
        case Verdict.FAR_AWAY:
            return f"[dim]{_FAR}[/]"
    return "-"


def _remarks(tuning: Tuning) -> Iterator[str]:
    falling = any(row.rule.operator[0] == "<" for row in tuning.rows)
    steps = sorted({row.rule.step for row in tuning.rows})
    if steps:
        apart = seconds_text(steps[0]) + (f" to {seconds_text(steps[-1])}" if len(steps) > 1 else "")
        yield (
            f"fired: how many pages it would have made, whoever was told; at most {tuning.allowed} would do (--pages). "
            f"Counted from values {apart} apart."
        )
    if falling:
        yield "Where the alert is on what is less than its threshold, 99% and highest are those of the lowest values."
    if tuning.of(Verdict.FAR_AWAY):
        yield (
            f"{_FAR}: the threshold is {FAR:.0f} times the highest value or more (or as small a part of the lowest). "
            "It says what users can bear, which no history knows: tighten it if they bear less."
        )
    for row in tuning.of(Verdict.NOTHING_HELPS):
        limits = row.scope.alert.parameters[THRESHOLD].allowed
        yield f"{_HELPLESS}: {row.alert} of {row.service} makes too many pages at every threshold allowed ({limits})."
    yield from _silent([one for one in tuning.silent if not one.measured])
    measured = [f"{one.scope.alert.name}{_of(one)}" for one in tuning.silent if one.measured]
    if measured:
        yield f"Its other conditions never held: {', '.join(measured)}."
    yield from _seen_in_part(tuning.in_part)
    for one in tuning.refused:
        yield f"Refused: {one.scope.alert.name}{_of(one)}: {one.reason}."
    for alert, reason in tuning.untunable.items():
        yield f"Not tunable: {alert}: {reason}."
    if tuning.without:
        yield f"Nothing to tune, without a threshold: {', '.join(tuning.without)}."
    for warning in tuning.warnings:
        yield f"Prometheus warns: {warning}"


def _silent(never: Sequence[Silent]) -> Iterator[str]:
    """The rules that never had a value: with what they read where they are few, since that may be missing."""
    if len(never) > FEW:
        names = ", ".join(f"{one.scope.alert.name}{_of(one)}" for one in never)
        yield f"Never measured; is what they read exported (--json names it)? {names}."
        return
    for one in never:
        read = ", ".join(one.metrics)
        yield f"Never measured: {one.scope.alert.name}{_of(one)}; is what it reads exported, with those labels? {read}."


def _seen_in_part(found: Sequence[SeenInPart]) -> Iterator[str]:
    """The rules that compare with what lies before the history, with how long they could be judged."""
    why = "since they compare with what is kept no longer"
    if parts := [
        f"{one.scope.alert.name}{_of(one)} {readable(one.seconds, Unit.WINDOW)}" for one in found if one.seconds
    ]:
        yield f"Seen for a part of the time alone, {why}: {', '.join(parts)}."
    if unseen := [f"{one.scope.alert.name}{_of(one)}" for one in found if not one.seconds]:
        yield f"Not seen at all, {why}: {', '.join(unseen)}."


def _of(one: Silent | RefusedRule | SeenInPart) -> str:
    """The service of a rule that is for one alone, for people."""
    return f" ({one.scope.words})" if one.scope.labels else ""
