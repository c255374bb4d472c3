"""Which alerts a stack can evaluate, by how long it keeps samples."""

from __future__ import annotations

from collections.abc import Sequence

from alert_rules import loader
from alert_rules.model import PrometheusAlert
from alert_rules.promql import looks_back
from components.settings.model import Settings


def alerts_of(settings: Settings) -> Sequence[PrometheusAlert]:
    """The alerts for which Prometheus keeps samples long enough: one that compares with last week could never fire
    where it keeps three days."""
    return [alert for alert in loader.builtin().prometheus if can_be_evaluated(alert, settings)]


def can_be_evaluated(alert: PrometheusAlert, settings: Settings) -> bool:
    """Whether the samples that the alert compares with are still there."""
    return looks_back(alert.default_query) <= settings.prometheus.retention.value
