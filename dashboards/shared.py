"""Panels that more than one dashboard has."""

from __future__ import annotations

from alert_rules import loader
from dashboards.panels import Panel, Query, alert_list, figure
from dashboards.queries import Narrowed, count


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


def instances_up(services: Narrowed) -> Panel:
    """How many instances are scraped."""
    return Panel(
        title="Instances up",
        unit="short",
        description="Instances that Prometheus scraped with success.",
        queries=(Query(f"sum({services.series('up')})", "up"),),
        draw=figure,
        width=4,
    )


def unreachable(services: Narrowed) -> Panel:
    """How many dependencies no instance reaches."""
    return Panel(
        title="Dependencies unreachable",
        unit="short",
        description="What no instance of a service reaches. Red from the first on.",
        queries=(Query(count(f"{services.highest('dependency_up', 'service, dependency')} == 0"), "down"),),
        draw=figure,
        limit=1,
        width=4,
    )
