"""The board of a service: what is its own, and where it leads."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from alert_rules import registry
from dashboards.board import build
from dashboards.grafana import service
from tests.dashboards.grafana.boards import LINKS, SERVICE, Board, boards, default_thresholds, panels, promql
from tests.validators import promtool

EVERYTHING = registry.exporters()


def built(name: str = "a", *, objectives: bool = True, running: frozenset[str] = EVERYTHING) -> Board:
    board = service.board(name, "web", objectives=objectives, running=running)
    folders = build([board], exporters=running, thresholds=default_thresholds(), links=LINKS)
    return folders["team-web"][board.uid]


def test_it_is_found_by_its_name_and_by_its_team() -> None:
    board = built("checkout")
    assert (board["uid"], board["title"]) == ("service-checkout", "checkout")
    assert {"service", "web"} <= set(board["tags"])


def test_it_shows_that_service_alone() -> None:
    (_, chosen) = built("checkout")["templating"]["list"]
    assert (chosen["name"], chosen["type"], chosen["query"], chosen["hide"]) == ("service", "constant", "checkout", 2)


@pytest.mark.parametrize("objectives", [True, False])
def test_it_shows_error_budgets_where_there_are_objectives(objectives: bool) -> None:
    titles = {panel["title"] for panel in panels(built(objectives=objectives))}
    assert ("Error budget spent" in titles) is objectives


def test_two_long_names_are_two_boards_that_grafana_takes() -> None:
    names = [f"{'long-' * 11}{letter}" for letter in "ab"]
    uids = {service.board(name, "web", objectives=False, running=()).uid for name in names}
    assert len(uids) == 2
    assert all(len(uid) <= 40 for uid in uids)


@pytest.mark.parametrize(
    ("title", "source", "query"),
    [
        ("Logs", "loki", {"expr": '{service="a"}'}),
        ("Traces", "jaeger", {"queryType": "search", "service": "a"}),
    ],
)
def test_it_leads_to_its_logs_and_traces_at_the_time_shown(title: str, source: str, query: dict[str, str]) -> None:
    (link,) = [link for link in built()["links"] if link["title"] == title]
    address = urlsplit(link["url"])
    assert address.path == "/explore"
    ((pane,),) = [json.loads(panes).values() for panes in parse_qs(address.query)["panes"]]
    assert pane["range"] == {"from": "${__from}", "to": "${__to}"}
    assert pane["datasource"] == source
    assert pane["queries"] == [{"refId": "A", "datasource": {"type": source, "uid": source}, **query}]


@pytest.mark.parametrize(("title", "source"), [("Logs", "loki"), ("Traces", "jaeger")])
def test_it_does_not_lead_to_what_is_not_kept(title: str, source: str) -> None:
    assert title not in {link["title"] for link in built(running=EVERYTHING - {source})["links"]}


@pytest.mark.parametrize("uid", ["main", SERVICE])
def test_one_leads_to_the_boards_of_all_services(uid: str) -> None:
    (others,) = [link for link in boards()[uid]["links"] if link["type"] == "dashboards"]
    assert (others["tags"], others["asDropdown"], others["keepTime"]) == (["service"], True, True)


DEPLOYS = {
    "a version that follows another": ({"1.0": "1x20 _x40", "1.1": "_x20 1x40"}, ["1.1"]),
    "pods of both while a release goes out": ({"1.0": "1x60", "1.1": "_x20 1x40"}, ["1.1"]),
    "a version that comes back": ({"1.0": "1x5 _x14 1x41", "1.1": "_x5 1x15 _x41"}, ["1.0"]),
    "the same version all the time": ({"1.0": "1x60"}, []),
    "a service that was not there before": ({"1.0": "_x20 1x40"}, []),
}
"""Samples by version, one a minute, and the versions that were deployed in minute 20."""


@pytest.mark.validators
@pytest.mark.parametrize("case", DEPLOYS)
def test_a_deploy_is_marked(case: str, tmp_path: Path) -> None:
    versions, deployed = DEPLOYS[case]
    (annotation,) = boards()[SERVICE]["annotations"]["list"]
    found = {
        "expr": promql(annotation["target"]["expr"]),
        "eval_time": "20m",
        "exp_samples": [{"labels": f'{{service="a",version="{version}"}}', "value": 1} for version in deployed],
    }
    series = [
        {"series": f'service_build_info{{service="a",instance="{version}",version="{version}"}}', "values": values}
        for version, values in versions.items()
    ]
    test = {"interval": "1m", "input_series": series, "promql_expr_test": [found]}
    file = tmp_path / "deploys.yaml"
    file.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [test]}))
    promtool.test_rules(file)


@pytest.mark.parametrize("board", boards().values(), ids=boards().keys())
def test_deploys_are_marked_where_services_are_shown(board: Board) -> None:
    about_services = "service" in {variable["name"] for variable in board["templating"]["list"]}
    assert len(board["annotations"].get("list", [])) == about_services
