"""From a rule to a person: rules, and Alertmanager's notifications."""

from __future__ import annotations

from dashboards.grafana.monitoring.narrowed import SERVICES
from dashboards.panels import Panel, Query, Row, figure, graph


def _unsent() -> str:
    errors, sent = (f"prometheus_notifications_{outcome}_total" for outcome in ("errors", "sent"))
    return f"min by (instance) ({SERVICES.lost(errors, sent, 'instance, alertmanager')})"


RULES = Row(
    "Rules",
    (
        Panel(
            title="Time to evaluate, of the interval",
            unit="percentunit",
            description="How much of its interval a group of rules takes to evaluate. From 100 % on, alerts come late.",
            queries=(
                Query(
                    f"{SERVICES.highest('prometheus_rule_group_last_duration_seconds', 'rule_group')} / "
                    f"{SERVICES.highest('prometheus_rule_group_interval_seconds', 'rule_group')}",
                    "{{rule_group}}",
                ),
            ),
            draw=graph,
            alert="PrometheusRuleGroupTooSlow",
            width=12,
        ),
        Panel(
            title="Evaluations that failed",
            unit="cps",
            description="Failed evaluations of rules a second, by group. Above 0, alerts of the group cannot fire.",
            queries=(
                Query(SERVICES.rate("prometheus_rule_evaluation_failures_total", "rule_group"), "{{rule_group}}"),
            ),
            draw=graph,
            related=("PrometheusRuleEvaluationFailures",),
            width=12,
        ),
        Panel(
            title="Alerts that could not be sent",
            unit="percentunit",
            description="Share of alerts that a server could send to no Alertmanager: nobody is told of them.",
            queries=(Query(_unsent(), "{{instance}}"),),
            draw=graph,
            alert="PrometheusErrorSendingAlerts",
            width=12,
        ),
        Panel(
            title="Alerts waiting to be sent",
            unit="short",
            description="Alerts in a server's queues to the Alertmanagers. One that stays filled has a slow other end.",
            queries=(
                Query(
                    SERVICES.highest("prometheus_notifications_queue_length", "instance, alertmanager"),
                    "{{instance}} to {{alertmanager}}",
                ),
            ),
            draw=graph,
            width=12,
        ),
    ),
)

ALERTMANAGER = Row(
    "Alertmanager",
    (
        Panel(
            title="Alerts held",
            unit="short",
            description="Alerts that Alertmanager knows, by state. A jump is one fault that many alerts see.",
            queries=(Query(SERVICES.highest("alertmanager_alerts", "state"), "{{state}}"),),
            draw=graph,
        ),
        Panel(
            title="Notifications",
            unit="cps",
            description="Notifications a second by channel. More than a few a minute are more than people read.",
            queries=(Query(SERVICES.rate("alertmanager_notifications_total", "integration"), "{{integration}}"),),
            draw=graph,
        ),
        Panel(
            title="Notifications that failed",
            unit="percentunit",
            description="Share of a channel's notifications that did not arrive, after Alertmanager's own retries.",
            queries=(
                Query(
                    SERVICES.share(
                        "alertmanager_notifications_failed_total", "alertmanager_notifications_total", "integration"
                    ),
                    "{{integration}}",
                ),
            ),
            draw=graph,
            alert="AlertmanagerNotificationsFailing",
        ),
        Panel(
            title="Time to notify, p95",
            unit="s",
            description="95th percentile of the time a channel takes for a notification. Above 5 s it is slow.",
            queries=(
                Query(
                    SERVICES.quantile(0.95, "alertmanager_notification_latency_seconds", "integration"),
                    "{{integration}}",
                ),
            ),
            draw=graph,
        ),
        Panel(
            title="Cluster members",
            unit="short",
            description="Members that each replica sees. Fewer than there are replicas: people are told twice.",
            queries=(Query(SERVICES.highest("alertmanager_cluster_members", "instance"), "{{instance}}"),),
            draw=graph,
            related=("AlertmanagerClusterPartitioned",),
        ),
        Panel(
            title="Different configurations",
            unit="short",
            description="Configurations that run at once. Red from 2 on: who is told depends on the replica.",
            queries=(
                Query(
                    f'count(count_values("configuration", {SERVICES.series("alertmanager_config_hash")}))',
                    "configurations",
                ),
            ),
            draw=figure,
            alert="AlertmanagerConfigInconsistent",
            limit=2,
        ),
    ),
)
