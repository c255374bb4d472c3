"""Every version that is deployed, pinned once."""

from __future__ import annotations

from dataclasses import dataclass

LAMBDA_RUNTIME = "python3.13"
"""Runtime of every Lambda function."""


@dataclass(frozen=True)
class Image:
    """A container image by repository and version tag."""

    repository: str
    version: str
    tag_prefix: str = ""

    @property
    def reference(self) -> str:
        """What a pod's `image` says."""
        return f"{self.repository}:{self.tag_prefix}{self.version}"


PROMETHEUS = Image("quay.io/prometheus/prometheus", "3.15.0", "v")
# Not the newest: the newest whose source can be built here, so that the configuration is checked by the version that
# is deployed (docs/decisions/0005).
ALERTMANAGER = Image("quay.io/prometheus/alertmanager", "0.31.1", "v")
GRAFANA = Image("docker.io/grafana/grafana", "11.6.14")
KUBE_STATE_METRICS = Image("registry.k8s.io/kube-state-metrics/kube-state-metrics", "2.17.0", "v")
NODE_EXPORTER = Image("quay.io/prometheus/node-exporter", "1.11.1", "v")
BLACKBOX_EXPORTER = Image("quay.io/prometheus/blackbox-exporter", "0.27.0", "v")
