"""What people look at and what keeps logs and traces: Grafana, Loki, Jaeger."""

from __future__ import annotations

from dashboards.grafana.monitoring.narrowed import SERVICES
from dashboards.panels import Panel, Query, Row, graph, percentiles


def _spans_lost() -> str:
    failed, sent = (f"otelcol_exporter_{outcome}_spans_total" for outcome in ("send_failed", "sent"))
    return SERVICES.lost(failed, sent, "service", 'exporter="jaeger_storage_exporter"')


GRAFANA = Row(
    "Grafana",
    (
        Panel(
            title="Grafana, requests",
            unit="reqps",
            description="Requests that Grafana answers a second: people, their dashboards, and their data sources.",
            queries=(Query(SERVICES.rate("grafana_http_request_duration_seconds_count", "service"), "{{service}}"),),
            draw=graph,
        ),
        Panel(
            title="Grafana, failed requests",
            unit="percentunit",
            description="Share of requests answered with 5xx, panels whose data source fails among them.",
            queries=(
                Query(
                    SERVICES.ratio("grafana_http_request_duration_seconds_count", "service", 'status_code=~"5.."'),
                    "{{service}}",
                ),
            ),
            draw=graph,
            alert="GrafanaErrors",
        ),
        Panel(
            title="Grafana, response time",
            unit="s",
            description="50th, 95th and 99th percentile of Grafana's answers. Seconds are queries that take too long.",
            queries=percentiles(SERVICES, "grafana_http_request_duration_seconds"),
            draw=graph,
        ),
    ),
)

LOKI = Row(
    "Loki",
    (
        Panel(
            title="Log lines received",
            unit="cps",
            description="Log lines taken in a second. A fall to 0 means that collectors send none.",
            queries=(Query(SERVICES.rate("loki_distributor_lines_received_total", "service"), "{{service}}"),),
            draw=graph,
        ),
        Panel(
            title="Log bytes received",
            unit="binBps",
            description="Bytes of logs taken in a second, uncompressed. A jump is a program that logs too much.",
            queries=(Query(SERVICES.rate("loki_distributor_bytes_received_total", "service"), "{{service}}"),),
            draw=graph,
        ),
        Panel(
            title="Log lines discarded",
            unit="cps",
            description="Log lines refused a second, by reason such as a rate limit. They are lost.",
            queries=(
                Query(SERVICES.rate("loki_discarded_samples_total", "service, reason"), "{{service}} {{reason}}"),
            ),
            draw=graph,
            alert="LokiLogsDropped",
        ),
        Panel(
            title="Loki, failed requests",
            unit="percentunit",
            description="Share of requests answered with 5xx, by route: writers try again, readers see no logs.",
            queries=(
                Query(
                    SERVICES.ratio("loki_request_duration_seconds_count", "service, route", 'status_code=~"5.."'),
                    "{{service}} {{route}}",
                ),
            ),
            draw=graph,
            alert="LokiRequestErrors",
        ),
        Panel(
            title="Loki, query duration",
            unit="s",
            description="50th, 95th and 99th percentile of log queries. Above 10 s people give up.",
            queries=percentiles(SERVICES, "loki_request_duration_seconds", 'route=~"loki_api_v1_query.*"'),
            draw=graph,
        ),
        Panel(
            title="Streams in memory",
            unit="short",
            description="Log streams that each ingester holds. A steep rise is a label with too many values.",
            queries=(Query(SERVICES.total("loki_ingester_memory_streams", "instance"), "{{instance}}"),),
            draw=graph,
        ),
        Panel(
            title="Flushes that failed",
            unit="cps",
            description="Failed writes of log chunks to storage a second. Above 0 for long, memory fills.",
            queries=(Query(SERVICES.rate("loki_ingester_chunks_flush_failures_total", "instance"), "{{instance}}"),),
            draw=graph,
            related=("LokiFlushFailing",),
            width=12,
        ),
        Panel(
            title="Time since the last compaction",
            unit="s",
            description="Age of the compactor's last good run. Without it logs outlive their retention.",
            queries=(
                Query(
                    "time() - "
                    + SERVICES.highest(
                        "loki_boltdb_shipper_compact_tables_operation_last_successful_run_timestamp_seconds", "service"
                    ),
                    "{{service}}",
                ),
            ),
            draw=graph,
            alert="LokiCompactorNotRunning",
            width=12,
        ),
    ),
)

JAEGER = Row(
    "Jaeger",
    (
        Panel(
            title="Spans received",
            unit="cps",
            description="Spans taken in a second. A fall to 0 means that collectors send none.",
            queries=(Query(SERVICES.rate("otelcol_receiver_accepted_spans_total", "service"), "{{service}}"),),
            draw=graph,
        ),
        Panel(
            title="Spans lost",
            unit="percentunit",
            description="Share of spans that could not be stored, after Jaeger's own retries: the traces have holes.",
            queries=(Query(_spans_lost(), "{{service}}"),),
            draw=graph,
            alert="JaegerSpansLost",
        ),
        Panel(
            title="Jaeger, memory",
            unit="bytes",
            description="Resident memory of each instance. A steady rise ends in a restart.",
            queries=(Query(SERVICES.highest("otelcol_process_memory_rss_bytes", "instance"), "{{instance}}"),),
            draw=graph,
        ),
        Panel(
            title="Reads of traces that failed",
            unit="percentunit",
            description="Share of reads from trace storage that fail: people see no traces.",
            queries=(Query(SERVICES.ratio("jaeger_storage_requests_total", "service", 'result="err"'), "{{service}}"),),
            draw=graph,
            alert="JaegerQueriesFailing",
            width=12,
        ),
        Panel(
            title="Reads of traces, duration",
            unit="s",
            description="50th, 95th and 99th percentile of reads from trace storage. Seconds are a wide search.",
            queries=percentiles(SERVICES, "jaeger_storage_latency_seconds"),
            draw=graph,
            width=12,
        ),
    ),
)
