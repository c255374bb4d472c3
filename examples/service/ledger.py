"""What was done for users, kept for a day: what a real service would ask its database for."""

from __future__ import annotations

import statistics
import time
from collections import Counter, deque
from dataclasses import dataclass

from examples.service.metrics import SUCCESS

DAY = 24 * 3600


@dataclass(frozen=True)
class Entry:
    """Something that ended: when, of which type, how, and after how many seconds."""

    at: float
    type: str
    status: str
    seconds: float


class Ledger:
    """The latest entries, and no more of them than the memory of an example bears."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=50_000)

    def add(self, type: str, status: str, seconds: float) -> None:
        """Enter what has just ended."""
        self._entries.append(Entry(time.time(), type, status, seconds))

    def of_today(self) -> dict[str, object]:
        """How many there were in the last 24 hours, how many of each type and how many failed, and their mean time."""
        since = time.time() - DAY
        entries = [entry for entry in self._entries if entry.at >= since]
        return {
            "total": len(entries),
            "by_type": dict(Counter(entry.type for entry in entries)),
            "failed": sum(entry.status != SUCCESS for entry in entries),
            "mean_seconds": statistics.fmean(entry.seconds for entry in entries) if entries else 0.0,
        }
