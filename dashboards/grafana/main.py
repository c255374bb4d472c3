"""The main dashboard: every service's traffic, errors, latency, AI requests, saturation, and what is firing.

The panels of universal-ai-tools-guide 3.1 ("Main Dashboard"), aggregated by service, with the alerts' lines.
"""

from __future__ import annotations

from dashboards.board import Board
from dashboards.firing import firing
from dashboards.panels import Panel, Query, Row, figure, graph, percentiles
from dashboards.queries import Narrowed, count

_SERVICES = Narrowed("service")

_NOW = Row(
    "Now",
    (
        Panel(
            title="Instances up",
            unit="short",
            description="Instances that Prometheus scraped with success.",
            queries=(Query(f"sum({_SERVICES.series('up')})", "up"),),
            draw=figure,
            width=4,
        ),
        Panel(
            title="Instances down",
            unit="short",
            description="Instances that cannot be scraped. Red from the first on: each is down, or blind.",
            queries=(Query(count(f"{_SERVICES.series('up')} == 0"), "down"),),
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
            queries=(Query(count(f"{_SERVICES.series('probe_success')} == 0"), "failing"),),
            draw=figure,
            alert="ProbeFailing",
            limit=1,
            width=4,
        ),
        firing(_SERVICES, "service", "team", "instance"),
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
            queries=(Query(_SERVICES.rate("http_requests_total", "service"), "{{service}}"),),
            draw=graph,
        ),
        Panel(
            title="Error ratio",
            unit="percentunit",
            description="Share of requests answered with 5xx, by service.",
            queries=(Query(_SERVICES.ratio("http_requests_total", "service", 'status_code=~"5.."'), "{{service}}"),),
            draw=graph,
            alert="HighErrorRate",
        ),
        Panel(
            title="Response time",
            unit="s",
            description="50th, 95th and 99th percentile by service; the alert watches the 95th.",
            queries=percentiles(_SERVICES, "http_request_duration_seconds"),
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
            queries=(Query(_SERVICES.rate("ai_requests_total", "model, provider"), "{{model}} ({{provider}})"),),
            draw=graph,
        ),
        Panel(
            title="AI failure ratio",
            unit="percentunit",
            description="Share of AI requests that end in an error, by the service that makes them.",
            queries=(Query(_SERVICES.ratio("ai_requests_total", "service", 'status="error"'), "{{service}}"),),
            draw=graph,
            alert="AIRequestFailures",
        ),
        Panel(
            title="AI request duration, p95",
            unit="s",
            description="95th percentile of the duration of AI requests, by model and provider.",
            queries=(
                Query(
                    _SERVICES.quantile(0.95, "ai_request_duration_seconds", "model, provider"),
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
            queries=(Query(_SERVICES.highest("cpu_usage_percent", "service"), "{{service}}"),),
            draw=graph,
            alert="HighCPUUsage",
        ),
        Panel(
            title="Memory usage",
            unit="bytes",
            description="Memory in use by the largest instance of each service.",
            queries=(Query(_SERVICES.highest("memory_usage_bytes", "service"), "{{service}}"),),
            draw=graph,
            alert="HighMemoryUsage",
        ),
        Panel(
            title="Active connections",
            unit="short",
            description="Open connections of all instances of each service.",
            queries=(Query(_SERVICES.total("active_connections", "service"), "{{service}}"),),
            draw=graph,
        ),
    ),
)

_PROBES = Row(
    "Probes",
    (
        Panel(
            title="Probe duration",
            unit="s",
            description="How long a probe from outside the service takes, by address. After 5 s it has failed.",
            queries=(
                Query(_SERVICES.highest("probe_duration_seconds", "service, instance"), "{{service}} {{instance}}"),
            ),
            draw=graph,
            width=12,
        ),
        Panel(
            title="Certificates, time left",
            unit="s",
            description="Time until the first certificate that an https address presents expires. Bad below the line.",
            queries=(
                Query(
                    f"min by (service, instance) ({_SERVICES.series('probe_ssl_earliest_cert_expiry')}) - time()",
                    "{{service}} {{instance}}",
                ),
            ),
            draw=graph,
            alert="CertificateExpiring",
            width=12,
        ),
    ),
)

BOARD = Board(
    uid="main",
    title="Main",
    folder="services",
    description="Traffic, errors, latency, AI requests, saturation and firing alerts of every service.",
    tags=("services",),
    rows=(_NOW, _HTTP, _AI, _SATURATION, _PROBES),
)
