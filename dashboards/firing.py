"""The table of what is firing, on any dashboard."""

from __future__ import annotations

from alert_rules import loader
from dashboards.panels import Panel, Query, alert_list
from dashboards.queries import Narrowed


def firing(narrowed: Narrowed, *labels: str, dashboard: str | None = None) -> Panel:
    """Alerts that fire now, with these labels; those of one dashboard where it is given, else every alert."""
    matchers = ['alertstate="firing"', *([_alerts_of(dashboard)] if dashboard else [])]
    return Panel(
        title="Firing alerts",
        unit="short",
        description="Alerts that fire now; the name leads to the alert's runbook.",
        queries=(Query(narrowed.highest("ALERTS", ", ".join(["severity", "alertname", *labels]), *matchers)),),
        draw=alert_list(*labels),
        width=12,
        aside=True,
    )


def _alerts_of(dashboard: str) -> str:
    names = [alert.name for alert in loader.builtin().prometheus if alert.dashboard == dashboard]
    return f'alertname=~"{"|".join(sorted(names))}"'
