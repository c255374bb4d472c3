"""The board of one service: what main shows of all, by route and instance, with the lines of its own thresholds."""

from __future__ import annotations

from collections.abc import Collection

from alert_rules.names import shortened
from dashboards import explore
from dashboards.board import SERVICE_BOARD, Board, Fixed
from dashboards.grafana.main import GRPC, HTTP, UNUSUAL
from dashboards.grafana.slos import BUDGETS
from dashboards.panels import Panel, Query, Row, graph
from dashboards.queries import Narrowed, top
from dashboards.shared import firing, instances_up, unreachable

_SERVICE = Narrowed("service")
_ROUTE = "{{method}} {{route}}"

_NOW = Row(
    "Now",
    (
        instances_up(_SERVICE),
        unreachable(_SERVICE),
        firing(_SERVICE, "instance"),
    ),
    height=8,
)

_ROUTES = Row(
    "Routes",
    (
        Panel(
            title="Requests by route",
            unit="reqps",
            description="The ten routes with most requests a second.",
            queries=(Query(top(_SERVICE.rate("http_requests_total", "method, route")), _ROUTE),),
            draw=graph,
        ),
        Panel(
            title="Errors by route",
            unit="reqps",
            description="The ten routes that answer most often with 5xx, a second.",
            queries=(Query(top(_SERVICE.rate("http_requests_total", "method, route", 'status_code=~"5.."')), _ROUTE),),
            draw=graph,
        ),
        Panel(
            title="Response time by route, p95",
            unit="s",
            description="95th percentile of the ten slowest routes.",
            queries=(Query(top(_SERVICE.quantile(0.95, "http_request_duration_seconds", "method, route")), _ROUTE),),
            draw=graph,
        ),
    ),
)

_ANSWERS = Row(
    "Answers",
    (
        Panel(
            title="Requests by status",
            unit="reqps",
            description="Requests a second by the status that they were answered with.",
            queries=(Query(_SERVICE.rate("http_requests_total", "status_code"), "{{status_code}}"),),
            draw=graph,
            width=12,
        ),
        Panel(
            title="Calls by code",
            unit="reqps",
            description="gRPC calls a second by the code that they ended with.",
            queries=(Query(_SERVICE.rate("grpc_server_handled_total", "grpc_code"), "{{grpc_code}}"),),
            draw=graph,
            width=12,
        ),
    ),
)

_INSTANCES = Row(
    "Instances",
    (
        Panel(
            title="CPU by instance",
            unit="percent",
            description="CPU in use by each instance.",
            queries=(Query(_SERVICE.highest("cpu_usage_percent", "instance"), "{{instance}}"),),
            draw=graph,
            alert="HighCPUUsage",
            width=12,
        ),
        Panel(
            title="Memory by instance",
            unit="bytes",
            description="Memory in use by each instance.",
            queries=(Query(_SERVICE.highest("memory_usage_bytes", "instance"), "{{instance}}"),),
            draw=graph,
            alert="HighMemoryUsage",
            width=12,
        ),
        Panel(
            title="Requests by instance",
            unit="reqps",
            description="Requests a second that each instance answers: uneven where the balancing is.",
            queries=(Query(_SERVICE.rate("http_requests_total", "instance"), "{{instance}}"),),
            draw=graph,
            width=12,
        ),
        Panel(
            title="Instances by version",
            unit="short",
            description="How many instances run each version: a release shows as one line that gives way to another.",
            queries=(Query(f"count by (version) ({_SERVICE.series('service_build_info')})", "{{version}}"),),
            draw=graph,
            width=12,
        ),
    ),
)


_LONGEST_UID = 40
"""Characters of a uid that Grafana takes."""


def board(name: str, team: str, *, objectives: bool, running: Collection[str]) -> Board:
    """The board of the team's service of that name: with its error budgets where it has `objectives`, and with links to
    its logs and traces where what keeps them is among the exporters that are `running`."""
    ways = {"loki": explore.logs, "jaeger": explore.traces}
    return Board(
        uid=shortened(f"service-{name}", _LONGEST_UID),
        title=name,
        folder=f"team-{team}",
        description=f"Requests, answers, instances and objectives of {name}.",
        tags=(SERVICE_BOARD, team),
        rows=(_NOW, HTTP, _ROUTES, _ANSWERS, GRPC, _INSTANCES, *([BUDGETS] if objectives else []), UNUSUAL),
        variables=(Fixed("service", name),),
        links=(
            *(way(name) for source, way in ways.items() if source in running),
            explore.others("Services", SERVICE_BOARD),
        ),
    )
