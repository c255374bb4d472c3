"""Everything that runs in the cluster for some settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alert_rules.compilers.common import ResourceScope
from components.kubernetes import (
    alertmanager,
    elastic,
    exporters,
    grafana,
    jaeger,
    loki,
    notification_routes,
    opentelemetry,
    prometheus,
    rbac,
    sign_in_proxy,
    thanos,
)
from components.kubernetes.objects import Manifest
from components.kubernetes.spec import WorkloadSpec
from components.routing import AlertTopics
from components.settings.model import Settings


def beside_prometheus(
    settings: Settings,
    *,
    log_rules: Mapping[str, Any],
    dashboards: grafana.Folders,
    topics: AlertTopics,
    resources: Sequence[ResourceScope],
) -> list[WorkloadSpec]:
    """Every workload but Prometheus, which watches them."""
    return [
        alertmanager.spec(settings, notification_routes.configuration(settings, topics)),
        grafana.spec(settings, dashboards),
        *exporters.specs(settings, resources),
        *thanos.specs(settings),
        *loki.specs(settings, log_rules),
        *jaeger.specs(settings),
        *opentelemetry.specs(settings),
        *elastic.specs(settings),
        *sign_in_proxy.specs(settings),
    ]


def with_prometheus(
    settings: Settings,
    others: Sequence[WorkloadSpec],
    rule_files: prometheus.RuleFiles,
    own: Sequence[prometheus.RuleFiles],
) -> list[WorkloadSpec]:
    """Every workload: the `others`, and a Prometheus for each shard, with the rules of all and its own."""
    return [*prometheus.specs(settings, rule_files, own, others), *others]


def cluster_access(settings: Settings) -> list[Manifest]:
    """The cluster roles of the workloads that read the Kubernetes API."""
    place = settings.kubernetes.namespace
    state = exporters.KUBE_STATE_METRICS_NAME
    return [
        *prometheus.access(settings),
        *(rbac.cluster_access(state, place, exporters.state_rules()) if settings.exporters.kube_state_metrics else []),
        *opentelemetry.access(settings),
    ]
