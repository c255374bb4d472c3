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
LOKI = Image("docker.io/grafana/loki", "3.7.8")
THANOS = Image("quay.io/thanos/thanos", "0.40.1", "v")
JAEGER = Image("docker.io/jaegertracing/jaeger", "2.13.0")
JAEGER_INDEX_CLEANER = Image("docker.io/jaegertracing/jaeger-es-index-cleaner", "2.13.0")
COLLECTOR = Image("docker.io/otel/opentelemetry-collector-contrib", "0.155.0")
CLOUDWATCH_EXPORTER = Image("quay.io/prometheuscommunity/yet-another-cloudwatch-exporter", "0.67.0", "v")
SIGN_IN_PROXY = Image("quay.io/oauth2-proxy/oauth2-proxy", "7.15.3", "v")
ELASTICSEARCH = Image("docker.elastic.co/elasticsearch/elasticsearch", "9.5.3")
LOGSTASH = Image("docker.elastic.co/logstash/logstash", "9.5.3")
KIBANA = Image("docker.elastic.co/kibana/kibana", "9.5.3")
FILEBEAT = Image("docker.elastic.co/beats/filebeat", "9.5.3")
