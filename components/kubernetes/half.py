"""The half on Kubernetes: namespaces and every workload, with the network policies between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from alert_rules.model import Severity
from components.base import Component
from components.kubernetes import alertmanager, exporters, grafana, network, prometheus, rbac
from components.kubernetes.objects import Manifest, declare, metadata
from components.kubernetes.spec import WorkloadSpec
from components.kubernetes.workload import Workload
from components.settings.model import Settings


class Namespace(Component, area="kubernetes"):
    """A namespace that enforces a level of Pod Security and denies all traffic that no workload asked for."""

    def __init__(self, name: str, *, level: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.namespace = declare(namespace(name, level), self.child())
        for policy in network.namespace_policies(name):
            declare(policy, self.child(depends_on=[self.namespace]))
        self.register_outputs({})


def namespace(name: str, level: str) -> Manifest:
    """The Namespace object; `level` is a level of the Pod Security Standards."""
    enforced = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "audit", "warn")}
    base = metadata("vigil", None)
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": {**base["labels"], **enforced}},
    }


class KubernetesHalf(Component, area="kubernetes"):
    """Prometheus, Alertmanager, Grafana and the exporters, hardened, in a namespace of their own."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        rule_files: Mapping[str, Any],
        dashboards: Mapping[str, dict[str, Any]],
        topic_arns: Mapping[Severity, str],
        region: str,
        before_alertmanager: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        config = settings.kubernetes
        restricted = Namespace(config.namespace, level="restricted", opts=self.child())
        # Host agents need their node, which `restricted` forbids, so they live where nothing else does.
        host = Namespace(exporters.host_namespace(settings), level="privileged", opts=self.child())
        namespaces = {config.namespace: restricted.namespace, exporters.host_namespace(settings): host.namespace}
        after: Mapping[str, Sequence[pulumi.Resource]] = {alertmanager.NAME: before_alertmanager}
        for manifest in cluster_access(settings):
            declare(manifest, self.child())
        specs = workloads(settings, rule_files=rule_files, dashboards=dashboards, topic_arns=topic_arns, region=region)
        for spec in specs:
            Workload(
                spec.name,
                spec,
                callers=network.callers(spec.name, specs),
                namespace=namespaces[spec.namespace],
                after=after.get(spec.name, ()),
                opts=self.child(),
            )
        self.prometheus_url = f"http://{prometheus.NAME}.{config.namespace}.svc:{prometheus.PORT}"
        self.alertmanager_url = f"http://{alertmanager.NAME}.{config.namespace}.svc:{alertmanager.PORT}"
        self.register_outputs({})


def workloads(
    settings: Settings,
    *,
    rule_files: Mapping[str, Any],
    dashboards: Mapping[str, dict[str, Any]],
    topic_arns: Mapping[Severity, str],
    region: str,
) -> Sequence[WorkloadSpec]:
    """What runs in the cluster for these settings."""
    routing = alertmanager.configuration(settings, topic_arns, region)
    return (
        prometheus.spec(settings, rule_files),
        alertmanager.spec(settings, routing),
        grafana.spec(settings, dashboards),
        exporters.kube_state_metrics(settings),
        exporters.node_exporter(settings),
        exporters.blackbox_exporter(settings),
    )


def cluster_access(settings: Settings) -> list[Manifest]:
    """The cluster roles of the workloads that read the Kubernetes API."""
    place = settings.kubernetes.namespace
    return [
        *prometheus.access(settings),
        *rbac.cluster_access(exporters.KUBE_STATE_METRICS_NAME, place, exporters.state_rules()),
    ]
