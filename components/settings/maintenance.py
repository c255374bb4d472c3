"""When two weekly maintenance windows meet, summer and winter, whatever their time zones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import get_args
from zoneinfo import ZoneInfo

from components.settings.model import MaintenanceWindow, Weekday

WEEKDAYS: tuple[str, ...] = get_args(Weekday)

# A Monday in winter and one in summer: zones that shift on different dates meet in one of them or not at all.
_MONDAYS = (datetime(2026, 1, 12), datetime(2026, 7, 13))  # noqa: DTZ001 - the zone is the window's

Span = tuple[datetime, datetime]


def first_overlap(one: MaintenanceWindow, other: MaintenanceWindow) -> str | None:
    """The first weekday on which both windows hold for a same service, or None."""
    if one.services and other.services and not set(one.services) & set(other.services):
        return None
    for monday in _MONDAYS:
        for start, end in _spans(one, monday):
            if any(start < other_end and other_start < end for other_start, other_end in _spans(other, monday)):
                return WEEKDAYS[start.astimezone(ZoneInfo(one.timezone)).weekday()]
    return None


def _spans(window: MaintenanceWindow, monday: datetime) -> Iterator[Span]:
    """The window's times of the week of `monday` and of the days beside it, in UTC."""
    for offset in range(-1, 8):
        day = monday + timedelta(days=offset)
        if WEEKDAYS[day.weekday()] in window.days:
            yield _at(day, window.start, window.timezone), _at(day, window.end, window.timezone)


def _at(day: datetime, clock: str, timezone: str) -> datetime:
    hours, minutes = (int(part) for part in clock.split(":"))
    return (day + timedelta(hours=hours, minutes=minutes)).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
