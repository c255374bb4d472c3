"""How rows of panels are placed on Grafana's grid."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dashboards.panels import Panel, Row, graph, placed
from tests.dashboards.grid import assert_tidy


def row(*widths: int, height: int = 9) -> Row:
    return Row("A row", tuple(Panel(f"P{w}", "short", "", (), graph, width=w) for w in widths), height=height)


def places(*rows: Row) -> list[tuple[int, int, int, int]]:
    return [(place.x, place.y, place.w, place.h) for _, place in placed(rows)]


def test_panels_stand_side_by_side_below_their_rows_header() -> None:
    assert places(row(8, 16)) == [(0, 0, 24, 1), (0, 1, 8, 9), (8, 1, 16, 9)]


def test_a_panel_that_does_not_fit_starts_the_next_line() -> None:
    assert places(row(16, 12, height=5)) == [(0, 0, 24, 1), (0, 1, 24, 5), (0, 6, 24, 5)]


def test_a_row_starts_below_the_one_before() -> None:
    assert places(row(24, height=4), row(24)) == [(0, 0, 24, 1), (0, 1, 24, 4), (0, 5, 24, 1), (0, 6, 24, 9)]


@given(st.lists(st.tuples(st.lists(st.integers(1, 24), max_size=12), st.integers(1, 20)), max_size=6))
def test_nothing_ever_overlaps(rows: list[tuple[list[int], int]]) -> None:
    assert_tidy(places(*(row(*widths, height=height) for widths, height in rows)))
