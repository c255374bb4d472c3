"""Prometheus, and Thanos behind it: what is scraped, stored and kept for the long term."""

from __future__ import annotations

from dashboards.grafana.monitoring.narrowed import SERVICES
from dashboards.panels import Panel, Query, Row, figure, graph, percentiles

PROMETHEUS = Row(
    "Prometheus",
    (
        Panel(
            title="Samples stored",
            unit="cps",
            description="Samples stored a second, by server. At 0 a server answers and stores nothing.",
            queries=(Query(SERVICES.rate("prometheus_tsdb_head_samples_appended_total", "instance"), "{{instance}}"),),
            draw=graph,
            related=("PrometheusNotIngestingSamples",),
        ),
        Panel(
            title="Series in memory",
            unit="short",
            description="Series that a server holds in memory. A step up is a label with too many values.",
            queries=(Query(SERVICES.highest("prometheus_tsdb_head_series", "instance"), "{{instance}}"),),
            draw=graph,
        ),
        Panel(
            title="Disk in use",
            unit="bytes",
            description="Disk taken by blocks and by the write-ahead log; a log that only grows is not compacted.",
            queries=(
                Query(SERVICES.highest("prometheus_tsdb_storage_blocks_bytes", "instance"), "{{instance}} blocks"),
                Query(SERVICES.highest("prometheus_tsdb_wal_storage_size_bytes", "instance"), "{{instance}} log"),
            ),
            draw=graph,
        ),
        Panel(
            title="Compactions that failed",
            unit="cps",
            description="Failed compactions of the database a second. Above 0 for long, memory and disk fill.",
            queries=(Query(SERVICES.rate("prometheus_tsdb_compactions_failed_total", "instance"), "{{instance}}"),),
            draw=graph,
            related=("PrometheusTsdbCompactionsFailing",),
        ),
        Panel(
            title="Samples dropped",
            unit="cps",
            description="Samples dropped a second as duplicates or out of order: two targets of the same labels.",
            queries=(
                Query(
                    SERVICES.rate("prometheus_target_scrapes_sample_duplicate_timestamp_total", "instance"),
                    "{{instance}} duplicates",
                ),
                Query(
                    SERVICES.rate("prometheus_target_scrapes_sample_out_of_order_total", "instance"),
                    "{{instance}} out of order",
                ),
            ),
            draw=graph,
            related=("PrometheusSamplesDropped",),
        ),
        Panel(
            title="Targets",
            unit="short",
            description="Targets that each server scrapes. A step down is something that is no longer watched.",
            queries=(Query(SERVICES.total("prometheus_target_scrape_pool_targets", "instance"), "{{instance}}"),),
            draw=graph,
        ),
        Panel(
            title="Discovery that failed",
            unit="cps",
            description="Failed requests to list or watch Kubernetes objects a second: new pods go unseen meanwhile.",
            queries=(Query(SERVICES.rate("prometheus_sd_kubernetes_failures_total", "instance"), "{{instance}}"),),
            draw=graph,
            related=("PrometheusServiceDiscoveryFailing",),
        ),
        Panel(
            title="Remote write, delay",
            unit="s",
            description="How far remote storage is behind; empty where nothing is written elsewhere.",
            queries=(
                Query(
                    "max by (instance, remote_name) ("
                    f"{SERVICES.series('prometheus_remote_storage_queue_highest_timestamp_seconds')} - "
                    f"{SERVICES.series('prometheus_remote_storage_queue_highest_sent_timestamp_seconds')})",
                    "{{instance}} to {{remote_name}}",
                ),
            ),
            draw=graph,
            alert="PrometheusRemoteWriteBehind",
        ),
        Panel(
            title="Remote write, refused",
            unit="percentunit",
            description="Share of samples that remote storage refuses for good; empty where there is none.",
            queries=(
                Query(
                    SERVICES.share(
                        "prometheus_remote_storage_samples_failed_total",
                        "prometheus_remote_storage_samples_total",
                        "instance, remote_name",
                    ),
                    "{{instance}} to {{remote_name}}",
                ),
            ),
            draw=graph,
            alert="PrometheusRemoteWriteFailing",
        ),
    ),
)

_LAST_UPLOAD = "thanos_objstore_bucket_last_successful_upload_time"
_OF_SIDECARS = 'job="thanos-sidecar"'
_STORE_CALLS = 'grpc_service="thanos.Store"'

THANOS = Row(
    "Thanos",
    (
        Panel(
            title="Uploads that failed",
            unit="cps",
            description="Failed uploads of blocks a second; above 0 for long, long-term metrics are lost.",
            queries=(
                Query(SERVICES.rate("thanos_shipper_upload_failures_total", "instance"), "{{instance}} uploads"),
                Query(SERVICES.rate("thanos_shipper_dir_sync_failures_total", "instance"), "{{instance}} searches"),
            ),
            draw=graph,
            related=("ThanosUploadFailing",),
        ),
        Panel(
            title="Time since the last upload",
            unit="s",
            description="Age of the last block that a sidecar uploaded. One is made in two hours; above four is bad.",
            queries=(
                Query(
                    f"time() - ({SERVICES.highest(_LAST_UPLOAD, 'instance', _OF_SIDECARS)} > 0)",
                    "{{instance}}",
                ),
            ),
            draw=graph,
        ),
        Panel(
            title="Compactions to do",
            unit="short",
            description="Work that waits for the compactor. A backlog that grows makes queries of months slow.",
            queries=(
                Query(SERVICES.highest("thanos_compact_todo_compactions", "service"), "{{service}} compactions"),
                Query(
                    SERVICES.highest("thanos_compact_todo_downsample_blocks", "service"), "{{service}} downsamplings"
                ),
            ),
            draw=graph,
        ),
        Panel(
            title="Calls to stores that failed",
            unit="percentunit",
            description="Share of the queries to sidecars and stores that fail: graphs are then partial or empty.",
            queries=(
                Query(
                    SERVICES.ratio("grpc_client_handled_total", "service", 'grpc_code!~"OK|Canceled"', _STORE_CALLS),
                    "{{service}}",
                ),
            ),
            draw=graph,
            alert="ThanosQueryErrors",
        ),
        Panel(
            title="Calls to stores, duration",
            unit="s",
            description="50th, 95th and 99th percentile of queries to stores. Seconds make slow dashboards.",
            queries=percentiles(SERVICES, "grpc_client_handling_seconds", _STORE_CALLS),
            draw=graph,
        ),
        Panel(
            title="Stores connected",
            unit="short",
            description="Sidecars and stores that the query service reaches, by kind. One fewer leaves gaps in graphs.",
            queries=(Query(SERVICES.total("thanos_store_nodes_grpc_connections", "store_type"), "{{store_type}}"),),
            draw=graph,
        ),
        Panel(
            title="Bucket operations that failed",
            unit="percentunit",
            description="Share of operations on the bucket that fail: a permission, a quota, an outage.",
            queries=(
                Query(
                    SERVICES.share(
                        "thanos_objstore_bucket_operation_failures_total",
                        "thanos_objstore_bucket_operations_total",
                        "service, operation",
                        'job!="thanos-sidecar"',
                    ),
                    "{{service}} {{operation}}",
                ),
            ),
            draw=graph,
            alert="ThanosBucketOperationsFailing",
            width=16,
        ),
        Panel(
            title="Compactor halted",
            unit="short",
            description="1 where the compactor has stopped for good, until somebody mends the bucket and restarts it.",
            queries=(Query(SERVICES.highest("thanos_compact_halted", "instance"), "{{instance}}"),),
            draw=figure,
            alert="ThanosCompactHalted",
            limit=1,
        ),
    ),
)
