"""Grafana panels from a table: how every dashboard of vigil draws, names, links and places them."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from grafana_foundation_sdk.builders import common as options
from grafana_foundation_sdk.builders import dashboard as settings
from grafana_foundation_sdk.builders import prometheus, stat, table, timeseries
from grafana_foundation_sdk.models import common, dashboard
from grafana_foundation_sdk.models.prometheus import PromQueryFormat

from alert_rules.compilers.common import Links
from alert_rules.registry import exporters_of
from dashboards.queries import Narrowed

COLUMNS = 24
"""Width of Grafana's grid; one column is about 58 px at 1440 px."""

SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${datasource}")
"""The Prometheus that the dashboard's variable `datasource` names."""

CALM, ALARMED = "green", "red"

SEVERITY_COLOURS = {"critical": "red", "high": "orange", "medium": "yellow", "low": "blue", "info": "text"}

PanelBuilder = timeseries.Panel | stat.Panel | table.Panel


@dataclass(frozen=True)
class Query:
    """A PromQL expression, which may use the dashboard's variables, and the name of each of its series."""

    expression: str
    legend: str = ""


def percentiles(services: Narrowed, histogram: str, *matchers: str) -> tuple[Query, ...]:
    """The 50th, 95th and 99th percentile of a classic histogram by service, each named after both."""
    found = services.quantiles(histogram, "service", *matchers)
    return tuple(Query(expression, f"{{{{service}}}} {name}") for name, expression in found)


def filled_in(expression: str) -> str:
    """The expression with Grafana's variables replaced by what they may stand for, so that it is plain PromQL."""
    ranges = expression.replace("$__rate_interval", "5m").replace("$__range", "6h").replace("$__interval", "1m")
    return re.sub(r"\$\{?\w+(:\w+)?\}?", ".*", ranges)


@dataclass(frozen=True)
class Panel:
    """What one panel shows. Its line is the threshold of `alert`, or `limit` for an alert without one."""

    title: str
    unit: str
    description: str
    queries: tuple[Query, ...]
    draw: Callable[[Panel, float | None, Links], PanelBuilder]
    alert: str | None = None
    related: tuple[str, ...] = ()  # alerts that it explains without drawing their line
    limit: float | None = None
    width: int = 8
    aside: bool = False  # no reason for a dashboard by itself

    @property
    def exporters(self) -> frozenset[str]:
        """What must export metrics for the panel to show anything."""
        return frozenset().union(*(exporters_of(filled_in(query.expression)) for query in self.queries))


@dataclass(frozen=True)
class Row:
    """A titled row of panels, each `height` units of 38 px high; breaks where the next one does not fit."""

    title: str
    panels: tuple[Panel, ...]
    height: int = 9


def thresholds_shown(rows: Sequence[Row]) -> tuple[str, ...]:
    """Names of the alerts whose threshold is drawn on a panel."""
    return tuple(p.alert for row in rows for p in row.panels if p.alert is not None and p.limit is None)


def lay_out(
    rows: Sequence[Row], *, thresholds: Mapping[str, float], links: Links
) -> list[dashboard.Panel | dashboard.RowPanel]:
    """The panels of `rows`, numbered and placed from the top down.

    `thresholds` holds the value of an alert's parameter `threshold` in the panel's unit; an alert that it
    lacks is not in force and gets no line.
    """
    return [
        _row(number, item, position) if isinstance(item, Row) else _panel(number, item, position, thresholds, links)
        for number, (item, position) in enumerate(placed(rows), start=1)
    ]


def with_data(rows: Sequence[Row], exporters: Collection[str]) -> tuple[Row, ...]:
    """The rows with those panels alone whose metrics something among the `exporters` exports; no empty row."""
    shown = (replace(row, panels=tuple(p for p in row.panels if p.exporters <= set(exporters))) for row in rows)
    return tuple(row for row in shown if row.panels)


def placed(rows: Sequence[Row]) -> Iterator[tuple[Row | Panel, dashboard.GridPos]]:
    """Every row header and panel with its place on the grid; the last panel of a line takes what room is left."""
    y = 0
    for row in rows:
        yield row, dashboard.GridPos(x=0, y=y, w=COLUMNS, h=1)
        y += 1
        for line in _lines(row):
            x = 0
            for panel in line:
                width = COLUMNS - x if panel is line[-1] else panel.width
                yield panel, dashboard.GridPos(x=x, y=y, w=width, h=row.height)
                x += width
            y += row.height


def _lines(row: Row) -> list[list[Panel]]:
    lines: list[list[Panel]] = [[]]
    for panel in row.panels:
        if sum(each.width for each in lines[-1]) + panel.width > COLUMNS:
            lines.append([])
        lines[-1].append(panel)
    return lines


def graph(panel: Panel, line: float | None, _links: Links) -> timeseries.Panel:
    """Series over time with a legend of last and highest values, and a dashed red line at `line`."""
    builder = (
        timeseries.Panel()
        .targets([query.range() for query in _targets(panel)])
        .min(0)
        .line_width(2)
        .show_points(common.VisibilityMode.NEVER)
        .color_scheme(settings.FieldColor().mode(dashboard.FieldColorModeId.PALETTE_CLASSIC_BY_NAME))
        .tooltip(_tooltip())
        .legend(_legend())
    )
    if line is None:
        return builder
    dashed = options.GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
    # The soft maximum keeps the line in view however small the values are.
    return builder.thresholds(_steps(line)).thresholds_style(dashed).axis_soft_max(line * 1.25)


def figure(panel: Panel, line: float | None, _links: Links) -> stat.Panel:
    """One large figure, the latest value of each query; red from `line` on."""
    return (
        stat.Panel()
        .targets([query.range() for query in _targets(panel)])
        .reduce_options(options.ReduceDataOptions().calcs(["lastNotNull"]))
        .graph_mode(common.BigValueGraphMode.AREA)
        .color_mode(common.BigValueColorMode.VALUE)
        .thresholds(_steps(line))
    )


def state(names: Mapping[int, tuple[str, str]]) -> Callable[[Panel, float | None, Links], PanelBuilder]:
    """Draws the latest value of each query as its name, in its colour."""
    results = {
        str(value): dashboard.ValueMappingResult(text=text, color=colour, index=value)
        for value, (text, colour) in names.items()
    }

    def draw(panel: Panel, line: float | None, links: Links) -> stat.Panel:
        mapping = dashboard.ValueMap(options=results)
        return figure(panel, line, links).mappings([mapping]).graph_mode(common.BigValueGraphMode.NONE)

    return draw


def alert_list(*labels: str) -> Callable[[Panel, float | None, Links], PanelBuilder]:
    """Draws a table of the series of an ALERTS query by these labels, critical and high ones first, each linked to its
    runbook."""
    columns = ["severity", "alertname", *labels]

    def draw(panel: Panel, _line: float | None, links: Links) -> table.Panel:
        by_severity = options.TableSortByFieldState().display_name("Severity")  # the alphabet puts critical first
        return (
            table.Panel()
            .targets([query.instant().format(PromQueryFormat.TABLE) for query in _targets(panel)])
            .with_transformation(_only(columns))
            .sort_by([by_severity])
            .no_value("No alert is firing")
            .override_by_name("Severity", _coloured(SEVERITY_COLOURS))
            .override_by_name("Alert", _linked("Runbook", links.runbook("${__value.raw}")))
        )

    return draw


def _row(number: int, row: Row, position: dashboard.GridPos) -> dashboard.RowPanel:
    return settings.Row(row.title).id(number).grid_pos(position).build()


def _panel(
    number: int, panel: Panel, position: dashboard.GridPos, thresholds: Mapping[str, float], links: Links
) -> dashboard.Panel:
    line = panel.limit if panel.limit is not None else thresholds.get(panel.alert or "")
    builder = panel.draw(panel, line, links)
    builder.id(number).title(panel.title).description(_description(panel, line)).unit(panel.unit)
    builder.datasource(SOURCE).grid_pos(position)
    if alerts := [*([panel.alert] if panel.alert else []), *panel.related]:
        builder.links([_runbook(alert, links) for alert in alerts])
    return builder.build()


def _targets(panel: Panel) -> list[prometheus.Dataquery]:
    return [
        prometheus.Dataquery().expr(query.expression).legend_format(query.legend).ref_id(letter)
        for letter, query in zip(string.ascii_uppercase, panel.queries, strict=False)
    ]


def _description(panel: Panel, line: float | None) -> str:
    drawn = panel.alert is not None and panel.limit is None and line is not None
    return f"{panel.description} Dashed line: threshold of {panel.alert}." if drawn else panel.description


def _runbook(alert: str, links: Links) -> settings.DashboardLink:
    link = settings.DashboardLink(f"Runbook: {alert}").type(dashboard.DashboardLinkType.LINK)
    return link.url(links.runbook(alert)).target_blank(True)


def _steps(line: float | None) -> settings.ThresholdsConfig:
    steps = [dashboard.Threshold(None, CALM)]
    if line is not None:
        steps.append(dashboard.Threshold(line, ALARMED))
    return settings.ThresholdsConfig().mode(dashboard.ThresholdsMode.ABSOLUTE).steps(steps)


def _legend() -> options.VizLegendOptions:
    table_below = options.VizLegendOptions().display_mode(common.LegendDisplayMode.TABLE).show_legend(True)
    table_below.placement(common.LegendPlacement.BOTTOM).calcs(["lastNotNull", "max"])
    return table_below.sort_by("Max").sort_desc(True)


def _tooltip() -> options.VizTooltipOptions:
    every = options.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI)
    return every.sort(common.SortOrder.DESCENDING)


def _only(labels: Sequence[str]) -> dashboard.DataTransformerConfig:
    names = {label: "Alert" if label == "alertname" else label.capitalize() for label in labels}
    order = {label: place for place, label in enumerate(labels)}
    chosen = {"excludeByName": {"Time": True, "Value": True}, "indexByName": order, "renameByName": names}
    return dashboard.DataTransformerConfig("organize", options=chosen)


def _coloured(colours: Mapping[str, str]) -> list[dashboard.DynamicConfigValue]:
    texts = {text: {"color": colour} for text, colour in colours.items()}
    return [
        dashboard.DynamicConfigValue("mappings", [{"type": "value", "options": texts}]),
        dashboard.DynamicConfigValue("custom.cellOptions", {"type": "color-text"}),
        dashboard.DynamicConfigValue("custom.width", 100),
    ]


def _linked(title: str, url: str) -> list[dashboard.DynamicConfigValue]:
    return [dashboard.DynamicConfigValue("links", [{"title": title, "url": url, "targetBlank": True}])]
