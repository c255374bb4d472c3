"""The main dashboard: every service's traffic, errors, latency, AI requests, saturation, and what is firing.

The panels of universal-ai-tools-guide 3.1 ("Main Dashboard"), aggregated by service, with the alerts' lines.
"""

from __future__ import annotations

from dashboards import explore
from dashboards.board import SERVICE_BOARD, Board
from dashboards.panels import Panel, Query, Row, figure, graph, percentiles
from dashboards.queries import Narrowed, count
from dashboards.shared import firing, instances_up

_SERVICES = Narrowed("service")

_FAULTS = "Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"
"""gRPC codes that are the server's fault, as HighGrpcErrorRate counts them."""


def _mean(ago: str = "") -> str:
    summed, counted = (
        _SERVICES.rate(f"http_request_duration_seconds_{what}", "service", ago=ago) for what in ("sum", "count")
    )
    return f"{summed} / {counted}"


_NOW = Row(
    "Now",
    (
        instances_up(_SERVICES),
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

HTTP = Row(
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

GRPC = Row(
    "gRPC calls",
    (
        Panel(
            title="Call rate",
            unit="reqps",
            description="gRPC calls answered a second, by service.",
            queries=(Query(_SERVICES.rate("grpc_server_handled_total", "service"), "{{service}}"),),
            draw=graph,
        ),
        Panel(
            title="Failed calls",
            unit="percentunit",
            description="Share of gRPC calls that end in a code which is the server's fault, by service.",
            queries=(
                Query(
                    _SERVICES.ratio("grpc_server_handled_total", "service", f'grpc_code=~"{_FAULTS}"'), "{{service}}"
                ),
            ),
            draw=graph,
            alert="HighGrpcErrorRate",
        ),
        Panel(
            title="Call time, p95",
            unit="s",
            description="95th percentile of calls with one request and one answer, by service.",
            queries=(
                Query(
                    _SERVICES.quantile(0.95, "grpc_server_handling_seconds", "service", 'grpc_type="unary"'),
                    "{{service}}",
                ),
            ),
            draw=graph,
            alert="HighGrpcResponseTime",
        ),
    ),
)

UNUSUAL = Row(
    "Against last week",
    (
        Panel(
            title="Requests, of those a week ago",
            unit="percentunit",
            description="Requests a second, of those at the same time last week. Bad below the line.",
            queries=(
                Query(
                    f"{_SERVICES.rate('http_requests_total', 'service')} "
                    f"/ {_SERVICES.rate('http_requests_total', 'service', ago='1w')}",
                    "{{service}}",
                ),
            ),
            draw=graph,
            alert="TrafficDropped",
            related=("TrafficSurged",),
            width=12,
        ),
        Panel(
            title="Mean response time, of that a week ago",
            unit="percentunit",
            description="Mean response time, of that at the same time last week. Twice as long is a reason to look.",
            queries=(Query(f"({_mean()}) / ({_mean(ago='1w')})", "{{service}}"),),
            draw=graph,
            alert="LatencyAnomalous",
            width=12,
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
            related=("MemoryGrowing",),
        ),
        Panel(
            title="File descriptors in use",
            unit="percentunit",
            description="Open file descriptors, of those that the process with the fewest left may have.",
            queries=(
                Query(
                    f"max by (service) ({_SERVICES.series('process_open_fds')} "
                    f"/ {_SERVICES.series('process_max_fds')})",
                    "{{service}}",
                ),
            ),
            draw=graph,
            alert="FileDescriptorsExhausted",
        ),
        Panel(
            title="Age of the youngest process",
            unit="s",
            description="Time since the process that started last did so: back at 0 with every restart and release.",
            queries=(Query(f"time() - {_SERVICES.highest('process_start_time_seconds', 'service')}", "{{service}}"),),
            draw=graph,
            related=("ProcessRestarting",),
        ),
        Panel(
            title="Instances by version",
            unit="short",
            description="How many instances run each version: a release shows as one line that gives way to another.",
            queries=(
                Query(
                    f"count by (service, version) ({_SERVICES.series('service_build_info')})", "{{service}} {{version}}"
                ),
            ),
            draw=graph,
            related=("DeployRegression",),
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
    rows=(_NOW, HTTP, GRPC, _AI, _SATURATION, UNUSUAL, _PROBES),
    links=(explore.others("Services", SERVICE_BOARD),),
)
