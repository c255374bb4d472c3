"""The time."""

from datetime import UTC, datetime


def now() -> datetime:
    """Return the time as aware UTC."""
    return datetime.now(UTC)
