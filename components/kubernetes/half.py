"""The half on Kubernetes: namespaces and every workload, with the network policies between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi

from components.base import Component
from components.kubernetes import exporters, mesh, network, prometheus_address, routes
from components.kubernetes.addresses import url
from components.kubernetes.alertmanager import NAME as ALERTMANAGER
from components.kubernetes.alertmanager import PORT as ALERTMANAGER_PORT
from components.kubernetes.objects import Manifest, declare, metadata
from components.kubernetes.spec import WorkloadSpec
from components.kubernetes.workload import Workload, secrets
from components.kubernetes.workloads import cluster_access
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
    """Every workload, hardened, in a namespace of their own; agents that need their node in another.

    `identities` are what gives workloads (by name) their role on AWS, which pods get as they start or not at all.
    """

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        workloads: Sequence[WorkloadSpec],
        identities: Mapping[str, Sequence[pulumi.Resource]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        namespaces = self._namespaces(settings, workloads)
        for manifest in cluster_access(settings):
            declare(manifest, self.child())
        made = self._secrets(workloads, namespaces)
        for spec in workloads:
            Workload(
                spec.name,
                spec,
                callers=network.callers(spec.name, workloads),
                namespace=namespaces[spec.namespace],
                after=[*identities.get(spec.name, ()), *(made[name] for name in secrets(spec))],
                opts=self.child(),
            )
        for manifest in routes.routes(settings):
            declare(manifest, self.child(depends_on=[namespaces[settings.kubernetes.namespace]]))
        for manifest in mesh.telemetry(settings):
            declare(manifest, self.child())
        self.prometheus_url = prometheus_address.query_url(settings)
        self.alertmanager_url = url(settings, ALERTMANAGER, ALERTMANAGER_PORT)
        self.register_outputs({})

    def _secrets(
        self, workloads: Sequence[WorkloadSpec], namespaces: Mapping[str, pulumi.Resource]
    ) -> dict[str, pulumi.Resource]:
        wanted = {name: manifest for spec in workloads for name, manifest in secrets(spec).items()}
        return {
            name: declare(manifest, self.child(depends_on=[namespaces[manifest["metadata"]["namespace"]]]))
            for name, manifest in wanted.items()
        }

    def _namespaces(self, settings: Settings, workloads: Sequence[WorkloadSpec]) -> dict[str, pulumi.Resource]:
        # Host agents need their node, which `restricted` forbids, so they live where nothing else does.
        levels = {settings.kubernetes.namespace: "restricted", exporters.host_namespace(settings): "privileged"}
        used = {spec.namespace for spec in workloads}
        return {
            name: Namespace(name, level=level, opts=self.child()).namespace
            for name, level in levels.items()
            if name in used
        }
