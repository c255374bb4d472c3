"""What exports metrics in a stack, as alert_rules/metrics.yaml calls it."""

from __future__ import annotations

from components.settings.model import Settings


def exporters_of(settings: Settings) -> frozenset[str]:
    """What exports metrics in this stack, as alert_rules/metrics.yaml calls it. A rule or a panel on the metrics of
    anything else is left out."""
    on = settings.exporters
    switches = {
        "kube_state_metrics": on.kube_state_metrics,
        "node": on.node,
        "blackbox": on.blackbox,
        "kubelet": on.kubelet,
        "cadvisor": on.kubelet,
        "apiserver": on.kubelet,
        "coredns": on.kubelet,
        "cloudwatch_exporter": on.cloudwatch,
        "thanos": settings.thanos.enabled,
        "loki": settings.loki.enabled,
        "jaeger": settings.jaeger.enabled,
        "opentelemetry": settings.opentelemetry.enabled,
        "slo": any(service.slos for service in settings.services),
        "sla": any(service.sla for service in settings.services),
        "span_metrics": settings.opentelemetry.enabled and settings.traces_are_kept,
    }
    always = {"application", "declared", "prometheus", "prometheus_server", "alertmanager", "grafana"}
    return frozenset(always | {name for name, enabled in switches.items() if enabled})
