"""The Grafana dashboards of an environment: one for each audience, and one for each service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alert_rules.compilers.common import Links
from alert_rules.lint import needed_exporters
from alert_rules.model import PrometheusAlert
from alert_rules.overrides import Override, resolve
from components.evaluated import alerts_of
from components.exporting import exporters_of
from components.settings.model import Settings
from dashboards.board import Body, build
from dashboards.grafana import BOARDS, service

_DRAWN = frozenset(name for board in BOARDS for name in board.thresholds)
"""The alerts whose thresholds are lines; those on the boards of services are among them."""


def dashboards_of(settings: Settings, links: Links) -> dict[str, dict[str, Body]]:
    """The dashboards by folder and uid: one for each audience, and one for each service that is scraped. On the latter
    the lines are the service's own thresholds."""
    running = exporters_of(settings)
    drawn = [a for a in alerts_of(settings) if a.name in _DRAWN and needed_exporters(a) <= running]
    general = _thresholds(drawn, settings.alerts)
    folders = build(BOARDS, exporters=running, thresholds=general, links=links)
    for each in settings.services:
        if each.kubernetes_service and each.metrics:
            board = service.board(each.name, each.team, objectives=bool(each.slos), running=running)
            own = _thresholds(drawn, settings.alerts, each.alerts) if each.alerts else general
            for folder, bodies in build([board], exporters=running, thresholds=own, links=links).items():
                folders.setdefault(folder, {}).update(bodies)
    return folders


def _thresholds(alerts: Sequence[PrometheusAlert], *layers: Mapping[str, Override]) -> dict[str, float]:
    """The threshold of each of the alerts that is enabled, by its name, the later layers of overrides winning."""
    found = [resolve(alert, *(layer.get(alert.name, {}) for layer in layers)) for alert in alerts]
    return {each.definition.name: each.values["threshold"].value for each in found if each.enabled}
