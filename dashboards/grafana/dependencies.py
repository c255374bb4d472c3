"""The board of what services depend on: databases, caches, queues, other services, and work by the clock."""

from __future__ import annotations

from dataclasses import replace

from dashboards.board import Board
from dashboards.panels import Panel, Query, Row, figure, graph, percentiles
from dashboards.queries import Narrowed
from dashboards.shared import firing, unreachable

_SERVICES = Narrowed("service")
_ERROR = 'status="error"'


def _lookups(results: str) -> str:
    return _SERVICES.rate("cache_operations_total", "service, cache", 'operation="get"', f'result=~"{results}"')


_NOW = Row(
    "Now",
    (
        replace(unreachable(_SERVICES), alert="DependencyDown", width=6),
        Panel(
            title="Messages waiting",
            unit="short",
            description="Messages in all queues.",
            queries=(Query(f"sum({_SERVICES.highest('queue_messages', 'service, queue')})", "messages"),),
            draw=figure,
            width=6,
        ),
        firing(_SERVICES, "service", "team", dashboard="dependencies"),
    ),
    height=8,
)

_DATABASES = Row(
    "Databases",
    (
        Panel(
            title="Connections in use",
            unit="percentunit",
            description="Connections in use of those that the pool of the fullest instance may have.",
            queries=(
                Query(
                    f"max by (service, database) ({_SERVICES.series('database_connections_active')} "
                    f"/ ({_SERVICES.series('database_connections_max')} > 0))",
                    "{{service}} {{database}}",
                ),
            ),
            draw=graph,
            alert="DatabaseConnectionsExhausted",
        ),
        Panel(
            title="Query time",
            unit="s",
            description="50th, 95th and 99th percentile by service; the alert watches the 95th.",
            queries=percentiles(_SERVICES, "database_query_duration_seconds"),
            draw=graph,
            alert="DatabaseQueriesSlow",
        ),
        Panel(
            title="Queries that fail",
            unit="percentunit",
            description="Failed queries over those that were timed, by service.",
            queries=(
                Query(
                    _SERVICES.share("database_query_errors_total", "database_query_duration_seconds_count", "service"),
                    "{{service}}",
                ),
            ),
            draw=graph,
            alert="DatabaseQueryErrors",
        ),
    ),
)

_CACHES = Row(
    "Caches",
    (
        Panel(
            title="Hit ratio",
            unit="percentunit",
            description="Lookups that the cache answers, of those that it hits or misses. Bad below the line.",
            queries=(
                Query(
                    f"1 - {_lookups('miss')} / {_lookups('hit|miss')}",
                    "{{service}} {{cache}}",
                ),
            ),
            draw=graph,
            alert="CacheHitRatioLow",
            width=12,
        ),
        Panel(
            title="Operations that fail",
            unit="percentunit",
            description="Share of a cache's operations that end in an error.",
            queries=(
                Query(
                    _SERVICES.ratio("cache_operations_total", "service, cache", 'result="error"'),
                    "{{service}} {{cache}}",
                ),
            ),
            draw=graph,
            alert="CacheErrors",
            width=12,
        ),
    ),
)

_QUEUES = Row(
    "Queues",
    (
        Panel(
            title="Messages",
            unit="short",
            description="Messages that wait in each queue.",
            queries=(Query(_SERVICES.highest("queue_messages", "service, queue"), "{{service}} {{queue}}"),),
            draw=graph,
            related=("QueueNotDraining",),
        ),
        Panel(
            title="Age of the oldest message",
            unit="s",
            description="How long the oldest message of each queue has waited.",
            queries=(
                Query(
                    _SERVICES.highest("queue_oldest_message_age_seconds", "service, queue"),
                    "{{service}} {{queue}}",
                ),
            ),
            draw=graph,
            alert="QueueMessagesOld",
        ),
        Panel(
            title="Messages that fail",
            unit="percentunit",
            description="Share of the messages taken from each queue whose processing ends in an error.",
            queries=(
                Query(
                    _SERVICES.ratio("queue_messages_processed_total", "service, queue", _ERROR),
                    "{{service}} {{queue}}",
                ),
            ),
            draw=graph,
            alert="QueueProcessingErrors",
        ),
    ),
)

_JOBS = Row(
    "Batch jobs",
    (
        Panel(
            title="Time since the last success",
            unit="s",
            description="Since when each job has not succeeded, as far as any instance knows.",
            queries=(
                Query(
                    "time() - "
                    f"({_SERVICES.highest('batch_job_last_success_timestamp_seconds', 'service, job_name')} > 0)",
                    "{{service}} {{job_name}}",
                ),
            ),
            draw=graph,
            related=("BatchJobOverdue",),
            width=12,
        ),
        Panel(
            title="Runs that fail",
            unit="cps",
            description="Runs of each job that end in an error, a second.",
            queries=(
                Query(
                    _SERVICES.rate("batch_job_runs_total", "service, job_name", _ERROR),
                    "{{service}} {{job_name}}",
                ),
            ),
            draw=graph,
            related=("BatchJobFailing",),
            width=12,
        ),
    ),
)

BOARD = Board(
    uid="dependencies",
    title="Dependencies",
    folder="services",
    description="Databases, caches, queues, other services and batch jobs, as each service sees its own.",
    tags=("services",),
    rows=(_NOW, _DATABASES, _CACHES, _QUEUES, _JOBS),
)
