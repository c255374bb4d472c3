"""The OpenTelemetry collectors: what they take in, pass on, queue and lose."""

from __future__ import annotations

from dashboards.grafana.monitoring.narrowed import SERVICES
from dashboards.panels import Panel, Query, Row, graph


def _of_every_signal(prefix: str, by: str, how: str = "") -> tuple[Query, ...]:
    """A query for spans, log records and metric points each, by service and another label."""
    return tuple(
        Query(SERVICES.rate(f"{prefix}_{signal}", f"service, {by}"), f"{{{{service}}}} {{{{{by}}}}} {name}{how}")
        for name, signal in (("spans", "spans"), ("logs", "log_records"), ("metrics", "metric_points"))
    )


_UNJUDGED = "otelcol_processor_tail_sampling_sampling_trace_dropped_too_early"

COLLECTORS = Row(
    "Collectors",
    (
        Panel(
            title="Received",
            unit="cps",
            description="Spans, log records and metric points taken in a second. A fall to 0 is a silent sender.",
            queries=_of_every_signal("otelcol_receiver_accepted", "receiver"),
            draw=graph,
        ),
        Panel(
            title="Refused",
            unit="cps",
            description="Items refused a second, for want of memory or behind a full queue; senders try again.",
            queries=_of_every_signal("otelcol_receiver_refused", "receiver"),
            draw=graph,
            alert="CollectorRefusingData",
        ),
        Panel(
            title="Lost",
            unit="cps",
            description="Items that exporters give up a second, after their own retries or behind a full queue.",
            queries=(
                *_of_every_signal("otelcol_exporter_send_failed", "exporter"),
                *_of_every_signal("otelcol_exporter_enqueue_failed", "exporter", ", queue full"),
            ),
            draw=graph,
            alert="CollectorExportFailing",
        ),
        Panel(
            title="Queues, share filled",
            unit="percentunit",
            description="How full each exporter's queue is. A full one refuses what comes next.",
            queries=(
                Query(
                    "max by (instance, exporter) ("
                    f"{SERVICES.series('otelcol_exporter_queue_size')} / "
                    f"{SERVICES.series('otelcol_exporter_queue_capacity')})",
                    "{{instance}} {{exporter}}",
                ),
            ),
            draw=graph,
            alert="CollectorQueueNearlyFull",
            related=("CollectorExportStalled",),
        ),
        Panel(
            title="Traces dropped unjudged",
            unit="cps",
            description="Traces that a gateway has no room to gather. Bad above the line: failed ones go as well.",
            queries=(Query(SERVICES.rate(_UNJUDGED, "service"), "{{service}}"),),
            draw=graph,
            alert="CollectorTracesUnjudged",
        ),
        Panel(
            title="Lines read from nodes",
            unit="cps",
            description="Log lines that each agent reads from the files of its node a second. At 0 it reads no logs.",
            queries=(
                Query(
                    SERVICES.rate("otelcol_receiver_accepted_log_records", "instance", 'receiver=~"file_?log.*"'),
                    "{{instance}}",
                ),
            ),
            draw=graph,
            related=("CollectorLogsStalled",),
        ),
        Panel(
            title="Collectors, memory",
            unit="bytes",
            description="Resident memory of each collector. At three quarters of its limit it refuses data.",
            queries=(Query(SERVICES.highest("otelcol_process_memory_rss", "instance"), "{{instance}}"),),
            draw=graph,
        ),
    ),
)
