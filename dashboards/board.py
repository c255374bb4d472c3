"""A Grafana dashboard as data, and how every one is built: read-only, with its variables, linked to runbooks."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from grafana_foundation_sdk.builders import dashboard as settings
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from alert_rules.compilers.common import Links
from dashboards.panels import SOURCE, Row, lay_out, thresholds_shown, with_data
from dashboards.queries import Narrowed

Body: TypeAlias = dict[str, Any]
"""A dashboard as Grafana reads it, in plain JSON values."""


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


@dataclass(frozen=True)
class Fixed:
    """A variable that nobody chooses: the dashboard is about one value of the label of that name."""

    name: str
    value: str


SERVICE = Variable("service", "up", "service")

SERVICE_BOARD = "service"
"""The tag of dashboards that are about one service each."""

_BUILDS = Narrowed(SERVICE.name).series("service_build_info")
_DEPLOYED = (
    f"max by (service, version) ({_BUILDS})\n"
    f"unless max by (service, version) ({_BUILDS} offset $__interval)\n"
    f"and on (service) {_BUILDS} offset $__interval"
)
"""Versions that were not there a step of the graph before, of services that were: one that only comes back is no
deploy. The step grows with the time that is shown, so that none falls between two."""


@dataclass(frozen=True)
class Board:
    """One dashboard. Alerts give it as theirs by its `uid`; `folder` is where people find it."""

    uid: str
    title: str
    folder: str
    description: str
    rows: tuple[Row, ...]
    tags: tuple[str, ...] = ()
    variables: tuple[Variable | Fixed, ...] = (SERVICE,)
    links: tuple[settings.DashboardLink, ...] = ()

    @property
    def thresholds(self) -> tuple[str, ...]:
        """Names of the alerts whose threshold it draws as a line."""
        return thresholds_shown(self.rows)


def build(
    boards: Sequence[Board], *, exporters: Collection[str], thresholds: Mapping[str, float], links: Links
) -> dict[str, dict[str, Body]]:
    """The dashboards as Grafana provisions them: folder → uid → dashboard.

    A panel on the metrics of none of the `exporters` is left out, and so is a dashboard that has no panel left but
    those that stand aside.
    `thresholds` holds the resolved parameter `threshold`, in its base unit (ratio 0..1, seconds, percent, bytes), of
    each alert in force that a panel draws.
    """
    folders: dict[str, dict[str, Body]] = {}
    running, figures = frozenset(exporters), frozenset(thresholds.items())
    for board in boards:
        if panels := _panels(board.rows, running, figures, links):
            folders.setdefault(board.folder, {})[board.uid] = _body(board, panels)
    return folders


@cache
def _panels(
    rows: tuple[Row, ...], exporters: frozenset[str], thresholds: frozenset[tuple[str, float]], links: Links
) -> list[Body]:
    """The panels of a dashboard, or none where it would have but those that stand aside. Kept, since those of most
    services are the same."""
    shown = with_data(rows, exporters)
    if all(panel.aside for row in shown for panel in row.panels):
        return []
    found: list[Body] = json.loads(JSONEncoder().encode(lay_out(shown, thresholds=dict(thresholds), links=links)))
    return found


def _body(board: Board, panels: list[Body]) -> Body:
    body: Body = json.loads(JSONEncoder().encode(_settings(board).build()))
    body["panels"] = panels
    if any(variable.name == SERVICE.name for variable in board.variables):
        body["annotations"] = {"list": [_deploys()]}
    return body


def _deploys() -> Body:
    """The annotation that marks deploys of the services chosen. The SDK's own has no field for the title."""
    return {
        "name": "Deploys",
        "datasource": {"type": SOURCE.type_val, "uid": SOURCE.uid},
        "enable": True,
        "hide": False,
        "iconColor": "blue",
        "target": {"refId": "Deploys", "expr": _DEPLOYED, "interval": "60s"},
        "titleFormat": "{{service}} {{version}}",
        "textFormat": "Version {{version}} was deployed.",
        "tagKeys": "service",
        "useValueForTime": "",
    }


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
        builder = builder.with_variable(_fixed(variable) if isinstance(variable, Fixed) else _variable(variable))
    return builder.links(list(board.links)) if board.links else builder


def _datasource() -> settings.DatasourceVariable:
    prometheus = dashboard.VariableOption(selected=True, text="Prometheus", value="prometheus")
    variable = settings.DatasourceVariable("datasource").label("Data source")
    return variable.type("prometheus").current(prometheus)


def _fixed(variable: Fixed) -> settings.ConstantVariable:
    return settings.ConstantVariable(variable.name).value(variable.value)


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
