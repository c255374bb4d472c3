"""Checks of positions that Grafana and CloudWatch dashboards share: both place things on 24 columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

COLUMNS = 24

Place = tuple[int, int, int, int]
"""x, y, width, height."""


def assert_tidy(places: Iterable[Place]) -> None:
    """Nothing overlaps, nothing leaves the grid."""
    places = list(places)
    outside = [place for place in places if not _inside(place)]
    assert not outside, f"outside the {COLUMNS} columns (x, y, width, height): {outside}"
    shared = {cell for cell, count in Counter(c for p in places for c in _cells(p)).items() if count > 1}
    assert not shared, f"taken twice (column, row): {sorted(shared)[:10]}"


def _inside(place: Place) -> bool:
    x, y, width, height = place
    return x >= 0 and y >= 0 and width > 0 and height > 0 and x + width <= COLUMNS


def _cells(place: Place) -> Iterator[tuple[int, int]]:
    x, y, width, height = place
    return ((column, row) for column in range(x, x + width) for row in range(y, y + height))
