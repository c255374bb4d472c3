"""The board of one service: what main shows of all, by route and instance."""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import Panel, Query, Row, figure, graph
from dashboards.queries import Narrowed, top
from dashboards.shared import firing, instances_up, unreachable

_SERVICE = Narrowed("service")
_ROUTE = "{{method}} {{route}}"

_NOW = Row(
    "Now",
    (
        instances_up(_SERVICE),
        unreachable(_SERVICE),
        Panel(
            title="Versions running",
            unit="short",
            description="How many versions run side by side: more than one while a release goes out.",
            queries=(Query(f"count(count by (version) ({_SERVICE.series('service_build_info')}))", "versions"),),
            draw=figure,
            width=4,
        ),
        firing(_SERVICE, "service", "instance"),
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
        ),
        Panel(
            title="Memory by instance",
            unit="bytes",
            description="Memory in use by each instance.",
            queries=(Query(_SERVICE.highest("memory_usage_bytes", "instance"), "{{instance}}"),),
            draw=graph,
        ),
        Panel(
            title="Requests by instance",
            unit="reqps",
            description="Requests a second that each instance answers: uneven where the balancing is.",
            queries=(Query(_SERVICE.rate("http_requests_total", "instance"), "{{instance}}"),),
            draw=graph,
        ),
    ),
)

BOARD = Board(
    uid="service",
    title="Service",
    folder="services",
    description="One service, or a few: its routes, its answers and its instances. Choose it above.",
    tags=("services",),
    rows=(_NOW, _ROUTES, _ANSWERS, _INSTANCES),
)
