"""What each workload is given, by size of the stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.settings.model import Size


@dataclass(frozen=True)
class Resources:
    """Requests of one pod; the memory request is its limit too, so that no pod lives on what others were promised.

    CPU has no limit: throttling the monitoring while everything else is busy blinds it when it is needed.
    """

    cpu: str
    memory: str


# small: a development cluster, some 100,000 series. medium: tens of nodes in production, up to a million series.
# Reckoned, not measured: 4 KiB of memory for a series in Prometheus' head block, and half as much again for queries.
SIZES: Mapping[Size, Mapping[str, Resources]] = {
    Size.SMALL: {
        "prometheus": Resources("200m", "1Gi"),
        "alertmanager": Resources("10m", "64Mi"),
        "grafana": Resources("50m", "256Mi"),
        "kube-state-metrics": Resources("10m", "128Mi"),
        "node-exporter": Resources("20m", "48Mi"),
        "blackbox-exporter": Resources("10m", "48Mi"),
    },
    Size.MEDIUM: {
        "prometheus": Resources("1", "6Gi"),
        "alertmanager": Resources("50m", "128Mi"),
        "grafana": Resources("200m", "512Mi"),
        "kube-state-metrics": Resources("50m", "512Mi"),
        "node-exporter": Resources("50m", "64Mi"),
        "blackbox-exporter": Resources("50m", "64Mi"),
    },
}
