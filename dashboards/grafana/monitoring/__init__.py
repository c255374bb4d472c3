"""The monitoring itself: does it scrape, evaluate, notify and keep what it is given?"""

from __future__ import annotations

from dashboards.board import Board, Variable
from dashboards.grafana.monitoring import alerting, collectors, exporters, metrics, stores
from dashboards.grafana.monitoring.narrowed import PROGRAMS, SERVICES, STACK
from dashboards.panels import Panel, Query, Row, figure
from dashboards.queries import count
from dashboards.shared import firing

UID = "monitoring"

_NOW = Row(
    "Now",
    (
        Panel(
            title="Programs down",
            unit="short",
            description="Instances of the stack's own programs that cannot be scraped. Red from the first on.",
            queries=(Query(count(f"{PROGRAMS.series('up')} == 0"), "down"),),
            draw=figure,
            limit=1,
            width=4,
        ),
        Panel(
            title="Prometheus watching",
            unit="short",
            description="Prometheus servers that scrape themselves. At 0 the Watchdog, and every other alert, stops.",
            queries=(Query("sum(" + SERVICES.series("up", 'job=~"prometheus(-[0-9]+)?"') + ")", "watching"),),
            draw=figure,
            related=("Watchdog",),
            width=4,
        ),
        Panel(
            title="Configurations refused",
            unit="short",
            description="Instances that cannot load their last configuration and run on a former one. Red from 1 on.",
            queries=(
                Query(
                    count(
                        f"{SERVICES.series('prometheus_config_last_reload_successful')} == 0"
                        f" or {SERVICES.series('alertmanager_config_last_reload_successful')} == 0"
                    ),
                    "refused",
                ),
            ),
            draw=figure,
            alert="PrometheusConfigReloadFailed",
            related=("AlertmanagerConfigReloadFailed",),
            limit=1,
            width=4,
        ),
        firing(SERVICES, "service", "team", "instance", dashboard=UID),
    ),
    height=8,
)

BOARD = Board(
    uid=UID,
    title="Monitoring",
    folder="platform",
    description="Prometheus, Alertmanager, Grafana, Loki, Thanos, Jaeger, the collectors and the exporters themselves.",
    tags=("platform",),
    rows=(
        _NOW,
        metrics.PROMETHEUS,
        alerting.RULES,
        alerting.ALERTMANAGER,
        stores.GRAFANA,
        stores.LOKI,
        metrics.THANOS,
        stores.JAEGER,
        collectors.COLLECTORS,
        exporters.EXPORTERS,
        exporters.EVERY_PROGRAM,
    ),
    variables=(Variable("service", f'up{{service=~"{STACK}"}}', "service"),),
)
