"""What holds for every Grafana dashboard."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from alert_rules.promql import grouping_labels, metrics_and_labels
from tests.dashboards.grafana.boards import Board, boards, choices, labels_of, panels, promql, targets, text
from tests.dashboards.grid import assert_tidy

pytestmark = pytest.mark.parametrize("board", boards().values(), ids=boards().keys())


def test_every_query_reads_only_known_metrics_by_known_labels(board: Board) -> None:
    for title, target in targets(board):
        for metric, labels in metrics_and_labels(promql(target["expr"])):
            known = labels_of(metric)
            assert known is not None, f"{title}: {metric} is not in alert_rules/metrics.yaml"
            unknown = labels - known
            assert not unknown, f"{title}: {metric} has no label {sorted(unknown)}"


def test_every_query_groups_by_labels_that_its_metrics_have(board: Board) -> None:
    for title, target in targets(board):
        expression = promql(target["expr"])
        for metric, _ in metrics_and_labels(expression):
            unknown = grouping_labels(expression) - (labels_of(metric) or frozenset())
            assert not unknown, f"{title}: {metric} has no label {sorted(unknown)} to group by"


def test_every_series_of_a_graph_is_named_and_by_labels_that_survive_grouping(board: Board) -> None:
    for title, target in targets(board):
        if target.get("format") == "table":
            continue
        assert target["legendFormat"], f"{title}: a series without a name"
        named = set(re.findall(r"{{\s*(\w+)\s*}}", target["legendFormat"]))
        lost = named - grouping_labels(promql(target["expr"]))
        assert not lost, f"{title}: the legend names {sorted(lost)}, which grouping drops"


def test_every_metric_is_narrowed_by_a_variable_where_it_has_the_label(board: Board) -> None:
    fixed = [v["name"] for v in board["templating"]["list"] if v["type"] == "constant"]
    variables = {v["name"]: _label(v) for v in choices(board)} | {name: name for name in fixed}
    for title, target in targets(board):
        for metric, matched in metrics_and_labels(promql(target["expr"])):
            for label in set(variables.values()) & (labels_of(metric) or frozenset()):
                assert label in matched, f"{title}: {metric} of every {label}"
        for name, label in variables.items():
            by_it = re.findall(rf'\b{label}(=~|!~|=|!=)"([^"]*)"', target["expr"])
            assert not by_it or ("=~", f"${name}") in by_it, f"{title}: {label} is matched, yet not by its variable"


def _label(variable: Board) -> str:
    return str(re.fullmatch(r"label_values\(.+, (\w+)\)", variable["query"]["query"])[1])  # type: ignore[index]


def test_every_range_follows_the_scrape_interval(board: Board) -> None:
    for title, target in targets(board):
        ranges = set(re.findall(r"\[([^]]*)\]", re.sub(r'"[^"]*"', '""', target["expr"])))
        assert ranges <= {"$__rate_interval"}, f"{title}: {target['expr']}"


def test_every_panel_says_what_it_shows_in_which_unit(board: Board) -> None:
    for panel in panels(board):
        assert panel["fieldConfig"]["defaults"].get("unit"), f"{panel['title']}: no unit"
        assert len(panel.get("description", "")) >= 20, f"{panel['title']}: no description"
        assert panel.get("targets"), f"{panel['title']}: no query"


def test_no_panel_is_of_a_deprecated_type(board: Board) -> None:
    assert {panel["type"] for panel in board["panels"]} <= {"row", "timeseries", "stat", "table"}


def test_every_graph_has_a_legend(board: Board) -> None:
    for panel in panels(board):
        if panel["type"] == "timeseries":
            assert panel["options"]["legend"]["showLegend"], panel["title"]


def test_nothing_overlaps_and_graphs_are_wide_enough_to_read(board: Board) -> None:
    places = [panel["gridPos"] for panel in board["panels"]]
    assert_tidy((place["x"], place["y"], place["w"], place["h"]) for place in places)
    for panel in panels(board):
        least = 4 if panel["type"] == "stat" else 8  # 8 of 24 columns are 480 px of 1440
        assert panel["gridPos"]["w"] >= least, f"{panel['title']}: too narrow"


def test_every_line_of_panels_fills_the_width(board: Board) -> None:
    widths: Counter[int] = Counter()
    for panel in board["panels"]:
        widths[panel["gridPos"]["y"]] += panel["gridPos"]["w"]
    assert set(widths.values()) == {24}, f"columns taken in each line: {dict(widths)}"


def test_panels_and_queries_are_numbered_once(board: Board) -> None:
    numbers = [panel["id"] for panel in board["panels"]]
    assert len(set(numbers)) == len(numbers)
    for panel in panels(board):
        letters = [target["refId"] for target in panel["targets"]]
        assert len(set(letters)) == len(letters), f"{panel['title']}: {letters}"


def test_it_is_provisioned_and_shows_the_last_six_hours(board: Board) -> None:
    assert board["editable"] is False
    assert board["refresh"] == "30s"
    assert board["time"] == {"from": "now-6h", "to": "now"}
    assert "vigil" in board["tags"]
    assert board.get("id") is None, "Grafana gives ids; one in a file clashes"


def test_every_data_source_is_the_one_chosen(board: Board) -> None:
    source, *variables = board["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    assert source["current"]["value"] == "prometheus"
    chosen = {"type": "prometheus", "uid": "${datasource}"}
    assert variables
    assert all(variable["datasource"] == chosen for variable in choices(board))
    assert all(panel["datasource"] == chosen for panel in panels(board))


def test_variables_let_people_choose_several_or_all(board: Board) -> None:
    for variable in choices(board):
        assert (variable["multi"], variable["includeAll"]) == (True, True), variable["name"]
        assert variable["current"]["value"] == ["$__all"]
        assert variable["allValue"] == ".*", "an alert without a service, or of one no longer scraped, is in sight"


def test_variables_are_filled_from_labels_that_are_there(board: Board) -> None:
    for variable in choices(board):
        found = re.fullmatch(r"label_values\((\w+)(?:\{[^}]*\})?, (\w+)\)", variable["query"]["query"])
        assert found is not None, variable["query"]
        assert found[2] in (labels_of(found[1]) or ()), variable["query"]


def test_two_builds_give_the_same_bytes(board: Board) -> None:
    assert text(board) == text(boards()[board["uid"]])
