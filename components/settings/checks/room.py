"""Whether what is kept fits where it is kept."""

from __future__ import annotations

from collections.abc import Iterator

from alert_rules.problems import Problem
from alert_rules.quantities import Quantity
from components.settings import capacity
from components.settings.capacity import DAY


def beyond_disk(
    key: str, file: str, retention: Quantity, volume: Quantity, needed: float, meant_for: str
) -> Iterator[Problem]:
    """A retention whose data does not fit the volume: the oldest would be deleted long before its time."""
    room = volume.value * capacity.FILLED
    if needed > room:
        fits = retention.value * room / needed
        longest = f"{fits // DAY:.0f}d" if fits >= DAY else f"{fits // 3600:.0f}h"
        allowed = (
            f"at most {longest} on a volume of {volume} ({meant_for}, {capacity.FILLED:.0%} filled), "
            f"or a volume of at least {capacity.least_volume(needed)}"
        )
        yield Problem(file, key, str(retention), allowed)
