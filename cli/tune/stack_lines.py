"""The lines of a stack file that take the suggestions up, ready to be pasted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alert_rules import yaml12
from alert_rules.quantities import Quantity
from cli.tune.run import THRESHOLD, Row, Tuning
from cli.tune.suggest import Verdict


@dataclass(frozen=True)
class Change:
    """A threshold to be set for a service, or, without one, for the whole environment; which replaces what stands there
    already; and why it is set there."""

    alert: str
    service: str | None
    threshold: Quantity
    override: Mapping[str, Any]
    why: str


def changes(tuning: Tuning) -> list[Change]:
    """What to set, those of the environment first.

    A suggestion is for its service alone, since that is what was tried. It is for the environment where every service
    that the environment's rule measures needs the same, or where the service is none of the settings', which then have
    no other place for it.
    """
    declared = {s.name: s.alerts for s in tuning.settings.services if s.runs_on.kubernetes}
    found: list[Change] = []
    for rows in _by_scope(tuning.rows):
        noisy = [row for row in rows if row.finding.verdict is Verdict.LOOSEN]
        general = not rows[0].scope.labels
        homeless = [row for row in noisy if general and row.service not in declared]
        alike = general and len(noisy) == len(rows) > 1 and len({_suggested(row).value for row in noisy}) == 1
        together = noisy if alike else homeless
        if together:
            found.append(_for_all(together, tuning.settings.alerts, alike=alike))
        for row in noisy:
            if row not in together:
                present = declared.get(row.service, {}).get(row.alert, {})
                found.append(_change(row, row.service, present, _tried(row)))
    return sorted(found, key=lambda change: (change.service is not None, change.service or "", change.alert))


def _by_scope(rows: Sequence[Row]) -> list[list[Row]]:
    grouped: dict[int, list[Row]] = {}
    for row in rows:
        grouped.setdefault(id(row.scope), []).append(row)
    return list(grouped.values())


def _for_all(rows: Sequence[Row], present: Mapping[str, Any], *, alike: bool) -> Change:
    loosest = max(rows, key=lambda row: abs(_suggested(row).value - row.threshold.value))
    names = ", ".join(sorted(row.service for row in rows))
    why = "every service that it measures" if alike else f"{names}, not among vigil:services: so for all"
    return _change(loosest, None, present.get(loosest.alert, {}), f"{why}; {_tried(loosest)}")


def _change(row: Row, service: str | None, present: Mapping[str, Any], why: str) -> Change:
    return Change(row.alert, service, _suggested(row), {**present, THRESHOLD: _plain(_suggested(row))}, why)


def _suggested(row: Row) -> Quantity:
    assert row.finding.suggested is not None  # noqa: S101 - that is what LOOSEN means
    return row.finding.suggested


def _plain(quantity: Quantity) -> str | int | float:
    """As it stands in YAML: what has no unit is a number there."""
    text = str(quantity)
    return text if not text.replace(".", "", 1).isdigit() else float(text) if "." in text else int(text)


def _tried(row: Row) -> str:
    return f"was {row.threshold}; pages {row.finding.fired} → {row.finding.fired_then}"


def yaml(found: Sequence[Change]) -> str:
    """The changes as they stand in the stack file: each entry whole, with what it says already."""
    return "".join(f"{line}\n" for line in _lines(found))


def _lines(found: Sequence[Change]) -> Iterator[str]:
    general = [change for change in found if change.service is None]
    if general:
        yield "vigil:alerts:"
        yield from (_line(change, "  ") for change in general)
    services = list(dict.fromkeys(change.service for change in found if change.service is not None))
    if services:
        yield "vigil:services:"
    for service in services:
        yield f"  - name: {service}"
        yield "    alerts:"
        yield from (_line(change, "      ") for change in found if change.service == service)


def _line(change: Change, indent: str) -> str:
    return f"{indent}{change.alert}: {yaml12.flow(change.override)}  # {change.why}"
