"""The main dashboard's own panels."""

from __future__ import annotations

import pytest

from dashboards.grafana import main
from tests.dashboards.grafana.boards import LINKS, boards, described, panel

BOARD = boards()["main"]


OF_THE_SOURCE_AND_PROBES = [
    "Instances up",
    "Instances down",
    "Probes failing",
    "Firing alerts",
    "Request rate",
    "Error ratio",
    "Response time",
    "AI request rate",
    "AI failure ratio",
    "AI request duration, p95",
    "CPU usage",
    "Memory usage",
    "Active connections",
    "Probe duration",
    "Certificates, time left",
]


def test_it_has_the_panels_that_the_source_asks_for_and_those_of_our_probes() -> None:
    titles = [shown.title for shown in described(main.BOARD)]
    assert [title for title in titles if title in OF_THE_SOURCE_AND_PROBES] == OF_THE_SOURCE_AND_PROBES


def test_response_time_has_three_percentiles() -> None:
    expressions = [target["expr"] for target in panel(BOARD, "Response time")["targets"]]
    assert [text.split(",")[0] for text in expressions] == [
        f"histogram_quantile({quantile}" for quantile in (0.5, 0.95, 0.99)
    ]


@pytest.mark.parametrize("title", ["Instances down", "Probes failing"])
def test_the_first_instance_lost_turns_the_figure_red(title: str) -> None:
    steps = panel(BOARD, title)["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "green"), (1, "red")]


def test_it_lists_every_alert_whatever_its_dashboard() -> None:
    expression = panel(BOARD, "Firing alerts")["targets"][0]["expr"]
    assert 'alertstate="firing"' in expression
    assert "alertname=" not in expression


def test_it_is_found_where_alerts_link_to() -> None:
    assert LINKS.dashboard(BOARD["uid"], "checkout").endswith("/d/main?var-service=checkout")
    assert "service" in [variable["name"] for variable in BOARD["templating"]["list"]]
