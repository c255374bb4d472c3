"""The board of the business: who uses the services, and for what."""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import Panel, Query, Row, figure, graph
from dashboards.queries import Narrowed
from dashboards.shared import firing

_SERVICES = Narrowed("service")
_FAILED = 'status=~"error|failed"'


def _people(title: str, metric: str, description: str) -> Panel:
    # Every instance counts all users, so the highest is the number; a sum would count each user once an instance.
    return Panel(
        title=title,
        unit="short",
        description=description,
        queries=(Query(f"max({_SERVICES.series(metric)})", title),),
        draw=figure,
        width=4,
    )


_USERS = Row(
    "Users",
    (
        _people("Active now", "active_users_total", "Users that are signed in and active."),
        _people("Active within a day", "daily_active_users", "Users who signed in within the last 24 hours."),
        _people("Active within a week", "weekly_active_users", "Users who signed in within the last seven days."),
        firing(_SERVICES, "service", "team"),
        _people("Registered", "registered_users", "Users that there are at all."),
        _people("New today", "new_users_today", "Users who registered within the last 24 hours."),
        Panel(
            title="Active users over time",
            unit="short",
            description="Users active now and within a day, as the services count them.",
            queries=(
                Query(f"max({_SERVICES.series('active_users_total')})", "now"),
                Query(f"max({_SERVICES.series('daily_active_users')})", "within a day"),
            ),
            draw=graph,
            width=16,
        ),
    ),
    height=8,
)

_DONE = Row(
    "What they do",
    (
        Panel(
            title="AI operations",
            unit="cps",
            description="Operations with models a second, by kind.",
            queries=(Query(_SERVICES.rate("ai_operations_total", "operation_type"), "{{operation_type}}"),),
            draw=graph,
        ),
        Panel(
            title="Operations that succeed",
            unit="percentunit",
            description="Share of operations with models that succeed, by kind.",
            queries=(
                Query(f"1 - {_SERVICES.ratio('ai_operations_total', 'operation_type', _FAILED)}", "{{operation_type}}"),
            ),
            draw=graph,
        ),
        Panel(
            title="Transactions by type",
            unit="cps",
            description="Transactions a second, by type.",
            queries=(
                Query(_SERVICES.rate("blockchain_transactions_total", "transaction_type"), "{{transaction_type}}"),
            ),
            draw=graph,
        ),
    ),
)

BOARD = Board(
    uid="business",
    title="Business",
    folder="services",
    description="Users, and what they do with models and transactions.",
    tags=("services", "business"),
    rows=(_USERS, _DONE),
)
