"""The board for those who answer for the services and do not run them: are promises kept, are people served?"""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import Panel, Query, Row, figure, graph
from dashboards.queries import Narrowed, count
from dashboards.shared import firing

_SERVICES = Narrowed("service")
_BAD = 'status_code=~"5.."'
_FIRING = ('alertstate="firing"', 'severity="critical"')

_NOW = Row(
    "Now",
    (
        Panel(
            title="Services in trouble",
            unit="short",
            description="Services with a critical alert.",
            queries=(Query(count(f"count by (service) ({_SERVICES.series('ALERTS', *_FIRING)})"), "services"),),
            draw=figure,
            width=6,
        ),
        Panel(
            title="Requests answered well",
            unit="percentunit",
            description="Share of all HTTP requests that were not answered with a server error.",
            queries=(
                Query(
                    f"1 - (sum({_SERVICES.rate('http_requests_total', 'service', _BAD)}) or vector(0)) "
                    f"/ sum({_SERVICES.rate('http_requests_total', 'service')})",
                    "answered well",
                ),
            ),
            draw=figure,
            width=6,
        ),
        firing(_SERVICES, "service", "team"),
    ),
    height=8,
)

_PROMISES = Row(
    "Promises",
    (
        Panel(
            title="Objectives missed",
            unit="short",
            description="Objectives whose error budget is spent over their window.",
            queries=(Query(count(f"{_SERVICES.highest('slo:budget_spent:ratio', 'service, slo')} >= 1"), "missed"),),
            draw=figure,
            width=6,
        ),
        Panel(
            title="Error budget left",
            unit="percentunit",
            description="Share of each objective's error budget that is left; below 0 the objective is missed.",
            queries=(
                Query(f"1 - {_SERVICES.highest('slo:budget_spent:ratio', 'service, slo')}", "{{service}} {{slo}}"),
            ),
            draw=graph,
            width=18,
        ),
    ),
)

_USE = Row(
    "Use",
    (
        Panel(
            title="Requests",
            unit="reqps",
            description="HTTP requests a second, by service.",
            queries=(Query(_SERVICES.rate("http_requests_total", "service"), "{{service}}"),),
            draw=graph,
            width=12,
        ),
        Panel(
            title="Active users",
            unit="short",
            description="Users who signed in within the last 24 hours.",
            queries=(Query(f"max({_SERVICES.series('daily_active_users')})", "within a day"),),
            draw=graph,
            width=12,
        ),
    ),
)

BOARD = Board(
    uid="executive",
    title="Executive",
    folder="services",
    description="Whether promises are kept and people are served, without the how.",
    tags=("services", "executive"),
    rows=(_NOW, _PROMISES, _USE),
)
