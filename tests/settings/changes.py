"""Changes to the settings of a committed stack, for tests that make mistakes in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Change = Callable[[dict[str, Any]], None]


def sets(*path: str | int, to: Any) -> Change:
    def change(written: dict[str, Any]) -> None:
        place: Any = written
        for part in path[:-1]:
            place = place[part] if isinstance(part, int) else place.setdefault(part, {})
        place[path[-1]] = to

    return change


def removes(*path: str) -> Change:
    def change(written: dict[str, Any]) -> None:
        place: Any = written
        for part in path[:-1]:
            place = place[part]
        del place[path[-1]]

    return change


def adds(section: str, **entry: Any) -> Change:
    return lambda written: written.setdefault(section, []).append(entry)


def together(*changes: Change) -> Change:
    def change(written: dict[str, Any]) -> None:
        for each in changes:
            each(written)

    return change


def without_slos(written: dict[str, Any]) -> None:
    for service in written["services"]:
        service.pop("slos", None)
        service.pop("sla", None)
