"""Compiles the alarm catalogue for the resources of one environment, in CloudWatch's own terms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alert_rules.alarms import Alarm, ServiceKind
from alert_rules.compilers.common import CompiledAlert, Links, ResourceScope
from alert_rules.loader import Catalogue
from alert_rules.model import Severity
from alert_rules.overrides import Override, Resolved, resolve
from alert_rules.templates import fill, texts


@dataclass(frozen=True)
class CompiledAlarm:
    """A metric alarm ready to be declared; periods are in seconds."""

    alert: str
    resource: ResourceScope
    severity: Severity
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int
    evaluation_periods: int
    comparison: str
    threshold: float
    unit: str | None
    treat_missing_data: str
    summary: str
    description: str
    line: CompiledAlert


def compile_alarms(
    catalogue: Catalogue, resources: Sequence[ResourceScope], *, overrides: Mapping[str, Override], links: Links
) -> tuple[CompiledAlarm, ...]:
    """Every enabled alarm of every resource. Kinds, dimensions and overrides must be free of problems."""
    return tuple(
        _alarm(catalogue.kinds[resource.kind], alarm, resource, resolved, links)
        for resource in resources
        for alarm, resolved in _enabled(catalogue.kinds[resource.kind], resource, overrides)
    )


def _enabled(
    kind: ServiceKind, resource: ResourceScope, overrides: Mapping[str, Override]
) -> Iterator[tuple[Alarm, Resolved]]:
    for alarm in kind.alarms:
        resolved = resolve(alarm, overrides.get(alarm.name, {}), resource.overrides.get(alarm.name, {}))
        if resolved.enabled:
            yield alarm, resolved


def _alarm(kind: ServiceKind, alarm: Alarm, resource: ResourceScope, resolved: Resolved, links: Links) -> CompiledAlarm:
    figures = texts(resolved.values)
    return CompiledAlarm(
        alert=alarm.name,
        resource=resource,
        severity=resolved.severity,
        namespace=kind.namespace,
        metric=alarm.metric,
        dimensions=dimensions_for(kind, resource, alarm.dimensions),
        statistic=alarm.statistic,
        period=int(alarm.period.value),
        evaluation_periods=int(resolved.hold // alarm.period.value),
        comparison=alarm.comparison,
        threshold=resolved.values["threshold"].value,
        unit=alarm.unit,
        treat_missing_data=alarm.treat_missing_data,
        summary=fill(alarm.summary, figures, resolved.hold),
        description=fill(alarm.description, figures, resolved.hold),
        line=_table_line(kind, alarm, resource, resolved, links),
    )


def dimensions_for(kind: ServiceKind, resource: ResourceScope, only: tuple[str, ...] | None = None) -> dict[str, str]:
    """The dimensions under which a metric of the resource is published, or those of them named by `only`."""
    every = {**kind.fixed_dimensions, **resource.dimensions}
    return {name: value for name, value in sorted(every.items()) if only is None or name in only}


def _table_line(
    kind: ServiceKind, alarm: Alarm, resource: ResourceScope, resolved: Resolved, links: Links
) -> CompiledAlert:
    return CompiledAlert(
        name=alarm.name,
        engine=alarm.source,
        severity=resolved.severity,
        source=f"CloudWatch, {kind.title}",
        scope=resource.name,
        condition=resolved.condition,
        runbook_url=links.runbook(alarm.name),
        dashboard_url=f"cloudwatch:{kind.dashboard}",
        platform=resource.target["kind"] if resource.target else None,
    )
