"""What a stack promises of its services, objectives and agreements, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

from rich.table import Table

from alert_rules.sla import MEASURES
from alert_rules.slos import RATIO, Objective, kinds
from components.objectives import agreements_of, objectives_of
from components.settings.model import Settings


@dataclass(frozen=True)
class Promises:
    """The objectives and the agreements of a stack, a mapping each, see `promises`."""

    objectives: list[dict[str, Any]]
    agreements: list[dict[str, Any]]

    def tables(self) -> Iterator[Table]:
        """A table of each, where there is any."""
        if self.objectives:
            yield _objective_table(self.objectives)
        if self.agreements:
            yield _agreement_table(self.agreements)


def promises(settings: Settings) -> Promises:
    """Every objective: of which service, what is measured, its share (0..1), its window and its error budget, both in
    seconds, the budget as the time of complete failure that it allows. Every agreement: of which service, and the
    target of each measure in its base unit, as a person wrote it in `written`."""
    written = {
        service.name: {measure: str(target) for measure, target in service.sla.targets.items()}
        for service in settings.services
        if service.sla
    }
    return Promises(
        _objective_lines(settings),
        [
            {"service": each.service, "targets": dict(each.targets), "written": written[each.service]}
            for each in agreements_of(settings)
        ],
    )


def _objective_lines(settings: Settings) -> list[dict[str, Any]]:
    return [
        {
            "service": each.service,
            "slo": each.name,
            "measures": _measures(each),
            "objective": each.objective,
            "window_seconds": int(each.window),
            "budget_seconds": round((1 - each.objective) * each.window),
        }
        for each in objectives_of(settings)
    ]


def _measures(objective: Objective) -> str:
    if objective.kind == RATIO:
        return f"{objective.events} without {objective.errors}"
    return Template(kinds()[objective.kind].title).safe_substitute(threshold=str(objective.threshold))


def _objective_table(lines: Sequence[dict[str, Any]]) -> Table:
    """The objectives, a line each."""
    table = Table()
    for column in ("objective", "measures", "share", "over", "may fail for"):
        table.add_column(column, justify="right" if column in ("share", "over", "may fail for") else "left")
    for line in lines:
        table.add_row(
            f"{line['service']} {line['slo']}",
            line["measures"],
            f"{line['objective'] * 100:.6g}%",
            f"{line['window_seconds'] // 86400}d",
            _time(line["budget_seconds"]),
        )
    return table


def _agreement_table(lines: Sequence[dict[str, Any]]) -> Table:
    """The agreements, a line each."""
    table = Table()
    table.add_column("agreement")
    for measure, each in MEASURES.items():
        table.add_column(f"{measure.replace('_', ' ')}, {each.period}", justify="right")
    for line in lines:
        table.add_row(line["service"], *(line["written"].get(measure, "-") for measure in MEASURES))
    return table


def _time(seconds: int) -> str:
    """A length of time in its two largest units."""
    units = (("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
    parts, left = [], seconds
    for name, size in units:
        count, left = divmod(left, size)
        parts += [f"{count}{name}"] if count else []
    return " ".join(parts[:2]) or "0s"
