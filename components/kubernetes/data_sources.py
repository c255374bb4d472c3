"""Grafana's data sources, linked so that a metric leads to a trace and a trace to its logs and back."""

from __future__ import annotations

from typing import Any

from alert_rules.quantities import seconds_text
from components.kubernetes import alertmanager, jaeger, loki, prometheus_address, thanos
from components.kubernetes.addresses import url
from components.kubernetes.jaeger_configuration import UI_PORT
from components.kubernetes.loki_configuration import is_divided
from components.kubernetes.network import Call, ToWorkload
from components.kubernetes.timeouts import ANSWER_SECONDS
from components.settings.model import Settings

Source = dict[str, Any]

# Grafana reads `$` in these files as the name of a variable; two of them stand for one.
_VALUE = "$${__value.raw}"


def data_sources(settings: Settings) -> dict[str, Any]:
    """The data sources, not editable in the browser: what is shown is what is in code."""
    return {"apiVersion": 1, "prune": True, "datasources": _sources(settings)}


def _sources(settings: Settings) -> list[Source]:
    return [
        _prometheus(settings),
        *([_loki(settings)] if settings.loki.enabled else []),
        *([_jaeger(settings)] if settings.jaeger.enabled else []),
        _source(
            "Alertmanager",
            "alertmanager",
            url(settings, alertmanager.NAME, alertmanager.PORT),
            {"implementation": "prometheus", "handleGrafanaManagedAlerts": False},
        ),
        *([_cloudwatch(settings)] if settings.aws.enabled else []),
    ]


def calls(settings: Settings) -> list[Call]:
    """What Grafana asks for its data sources."""
    namespace = settings.kubernetes.namespace
    metrics = (thanos.QUERY_FRONTEND, thanos.HTTP_PORT)
    if not settings.thanos.enabled:
        metrics = (prometheus_address.NAME, prometheus_address.PORT)
    wanted = [metrics, (alertmanager.NAME, alertmanager.PORT)]
    if settings.loki.enabled:
        wanted.append((loki.reader(settings), loki.PORT))
    if settings.jaeger.enabled:
        wanted.append((jaeger.query(settings), UI_PORT))
    return [ToWorkload(name, port, namespace) for name, port in wanted]


def _source(name: str, kind: str, address: str | None, options: Source) -> Source:
    return {
        "name": name,
        "uid": kind,
        "type": kind,
        "access": "proxy",
        **({"url": address} if address else {}),
        "editable": False,
        "jsonData": options,
    }


def _prometheus(settings: Settings) -> Source:
    """Everything there is in metrics: Thanos where it is run, since it knows the past and every shard."""
    options: Source = {
        "httpMethod": "POST",
        "timeout": ANSWER_SECONDS,
        "timeInterval": "15s",
        "manageAlerts": True,
        "alertmanagerUid": "alertmanager",
    }
    if settings.jaeger.enabled:
        options["exemplarTraceIdDestinations"] = [
            {"name": "trace_id", "datasourceUid": "jaeger", "urlDisplayLabel": "Open trace"}
        ]
    if settings.thanos.enabled:
        address, options["prometheusType"] = thanos.query_url(settings), "Thanos"
        options["customQueryParameters"] = "max_source_resolution=auto"
    else:
        address, options["prometheusType"] = prometheus_address.query_url(settings), "Prometheus"
    return _source("Prometheus", "prometheus", address, options) | {"isDefault": True}


def _loki(settings: Settings) -> Source:
    # Where the ruler is a workload of its own, who answers queries knows no rules.
    shows_rules = not is_divided(settings)
    options: Source = {
        "maxLines": 1000,
        "timeout": ANSWER_SECONDS,
        "manageAlerts": shows_rules,
        "alertmanagerUid": "alertmanager",
    }
    if settings.jaeger.enabled:
        link = {"url": _VALUE, "datasourceUid": "jaeger", "urlDisplayLabel": "Open trace"}
        in_line = r'"trace_?[iI]d"\s*:\s*"([0-9a-f]{32})"'
        options["derivedFields"] = [
            {"name": "Trace", "matcherType": "label", "matcherRegex": "trace_id", **link},
            {"name": "Trace in the line", "matcherType": "regex", "matcherRegex": in_line, **link},
        ]
    return _source("Loki", "loki", loki.read_url(settings), options)


def _jaeger(settings: Settings) -> Source:
    options: Source = {"nodeGraph": {"enabled": True}, "traceQuery": {"timeShiftEnabled": True}}
    if settings.loki.enabled:
        # The id of the trace is structured metadata, which a filter on the line would miss.
        options["tracesToLogsV2"] = {
            "datasourceUid": "loki",
            "spanStartTimeShift": "-5m",
            "spanEndTimeShift": "5m",
            "tags": [{"key": "service.name", "value": "service"}],
            "customQuery": True,
            "query": '{$${__tags}} | trace_id="$${__span.traceId}"',
        }
    if settings.opentelemetry.enabled:
        options["tracesToMetrics"] = {
            "datasourceUid": "prometheus",
            "spanStartTimeShift": "-10m",
            "spanEndTimeShift": "10m",
            "tags": [{"key": "service.name", "value": "service"}],
            "queries": [
                {"name": "Requests", "query": "sum(rate(traces_span_metrics_calls_total{$$__tags}[5m]))"},
                {
                    "name": "95th percentile",
                    "query": "histogram_quantile(0.95, "
                    "sum by (le) (rate(traces_span_metrics_duration_seconds_bucket{$$__tags}[5m])))",
                },
            ],
        }
    return _source("Jaeger", "jaeger", jaeger.query_url(settings), options)


def _cloudwatch(settings: Settings) -> Source:
    options = {
        "authType": "default",
        "defaultRegion": settings.region,
        "logsTimeout": seconds_text(1800),
    }
    return _source("CloudWatch", "cloudwatch", None, options)
