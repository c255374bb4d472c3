"""The users, and the collector of what the business asks about them (aitbc-observability-plan 1.2)."""

from __future__ import annotations

import time
from dataclasses import dataclass

from examples.service.kit import Kit
from examples.service.ledger import DAY

MOST = 100_000
_FIVE_MINUTES = 300


@dataclass
class User:
    """When a user registered and was last seen, in seconds since the epoch."""

    created: float
    seen: float


class Users:
    """Starts with a thousand who registered and were last seen one after another over thirty days."""

    def __init__(self, kit: Kit) -> None:
        self._metrics = kit.metrics.business
        now = time.time()
        starts = (now - index / 1000 * 30 * DAY for index in range(1000))
        self._known = {f"user-{index}": User(created=at, seen=at) for index, at in enumerate(starts)}
        self.collect()

    def seen(self, name: str) -> None:
        """Note that the user is there; one who is new is registered, while there is room."""
        now = time.time()
        if name in self._known:
            self._known[name].seen = now
        elif len(self._known) < MOST:
            self._known[name] = User(created=now, seen=now)

    def collect(self) -> dict[str, int]:
        """Count them anew, for the metrics and as figures."""
        now, users = time.time(), self._known.values()
        figures = {
            "active_users": sum(now - user.seen < _FIVE_MINUTES for user in users),
            "daily_active_users": sum(now - user.seen < DAY for user in users),
            "weekly_active_users": sum(now - user.seen < 7 * DAY for user in users),
            "total_users": len(self._known),
            "new_users_today": sum(now - user.created < DAY for user in users),
        }
        gauges = ("active", "daily", "weekly", "registered", "new")
        for gauge, figure in zip(gauges, figures.values(), strict=True):
            getattr(self._metrics, gauge).set(figure)
        return figures
