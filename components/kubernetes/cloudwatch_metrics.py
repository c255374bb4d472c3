"""Which of CloudWatch's metrics are brought into Prometheus: those that the catalogue's alarms and graphs use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from alert_rules import loader
from alert_rules.alarms import ServiceKind
from alert_rules.compilers.cloudwatch import dimensions_for
from alert_rules.compilers.common import ResourceScope

_PLAIN = ("Average", "Sum", "Minimum", "Maximum", "SampleCount")


def static_jobs(resources: Sequence[ResourceScope], region: str) -> list[dict[str, Any]]:
    """The exporter's static jobs: one a resource and set of dimensions, labelled with its service and team."""
    return [job for resource in resources for job in _jobs(resource, region)]


def _jobs(resource: ResourceScope, region: str) -> Iterator[dict[str, Any]]:
    kind = loader.builtin().kinds[resource.kind]
    wanted: dict[tuple[tuple[str, str], ...], dict[str, set[str]]] = {}
    periods: dict[str, int] = {}
    for metric, statistic, period, only in _uses(kind):
        dimensions = tuple(dimensions_for(kind, resource, only).items())
        wanted.setdefault(dimensions, {}).setdefault(metric, set()).add(statistic)
        periods[metric] = max(period, periods.get(metric, 60))
    for dimensions, metrics in wanted.items():
        yield {
            "name": f"{resource.kind}-{resource.name}",
            "namespace": kind.namespace,
            "regions": [region],
            "dimensions": [{"name": name, "value": value} for name, value in dimensions],
            "customTags": [
                {"key": key, "value": value}
                for key, value in (("service", resource.service), ("team", resource.team), ("resource", resource.name))
            ],
            "metrics": [_metric(name, statistics, periods[name]) for name, statistics in sorted(metrics.items())],
        }


def _uses(kind: ServiceKind) -> Iterator[tuple[str, str, int, tuple[str, ...] | None]]:
    """Metric, statistic, period in seconds and dimensions of everything that the kind's alarms and graphs show."""
    for alarm in kind.alarms:
        yield alarm.metric, alarm.statistic, int(alarm.period.value), alarm.dimensions
    for widget in kind.widgets:
        for metric in widget.metrics:
            yield metric, widget.statistic, int(widget.period.value), widget.dimensions


def _metric(name: str, statistics: set[str], period: int) -> Mapping[str, Any]:
    # Percentiles alone make the exporter panic (v0.67.0, pkg/clients/cloudwatch/input.go): a plain one goes before.
    plain = sorted(statistics & set(_PLAIN)) or ["Average"]
    percentiles = sorted(statistics - set(_PLAIN))
    # Twice the period, since CloudWatch is late by minutes.
    return {"name": name, "statistics": [*plain, *percentiles], "period": period, "length": max(2 * period, 600)}
