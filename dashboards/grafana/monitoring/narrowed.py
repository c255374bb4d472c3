"""The series of the stack's own programs."""

from dashboards.queries import Narrowed

STACK = (
    "prometheus|alertmanager|grafana|oauth2-proxy|loki(-.+)?|thanos-.+|jaeger(-.+)?|otel-(agent|gateway)|"
    "kube-state-metrics|node-exporter|blackbox-exporter|cloudwatch-exporter"
)
"""The label `service` of everything that the stack runs and scrapes."""

SERVICES = Narrowed("service")
PROGRAMS = Narrowed("service", (f'service=~"{STACK}"',))
"""For metrics that declared services have as well."""
