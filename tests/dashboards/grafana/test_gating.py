"""What is left of the dashboards where something exports no metrics."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from alert_rules import registry
from tests.dashboards.grafana.boards import (
    ALWAYS,
    SERVICE,
    SWITCHED,
    Board,
    boards,
    described,
    every_board,
    panels,
    promql,
)
from tests.dashboards.grid import assert_tidy


def read(board: Board) -> set[str]:
    """The exporters that a built dashboard's queries read."""
    expressions = [promql(target["expr"]) for panel in panels(board) for target in panel["targets"]]
    return {exporter for expression in expressions for exporter in registry.exporters_of(expression)}


@pytest.mark.parametrize("off", SWITCHED)
def test_nothing_of_what_is_switched_off_is_left(off: str) -> None:
    for uid, board in boards(exporters=registry.exporters() - {off}).items():
        assert off not in read(board), uid


@pytest.mark.parametrize("off", SWITCHED)
def test_what_does_not_need_it_stays(off: str) -> None:
    running = registry.exporters() - {off}
    built = boards(exporters=running)
    for board in every_board(running):
        expected = [panel.title for panel in described(board) if panel.exporters <= running]
        if board.uid in built:
            assert [panel["title"] for panel in panels(built[board.uid])] == expected
        else:
            assert all(panel.aside for panel in described(board) if panel.exporters <= running)


@pytest.mark.parametrize("off", SWITCHED)
def test_no_row_and_no_dashboard_is_empty(off: str) -> None:
    for uid, board in boards(exporters=registry.exporters() - {off}).items():
        kinds = [panel["type"] for panel in board["panels"]]
        assert kinds, uid
        assert ("row", "row") not in pairwise([*kinds, "row"]), f"{uid}: a row header above nothing"


@pytest.mark.parametrize("off", SWITCHED)
def test_lines_fill_the_width_all_the_same(off: str) -> None:
    for uid, board in boards(exporters=registry.exporters() - {off}).items():
        places = [panel["gridPos"] for panel in board["panels"]]
        assert_tidy((place["x"], place["y"], place["w"], place["h"]) for place in places)
        widths: Counter[int] = Counter()
        for place in places:
            widths[place["y"]] += place["w"]
        assert set(widths.values()) == {24}, f"{uid}: columns taken in each line: {dict(widths)}"


def test_with_the_least_of_a_stack_its_own_dashboards_are_there_and_those_of_the_cluster_are_not() -> None:
    assert set(boards(exporters=ALWAYS)) == {
        "main",
        SERVICE,
        "dependencies",
        "ai",
        "data",
        "business",
        "executive",
        "monitoring",
    }


def test_a_dashboard_is_not_made_for_its_list_of_alerts_alone() -> None:
    assert boards(exporters={"prometheus_server"}).keys() == {"monitoring"}
    assert boards(exporters=()) == {}
