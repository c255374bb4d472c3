"""The board of data: pipelines, the quality of what they bring, and blockchain nodes."""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import Panel, Query, Row, figure, graph
from dashboards.queries import Narrowed
from dashboards.shared import firing

_SERVICES = Narrowed("service")
_PIPELINE = "{{service}} {{pipeline}}"
_FAILED = 'status=~"error|failed"'

_NOW = Row(
    "Now",
    (
        Panel(
            title="Records",
            unit="cps",
            description="Records that all pipelines take in a second.",
            queries=(Query(f"sum({_SERVICES.rate('data_pipeline_records_total', 'service')})", "records"),),
            draw=figure,
            width=6,
        ),
        Panel(
            title="Transactions",
            unit="cps",
            description="Transactions a second, of every type.",
            queries=(Query(f"sum({_SERVICES.rate('blockchain_transactions_total', 'service')})", "transactions"),),
            draw=figure,
            width=6,
        ),
        firing(_SERVICES, "service", "team", dashboard="data"),
    ),
    height=8,
)

_PIPELINES = Row(
    "Pipelines",
    (
        Panel(
            title="Time since the last success",
            unit="s",
            description="Since when each pipeline has not succeeded, as far as any instance knows.",
            queries=(
                Query(
                    "time() - "
                    f"({_SERVICES.highest('data_pipeline_last_success_timestamp_seconds', 'service, pipeline')} > 0)",
                    _PIPELINE,
                ),
            ),
            draw=graph,
            alert="DataPipelineStalled",
        ),
        Panel(
            title="Records that fail",
            unit="percentunit",
            description="Share of the records of each pipeline that are lost to an error.",
            queries=(Query(_SERVICES.ratio("data_pipeline_records_total", "service, pipeline", _FAILED), _PIPELINE),),
            draw=graph,
            alert="DataPipelineErrors",
        ),
        Panel(
            title="Data quality",
            unit="percentunit",
            description="Share of the data of each set that passes its checks. Bad below the line.",
            queries=(
                Query(
                    f"avg by (service, dataset) ({_SERVICES.series('data_quality_ratio')})",
                    "{{service}} {{dataset}}",
                ),
            ),
            draw=graph,
            alert="DataQualityLow",
        ),
        Panel(
            title="Time through the pipeline, p95",
            unit="s",
            description="95th percentile of the time from a record's arrival to its use.",
            queries=(Query(_SERVICES.quantile(0.95, "data_pipeline_latency_seconds", "service, pipeline"), _PIPELINE),),
            draw=graph,
        ),
    ),
)

_BLOCKCHAIN = Row(
    "Blockchain",
    (
        Panel(
            title="Blocks behind",
            unit="short",
            description="How many blocks the node that is furthest behind lacks of what its peers have.",
            queries=(
                Query(
                    f"max by (service) ({_SERVICES.series('blockchain_head_height')} "
                    f"- {_SERVICES.series('blockchain_block_height')})",
                    "{{service}}",
                ),
            ),
            draw=graph,
            alert="BlockSyncLagging",
            related=("BlockSyncStalled",),
        ),
        Panel(
            title="Transactions waiting",
            unit="short",
            description="Transactions in the longest queue of each service's nodes.",
            queries=(Query(_SERVICES.highest("transaction_queue_size", "service"), "{{service}}"),),
            draw=graph,
            alert="TransactionQueueGrowing",
        ),
        Panel(
            title="Transactions that fail",
            unit="percentunit",
            description="Share of transactions that fail, by service.",
            queries=(Query(_SERVICES.ratio("blockchain_transactions_total", "service", _FAILED), "{{service}}"),),
            draw=graph,
            alert="TransactionsFailing",
        ),
        Panel(
            title="Time to confirm, p95",
            unit="s",
            description="95th percentile of the time until a transaction is confirmed.",
            queries=(Query(_SERVICES.quantile(0.95, "blockchain_confirmation_seconds", "service"), "{{service}}"),),
            draw=graph,
        ),
    ),
)

BOARD = Board(
    uid="data",
    title="Data",
    folder="services",
    description="Data pipelines, the quality of their data, and blockchain nodes.",
    tags=("services", "data"),
    rows=(_NOW, _PIPELINES, _BLOCKCHAIN),
)
