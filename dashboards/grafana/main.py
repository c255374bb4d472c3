"""The main dashboard: every service's traffic, errors, latency, AI requests, saturation, and what is firing.

The panels of universal-ai-tools-guide 3.1 ("Main Dashboard"), aggregated by service, with the alerts' lines.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from grafana_foundation_sdk.builders import dashboard as settings
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import dashboard

from alert_rules.compilers.common import Links
from dashboards.panels import SOURCE, Panel, Query, Row, alert_list, figure, graph, lay_out, thresholds_shown

UID = "main"
"""Also the name by which alerts give this dashboard as theirs."""


def _rate(metric: str, by: str, *matchers: str) -> str:
    selector = ",".join(['service=~"$service"', *matchers])
    return f"sum by ({by}) (rate({metric}{{{selector}}}[$__rate_interval]))"


def _ratio(metric: str, failed: str) -> str:
    """Failed over all; 0 while a service answers and nothing fails, which leaves no failed series at all."""
    every, failures = _rate(metric, "service"), _rate(metric, "service", failed)
    return f"({failures} or 0 * {every}) / {every}"


def _quantile(quantile: float, histogram: str, by: str) -> str:
    return f"histogram_quantile({quantile}, {_rate(f'{histogram}_bucket', f'{by}, le')})"


_NOW = Row(
    "Now",
    (
        Panel(
            title="Instances up",
            unit="short",
            description="Instances that Prometheus scraped with success.",
            queries=(Query('sum(up{service=~"$service"})', "up"),),
            draw=figure,
            width=4,
        ),
        Panel(
            title="Instances down",
            unit="short",
            description="Instances that cannot be scraped. Red from the first on: each is down, or blind.",
            queries=(Query('count(up{service=~"$service"} == 0) or vector(0)', "down"),),
            draw=figure,
            alert="ServiceDown",
            related=("ServiceMissing",),
            limit=1,
            width=4,
        ),
        Panel(
            title="Probes failing",
            unit="short",
            description="Addresses that give the blackbox exporter no good answer. Red from the first on.",
            queries=(Query('count(probe_success{service=~"$service"} == 0) or vector(0)', "failing"),),
            draw=figure,
            alert="ProbeFailing",
            limit=1,
            width=4,
        ),
        Panel(
            title="Firing alerts",
            unit="short",
            description="Alerts that fire now; the name leads to the alert's runbook.",
            queries=(
                Query(
                    "max by (severity, alertname, service, team, instance) "
                    '(ALERTS{alertstate="firing",service=~"$service"})'
                ),
            ),
            draw=alert_list,
            width=12,
        ),
    ),
    height=8,
)

_HTTP = Row(
    "HTTP requests",
    (
        Panel(
            title="Request rate",
            unit="reqps",
            description="Requests answered a second, by service.",
            queries=(Query(_rate("http_requests_total", "service"), "{{service}}"),),
            draw=graph,
        ),
        Panel(
            title="Error ratio",
            unit="percentunit",
            description="Share of requests answered with 5xx, by service.",
            queries=(Query(_ratio("http_requests_total", 'status_code=~"5.."'), "{{service}}"),),
            draw=graph,
            alert="HighErrorRate",
        ),
        Panel(
            title="Response time",
            unit="s",
            description="50th, 95th and 99th percentile by service; the alert watches the 95th.",
            queries=tuple(
                Query(
                    _quantile(quantile, "http_request_duration_seconds", "service"),
                    f"{{{{service}}}} p{quantile * 100:.0f}",
                )
                for quantile in (0.5, 0.95, 0.99)
            ),
            draw=graph,
            alert="HighResponseTime",
        ),
    ),
)

_AI = Row(
    "AI requests",
    (
        Panel(
            title="AI request rate",
            unit="reqps",
            description="Requests to models a second, by model and provider.",
            queries=(Query(_rate("ai_requests_total", "model, provider"), "{{model}} ({{provider}})"),),
            draw=graph,
        ),
        Panel(
            title="AI failure ratio",
            unit="percentunit",
            description="Share of AI requests that end in an error, by the service that makes them.",
            queries=(Query(_ratio("ai_requests_total", 'status="error"'), "{{service}}"),),
            draw=graph,
            alert="AIRequestFailures",
        ),
        Panel(
            title="AI request duration, p95",
            unit="s",
            description="95th percentile of the duration of AI requests, by model and provider.",
            queries=(
                Query(
                    _quantile(0.95, "ai_request_duration_seconds", "model, provider"),
                    "{{model}} ({{provider}})",
                ),
            ),
            draw=graph,
        ),
    ),
)

_SATURATION = Row(
    "Saturation",
    (
        Panel(
            title="CPU usage",
            unit="percent",
            description="CPU in use by the busiest instance of each service.",
            queries=(Query('max by (service) (cpu_usage_percent{service=~"$service"})', "{{service}}"),),
            draw=graph,
            alert="HighCPUUsage",
        ),
        Panel(
            title="Memory usage",
            unit="bytes",
            description="Memory in use by the largest instance of each service.",
            queries=(Query('max by (service) (memory_usage_bytes{service=~"$service"})', "{{service}}"),),
            draw=graph,
            alert="HighMemoryUsage",
        ),
        Panel(
            title="Active connections",
            unit="short",
            description="Open connections of all instances of each service.",
            queries=(Query('sum by (service) (active_connections{service=~"$service"})', "{{service}}"),),
            draw=graph,
        ),
    ),
)

ROWS = (_NOW, _HTTP, _AI, _SATURATION)

THRESHOLDS = thresholds_shown(ROWS)
"""The alerts whose resolved `threshold` `build` draws as a line."""


def build(*, thresholds: Mapping[str, float], links: Links, title: str = "Main") -> dict[str, Any]:
    """The dashboard as Grafana provisions it, in plain JSON values.

    `thresholds` holds the resolved parameter `threshold`, in its base unit (ratio 0..1, seconds, percent,
    bytes), of each alert of THRESHOLDS that is enabled. Raises ValueError for any other alert.
    """
    built = _settings(title).build()
    built.panels = lay_out(ROWS, thresholds=thresholds, links=links)
    plain: dict[str, Any] = json.loads(JSONEncoder().encode(built))
    return plain


def _settings(title: str) -> settings.Dashboard:
    return (
        settings.Dashboard(title)
        .uid(UID)
        .description("Traffic, errors, latency, AI requests, saturation and firing alerts of every service.")
        .tags(["vigil", "services"])
        .readonly()
        .refresh("30s")
        .time("now-6h", "now")
        .timezone("browser")
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .with_variable(_datasource())
        .with_variable(_service())
    )


def _datasource() -> settings.DatasourceVariable:
    prometheus = dashboard.VariableOption(selected=True, text="Prometheus", value="prometheus")
    variable = settings.DatasourceVariable("datasource").label("Data source")
    return variable.type("prometheus").current(prometheus)


def _service() -> settings.QueryVariable:
    # All is `.*`, not the list of names: an alert about a service that is no longer scraped stays in sight.
    everything = dashboard.VariableOption(selected=True, text=["All"], value=["$__all"])
    return (
        settings.QueryVariable("service")
        .label("Service")
        .datasource(SOURCE)
        .query({"query": "label_values(up, service)", "refId": "services"})
        .refresh(dashboard.VariableRefresh.ON_TIME_RANGE_CHANGED)
        .sort(dashboard.VariableSort.ALPHABETICAL_CASE_INSENSITIVE_ASC)
        .multi(True)
        .include_all(True)
        .all_value(".*")
        .current(everything)
    )
