"""Every Grafana dashboard, built as a deploy would build it, and a reader for what is in one."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from alert_rules import registry
from alert_rules.compilers.common import Links
from alert_rules.lint import needed_exporters
from alert_rules.loader import builtin
from alert_rules.model import PrometheusAlert
from alert_rules.overrides import resolve
from dashboards import board as boards_as_data
from dashboards.board import build
from dashboards.grafana import BOARDS, service
from dashboards.panels import Panel, filled_in

LINKS = Links(runbooks="https://runbooks.example.org", grafana="https://grafana.example.org")

Board = dict[str, Any]

ALWAYS = {"application", "prometheus", "prometheus_server", "alertmanager", "grafana"}
"""What a stack has in any environment."""

SERVICE = "service-a"
"""The uid of the board that the service `a` has, like any other."""

SWITCHED = sorted(registry.exporters() - ALWAYS)
"""What an environment may be without."""


def default_thresholds() -> dict[str, float]:
    """The defaults of the catalogue for the alerts that the dashboards draw."""
    alerts = builtin().alerts
    return {name: resolve(alerts[name]).values["threshold"].value for board in BOARDS for name in board.thresholds}


def every_board(running: Collection[str] | None = None) -> tuple[boards_as_data.Board, ...]:
    """Those of the audiences, and that of a service with objectives, as they are described where these exporters run;
    all of them where none are given."""
    found = registry.exporters() if running is None else running
    return (*BOARDS, service.board("a", "web", objectives=True, running=found))


def boards(
    *, exporters: Collection[str] | None = None, thresholds: Mapping[str, float] | None = None
) -> dict[str, Board]:
    """Every dashboard by its uid; with everything that could export metrics, and every alert in force as it is by
    default."""
    folders = build(
        every_board(exporters),
        exporters=registry.exporters() if exporters is None else exporters,
        thresholds=default_thresholds() if thresholds is None else thresholds,
        links=LINKS,
    )
    return {uid: board for folder in folders.values() for uid, board in folder.items()}


def choices(board: Board) -> list[Board]:
    """The variables by which people choose what a dashboard shows, besides its data source."""
    return [variable for variable in board["templating"]["list"] if variable["type"] == "query"]


def panels(board: Board) -> list[Board]:
    """The panels of a dashboard that show data: all but row headers and texts."""
    return [panel for panel in board["panels"] if panel["type"] not in ("row", "text")]


def panel(board: Board, title: str) -> Board:
    """The panel of that title."""
    (found,) = [panel for panel in panels(board) if panel["title"] == title]
    return found


def targets(board: Board) -> Iterator[tuple[str, Board]]:
    """Each query with the title of its panel."""
    return ((panel["title"], target) for panel in panels(board) for target in panel["targets"])


promql = filled_in


def labels_of(series: str) -> frozenset[str] | None:
    """The labels that a series of that name has, or None where nothing exports it."""
    metric = registry.metric_of(series)
    return metric.labels if metric else None


def described(board: boards_as_data.Board) -> list[Panel]:
    """The panels of a dashboard as they are described, whatever is exported."""
    return [panel for row in board.rows for panel in row.panels]


def alert(name: str) -> PrometheusAlert:
    """The catalogue's definition of an alert."""
    return next(alert for alert in builtin().prometheus if alert.name == name)


def in_force(exporters: Collection[str]) -> list[PrometheusAlert]:
    """The alerts of the catalogue for which everything they read is exported."""
    return [alert for alert in builtin().prometheus if needed_exporters(alert) <= set(exporters)]


def text(board: Board) -> str:
    """The dashboard as it would be written to a file."""
    return json.dumps(board)
