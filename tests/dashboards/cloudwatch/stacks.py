"""Resources of every catalogue kind with their compiled alarms, and a reader for dashboard bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alert_rules.alarms import ServiceKind
from alert_rules.compilers.cloudwatch import CompiledAlarm, compile_alarms
from alert_rules.compilers.common import Links, ResourceScope
from alert_rules.loader import Catalogue, builtin
from alert_rules.overrides import Override
from dashboards.cloudwatch.build import Body, bodies

REGION, ENVIRONMENT = "eu-west-1", "prod"
LINKS = Links(runbooks="https://runbooks.example.org", grafana="https://grafana.example.org")

KINDS = builtin().kinds


def resource(kind: ServiceKind, name: str) -> ResourceScope:
    """A resource of the kind with a value of its own for each dimension."""
    fullest: tuple[str, ...] = max(kind.dimension_sets, key=len)
    own = [dimension for dimension in fullest if dimension not in kind.fixed_dimensions]
    dimensions = {dimension: f"{name}/{dimension}" for dimension in own}
    return ResourceScope(name=name, kind=kind.kind, service="shop", team="payments", dimensions=dimensions)


def one_of_each() -> list[ResourceScope]:
    """A resource of every kind in the catalogue."""
    return [resource(kind, f"the-{name.replace('_', '-')}") for name, kind in KINDS.items()]


def compiled(
    resources: Sequence[ResourceScope],
    kinds: Mapping[str, ServiceKind] = KINDS,
    overrides: Mapping[str, Override] | None = None,
) -> tuple[CompiledAlarm, ...]:
    """The alarms of the resources."""
    return compile_alarms(Catalogue((), kinds), resources, overrides=overrides or {}, links=LINKS)


def arn(alarm: CompiledAlarm) -> str:
    """The ARN of an alarm, as the deploy names it."""
    return f"arn:aws:cloudwatch:{REGION}:123456789012:alarm:vigil-{alarm.resource.name}-{alarm.alert}"


def built(
    resources: Sequence[ResourceScope],
    alarms: Sequence[CompiledAlarm],
    kinds: Mapping[str, ServiceKind] = KINDS,
) -> dict[str, Body]:
    """The dashboards as a deploy builds them."""
    return bodies(kinds, resources, alarms, region=REGION, environment=ENVIRONMENT, alarm_arn=arn)


def every_dashboard() -> dict[str, Body]:
    """The dashboards of one resource of every kind."""
    return built(one_of_each(), compiled(one_of_each()))


def properties(dashboards: Iterable[Body], type: str) -> list[dict[str, Any]]:
    """The properties of all widgets of a type, in order."""
    widgets = [widget for body in dashboards for widget in body["widgets"]]
    return [widget["properties"] for widget in widgets if widget["type"] == type]


def graph(dashboards: dict[str, Body], title: str) -> dict[str, Any]:
    """The properties of the metric widget of that title."""
    (found,) = [p for p in properties(dashboards.values(), "metric") if p["title"] == title]
    return found
