"""CloudWatch dashboards: one for each `dashboard` that the service kinds name, a section for each resource.

Fields and their values are those of AWS's "Dashboard body structure and syntax".
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from alert_rules.alarms import ServiceKind, Widget
from alert_rules.compilers.cloudwatch import CompiledAlarm, dimensions_for
from alert_rules.compilers.common import ResourceScope

COLUMNS = 24

# CloudWatch service quotas, "Dashboards": none of them can be raised.
MOST_WIDGETS = 500
MOST_METRICS = 2500
MOST_METRICS_IN_WIDGET = 500
# Dashboard body structure, alarm status widget: 1 to 100 ARNs.
MOST_ALARMS_IN_WIDGET = 100

# Chosen for 1440 px, where a column is 60 px wide and a unit of height about 50 px high.
GRAPHS_ACROSS = 3
GRAPH_HEIGHT = 6
HEADER_HEIGHT = 2
ALARMS_ACROSS = 6
HIGHEST_ALARM_WIDGET = 8  # it scrolls beyond, with the alarms that fire on top

LINE_COLOUR = "#d62728"

Properties = dict[str, Any]
Body = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True)
class Section:
    """What a dashboard shows of one resource: a header, its graphs and the ARNs of its alarms."""

    header: str
    graphs: tuple[Properties, ...]
    alarms: tuple[str, ...]


@dataclass(frozen=True)
class Strip:
    """Widgets of one type side by side, each a `columns`-th of the width; their properties from the left."""

    type: str
    height: int
    widgets: tuple[Properties, ...]
    columns: int = 1


def bodies(
    kinds: Mapping[str, ServiceKind],
    resources: Sequence[ResourceScope],
    alarms: Sequence[CompiledAlarm],
    *,
    region: str,
    environment: str,
    alarm_arn: Callable[[CompiledAlarm], str],
) -> dict[str, Body]:
    """Dashboard bodies by name, one for each dashboard named by the kind of a resource.

    A dashboard over CloudWatch's limits goes on under its name with `-2`, `-3` … The order of `resources` and
    `alarms` does not matter. Raises ValueError for a kind whose widgets alone are over the limits.
    """
    own_alarms = defaultdict(list)
    for alarm in sorted(alarms, key=lambda alarm: alarm.alert):
        own_alarms[alarm.resource.kind, alarm.resource.name].append(alarm)
    sections: dict[str, list[Section]] = defaultdict(list)
    for resource in sorted(resources, key=lambda resource: (resource.kind, resource.name)):
        kind, own = kinds[resource.kind], own_alarms[resource.kind, resource.name]
        section = Section(
            header=_header(kind, resource, environment),
            graphs=tuple(_graph(kind, resource, widget, own, region) for widget in kind.widgets),
            alarms=tuple(alarm_arn(alarm) for alarm in own),
        )
        sections[kind.dashboard].append(section)
    return {
        name if number == 1 else f"{name}-{number}": _body(page)
        for name, parts in sorted(sections.items())
        for number, page in enumerate(_pages(parts), start=1)
    }


def _header(kind: ServiceKind, resource: ResourceScope, environment: str) -> str:
    dimensions = dimensions_for(kind, resource)
    facts = [environment, f"service {resource.service}", f"team {resource.team}"]
    facts += [f"{name} `{value}`" for name, value in dimensions.items()]
    return f"## {kind.title}: {resource.name}\n{' · '.join(facts)}"


def _graph(
    kind: ServiceKind, resource: ResourceScope, widget: Widget, alarms: Sequence[CompiledAlarm], region: str
) -> Properties:
    dimensions = dimensions_for(kind, resource, widget.dimensions)
    path = [part for dimension in dimensions.items() for part in dimension]
    drawn = [_annotation(alarm) for alarm in alarms if _shows(widget, dimensions, alarm)]
    return {
        "title": f"{resource.name}: {widget.title}",
        "view": "timeSeries",
        "region": region,
        "stat": widget.statistic,
        "period": int(widget.period.value),
        "metrics": [[kind.namespace, metric, *path, {"label": metric}] for metric in widget.metrics],
        "yAxis": {"left": {"label": widget.unit, "showUnits": False}},
        **({"annotations": {"horizontal": drawn}} if drawn else {}),
    }


def _shows(widget: Widget, dimensions: Mapping[str, str], alarm: CompiledAlarm) -> bool:
    """Whether the alarm watches what the widget draws: another statistic or period is another series."""
    return (
        alarm.metric in widget.metrics
        and alarm.dimensions == dimensions
        and alarm.statistic == widget.statistic
        and alarm.period == widget.period.value
    )


def _annotation(alarm: CompiledAlarm) -> Properties:
    return {
        "label": f"{alarm.alert} ({alarm.severity})",
        "value": alarm.threshold,
        "color": LINE_COLOUR,
        "fill": "above" if alarm.comparison.startswith("Greater") else "below",
    }


def _pages(sections: Sequence[Section]) -> Iterator[list[Section]]:
    """The sections in order, as many on a page as CloudWatch takes."""
    page: list[Section] = []
    for section in sections:
        if not _fits([section]):
            title = section.header.splitlines()[0]
            raise ValueError(f"{title!r}: more widgets or metrics than one CloudWatch dashboard can hold")
        if not _fits([*page, section]):
            yield page
            page = []
        page.append(section)
    yield page


def _fits(page: Sequence[Section]) -> bool:
    in_widgets = [len(graph["metrics"]) for section in page for graph in section.graphs]
    alarm_widgets = math.ceil(sum(len(section.alarms) for section in page) / MOST_ALARMS_IN_WIDGET)
    return (
        alarm_widgets + len(page) + len(in_widgets) <= MOST_WIDGETS
        and sum(in_widgets) <= MOST_METRICS
        and max(in_widgets, default=0) <= MOST_METRICS_IN_WIDGET
    )


def _body(page: Sequence[Section]) -> Body:
    widgets: list[Properties] = []
    y = 0
    for strip in [*_alarm_strips(page), *(strip for section in page for strip in _section_strips(section))]:
        widgets += _placed(strip, y)
        y += strip.height
    # Without `inherit` a long time range widens the periods, and sums over more time cross their line unduly.
    return {"start": "-PT6H", "periodOverride": "inherit", "widgets": widgets}


def _alarm_strips(page: Sequence[Section]) -> Iterator[Strip]:
    arns = [arn for section in page for arn in section.alarms]
    for some in _chunks(arns, MOST_ALARMS_IN_WIDGET):
        status = {"title": "Alarms", "alarms": some, "sortBy": "stateUpdatedTimestamp"}
        height = min(1 + math.ceil(len(some) / ALARMS_ACROSS), HIGHEST_ALARM_WIDGET)
        yield Strip("alarm", height, (status,))


def _section_strips(section: Section) -> Iterator[Strip]:
    yield Strip("text", HEADER_HEIGHT, ({"markdown": section.header},))
    columns = min(len(section.graphs), GRAPHS_ACROSS)
    for some in _chunks(section.graphs, GRAPHS_ACROSS):
        yield Strip("metric", GRAPH_HEIGHT, tuple(some), columns)


def _placed(strip: Strip, y: int) -> Iterator[Properties]:
    width = COLUMNS // strip.columns
    for column, properties in enumerate(strip.widgets):
        place = {"x": column * width, "y": y, "width": width, "height": strip.height}
        yield {"type": strip.type, **place, "properties": properties}


def _chunks(items: Sequence[T], size: int) -> Iterator[list[T]]:
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
