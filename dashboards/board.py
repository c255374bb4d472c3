"""A Grafana dashboard as data, and how every one is built: read-only, with its variables, linked to runbooks."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from grafana_foundation_sdk.builders import dashboard as settings
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from alert_rules.compilers.common import Links
from dashboards.panels import SOURCE, Row, lay_out, thresholds_shown, with_data


@dataclass(frozen=True)
class Variable:
    """A variable by which a person narrows a dashboard: the values of `label` on the series of a selector."""

    name: str
    selector: str
    label: str

    @property
    def query(self) -> str:
        """The query by which Grafana finds the values."""
        return f"label_values({self.selector}, {self.label})"


SERVICE = Variable("service", "up", "service")


@dataclass(frozen=True)
class Board:
    """One dashboard. Alerts give it as theirs by its `uid`; `folder` is where people find it."""

    uid: str
    title: str
    folder: str
    description: str
    rows: tuple[Row, ...]
    tags: tuple[str, ...] = ()
    variables: tuple[Variable, ...] = (SERVICE,)

    @property
    def thresholds(self) -> tuple[str, ...]:
        """Names of the alerts whose threshold it draws as a line."""
        return thresholds_shown(self.rows)


def build(
    boards: Sequence[Board], *, exporters: Collection[str], thresholds: Mapping[str, float], links: Links
) -> dict[str, dict[str, dict[str, Any]]]:
    """The dashboards as Grafana provisions them, in plain JSON values: folder → uid → dashboard.

    A panel on the metrics of none of the `exporters` is left out, and so is a dashboard that has no panel left but
    those that stand aside.
    `thresholds` holds the resolved parameter `threshold`, in its base unit (ratio 0..1, seconds, percent, bytes), of
    each alert in force that a panel draws.
    """
    folders: dict[str, dict[str, dict[str, Any]]] = {}
    for board in boards:
        rows = with_data(board.rows, exporters)
        if any(not panel.aside for row in rows for panel in row.panels):
            built = _settings(board).build()
            built.panels = lay_out(rows, thresholds=thresholds, links=links)
            folders.setdefault(board.folder, {})[board.uid] = json.loads(JSONEncoder().encode(built))
    return folders


def _settings(board: Board) -> settings.Dashboard:
    builder = (
        settings.Dashboard(board.title)
        .uid(board.uid)
        .description(board.description)
        .tags(["vigil", *board.tags])
        .readonly()
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .with_variable(_datasource())
    )
    for variable in board.variables:
        builder = builder.with_variable(_variable(variable))
    return builder


def _datasource() -> settings.DatasourceVariable:
    prometheus = dashboard.VariableOption(selected=True, text="Prometheus", value="prometheus")
    variable = settings.DatasourceVariable("datasource").label("Data source")
    return variable.type("prometheus").current(prometheus)


def _variable(variable: Variable) -> settings.QueryVariable:
    # All is `.*`, not the list of names: an alert about a service that is no longer scraped stays in sight.
    everything = dashboard.VariableOption(selected=True, text=["All"], value=["$__all"])
    return (
        settings.QueryVariable(variable.name)
        .label(variable.name.replace("_", " ").capitalize())
        .datasource(SOURCE)
        .query({"query": variable.query, "refId": f"{variable.name}s"})
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(everything)
    )
