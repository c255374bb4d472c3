"""The exporters, and what is common to every program of the stack."""

from __future__ import annotations

from dashboards.grafana.monitoring.narrowed import PROGRAMS, SERVICES
from dashboards.panels import Panel, Query, Row, graph
from dashboards.queries import top

EXPORTERS = Row(
    "Exporters",
    (
        Panel(
            title="kube-state-metrics, failures",
            unit="cps",
            description="Failed requests to list or watch a kind of object a second: alerts on it go by old state.",
            queries=(
                Query(
                    SERVICES.rate("kube_state_metrics_list_total", "resource", 'result="error"'), "list {{resource}}"
                ),
                Query(
                    SERVICES.rate("kube_state_metrics_watch_total", "resource", 'result="error"'), "watch {{resource}}"
                ),
            ),
            draw=graph,
            related=("KubeStateMetricsErrors",),
        ),
        Panel(
            title="CloudWatch, failed calls",
            unit="cps",
            description="Failed calls to AWS a second, by operation: a permission or a limit. Panels on AWS lack data.",
            queries=(Query(SERVICES.rate("yace_cloudwatch_request_errors", "api_name"), "{{api_name}}"),),
            draw=graph,
            related=("CloudwatchExporterErrors",),
        ),
        Panel(
            title="CloudWatch, calls",
            unit="cps",
            description="Calls to AWS a second, by operation. GetMetricData costs money by the metric asked for.",
            queries=(Query(SERVICES.rate("yace_cloudwatch_requests_total", "api_name"), "{{api_name}}"),),
            draw=graph,
        ),
    ),
)

EVERY_PROGRAM = Row(
    "Every program",
    (
        Panel(
            title="Memory",
            unit="bytes",
            description="Resident memory of the largest instance of each program. A steady rise ends in a restart.",
            queries=(Query(PROGRAMS.highest("process_resident_memory_bytes", "service"), "{{service}}"),),
            draw=graph,
        ),
        Panel(
            title="Slowest scrapes",
            unit="s",
            description="The ten programs whose metrics take longest to read. A scrape is given up after 10 s.",
            queries=(Query(top(PROGRAMS.highest("scrape_duration_seconds", "service")), "{{service}}"),),
            draw=graph,
        ),
        Panel(
            title="Most samples",
            unit="short",
            description="The ten programs that give most samples in a scrape: what fills Prometheus' memory.",
            queries=(Query(top(PROGRAMS.total("scrape_samples_scraped", "service")), "{{service}}"),),
            draw=graph,
        ),
    ),
)
