"""What each workload is given, by size of the stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.settings.kubernetes import Size

_GO_SHARE = 0.8
"""Of a container's memory, what Go may use; the rest is for what it does not count, and for peaks."""


@dataclass(frozen=True)
class Resources:
    """Requests of one pod; the memory request is its limit too, so that no pod lives on what others were promised.

    CPU has no limit: throttling the monitoring while everything else is busy blinds it when it is needed.
    """

    cpu: str
    memory: str

    @property
    def go_memory_limit(self) -> dict[str, str]:
        """The environment of a Go program that tells it of its limit: as that comes near it collects garbage sooner,
        where it would else let the heap double and be ended by the kernel."""
        number, unit = int(self.memory[:-2]), {"Mi": 1, "Gi": 1024}[self.memory[-2:]]
        return {"GOMEMLIMIT": f"{int(number * unit * _GO_SHARE)}MiB"}


# What each size is meant for stands in components/settings/capacity.py. Reckoned, not measured: 4 KiB of memory for a
# series in Prometheus' head block, and half as much again for queries; Loki's ingesters 20 KiB a stream and a chunk's
# 1.5 MB for the busy ones; the gateway's traces some 20 KiB each for as long as they are gathered; kube-state-metrics
# 25 MiB and 2 MiB more a node (its own guide); Kibana 9 does not start on less than 2 GiB; everything else from the
# projects' own manifests, rounded up.
SIZES: Mapping[Size, Mapping[str, Resources]] = {
    Size.SMALL: {
        "prometheus": Resources("200m", "1Gi"),
        "thanos-sidecar": Resources("20m", "64Mi"),
        "thanos-store": Resources("50m", "384Mi"),
        "thanos-compactor": Resources("50m", "256Mi"),
        "thanos-query": Resources("20m", "128Mi"),
        "thanos-query-frontend": Resources("20m", "128Mi"),
        "alertmanager": Resources("10m", "64Mi"),
        "grafana": Resources("50m", "256Mi"),
        "loki": Resources("100m", "512Mi"),
        "jaeger": Resources("50m", "512Mi"),
        "jaeger-collector": Resources("50m", "256Mi"),
        "jaeger-query": Resources("20m", "128Mi"),
        "jaeger-index-cleaner": Resources("10m", "64Mi"),
        "otel-agent": Resources("50m", "256Mi"),
        "otel-gateway": Resources("50m", "256Mi"),
        "kube-state-metrics": Resources("10m", "128Mi"),
        "node-exporter": Resources("20m", "48Mi"),
        "blackbox-exporter": Resources("10m", "48Mi"),
        "cloudwatch-exporter": Resources("10m", "64Mi"),
        "oauth2-proxy": Resources("10m", "48Mi"),
        "elasticsearch": Resources("250m", "2Gi"),
        "logstash": Resources("100m", "1536Mi"),
        "kibana": Resources("100m", "2Gi"),
        "filebeat": Resources("20m", "200Mi"),
    },
    Size.MEDIUM: {
        "prometheus": Resources("1", "6Gi"),
        "thanos-sidecar": Resources("50m", "256Mi"),
        "thanos-store": Resources("200m", "2Gi"),
        "thanos-compactor": Resources("500m", "2Gi"),
        "thanos-query": Resources("200m", "1Gi"),
        "thanos-query-frontend": Resources("100m", "512Mi"),
        "alertmanager": Resources("50m", "128Mi"),
        "grafana": Resources("200m", "512Mi"),
        "loki": Resources("1", "4Gi"),
        "jaeger": Resources("200m", "1Gi"),
        "jaeger-collector": Resources("500m", "1Gi"),
        "jaeger-query": Resources("100m", "512Mi"),
        "jaeger-index-cleaner": Resources("10m", "64Mi"),
        "otel-agent": Resources("100m", "384Mi"),
        "otel-gateway": Resources("500m", "2Gi"),
        "kube-state-metrics": Resources("50m", "512Mi"),
        "node-exporter": Resources("50m", "64Mi"),
        "blackbox-exporter": Resources("50m", "64Mi"),
        "cloudwatch-exporter": Resources("50m", "128Mi"),
        "oauth2-proxy": Resources("20m", "64Mi"),
        "elasticsearch": Resources("1", "8Gi"),
        "logstash": Resources("500m", "2Gi"),
        "kibana": Resources("250m", "2Gi"),
        "filebeat": Resources("50m", "256Mi"),
    },
    Size.LARGE: {
        "prometheus": Resources("3", "16Gi"),
        "thanos-sidecar": Resources("200m", "512Mi"),
        "thanos-store": Resources("1", "6Gi"),
        "thanos-compactor": Resources("1", "6Gi"),
        "thanos-query": Resources("1", "4Gi"),
        "thanos-query-frontend": Resources("200m", "2Gi"),
        "alertmanager": Resources("100m", "256Mi"),
        "grafana": Resources("500m", "1Gi"),
        "loki-distributor": Resources("1", "2Gi"),
        "loki-ingester": Resources("2", "12Gi"),
        "loki-querier": Resources("2", "6Gi"),
        "loki-query-frontend": Resources("250m", "1Gi"),
        "loki-query-scheduler": Resources("100m", "512Mi"),
        "loki-index-gateway": Resources("500m", "3Gi"),
        "loki-compactor": Resources("500m", "3Gi"),
        "loki-ruler": Resources("500m", "2Gi"),
        "jaeger": Resources("500m", "2Gi"),
        "jaeger-collector": Resources("2", "2Gi"),
        "jaeger-query": Resources("250m", "1Gi"),
        "jaeger-index-cleaner": Resources("10m", "64Mi"),
        "otel-agent": Resources("200m", "512Mi"),
        "otel-gateway": Resources("2", "4Gi"),
        "kube-state-metrics": Resources("200m", "2Gi"),
        "node-exporter": Resources("50m", "96Mi"),
        "blackbox-exporter": Resources("100m", "128Mi"),
        "cloudwatch-exporter": Resources("100m", "256Mi"),
        "oauth2-proxy": Resources("50m", "128Mi"),
        "elasticsearch": Resources("4", "32Gi"),
        "logstash": Resources("2", "4Gi"),
        "kibana": Resources("500m", "2Gi"),
        "filebeat": Resources("100m", "384Mi"),
    },
}
