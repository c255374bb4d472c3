"""The hardened workload builder: every Deployment, StatefulSet and DaemonSet of the stack is made here.

A component says what it runs (`WorkloadSpec`); how it is run safely is decided once, here and in pod.py: Pod Security
`restricted`, read-only root, requests, probes, spread across zones, disruption budget, own service account, network
policy. Exceptions are `HostAccess`, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.base import Component
from components.kubernetes import network
from components.kubernetes.objects import Manifest, declare, labels, metadata, selector
from components.kubernetes.pod import pod
from components.kubernetes.spec import ConfigFiles, Volume, WorkloadSpec


class Workload(Component, area="kubernetes"):
    """A workload and all that belongs to it: configuration, identity, service, disruption budget, network policy.

    `namespace` is the Namespace it lives in, `after` what else must be there before its pods start.
    """

    def __init__(
        self,
        name: str,
        spec: WorkloadSpec,
        *,
        callers: Sequence[network.Caller],
        namespace: pulumi.Resource,
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        # What a component depends on is not handed down to its children, so each is told.
        in_namespace = self.child(depends_on=[namespace])
        before = [declare(manifest, in_namespace) for manifest in prerequisites(spec, callers)]
        self.workload = declare(workload(spec), self.child(depends_on=[namespace, *before, *after]))
        if spec.replicas > 1:
            declare(disruption_budget(spec), in_namespace)
        self.register_outputs({})


def prerequisites(spec: WorkloadSpec, callers: Sequence[network.Caller]) -> list[Manifest]:
    """What must be there before the pods start."""
    own_secrets = {s.manifest["metadata"]["name"]: s.manifest for s in spec.secrets if s.manifest}
    return [
        service_account(spec),
        *(config_map(spec, config) for config in spec.config),
        *own_secrets.values(),
        network.policy(spec.name, spec.namespace, spec.calls, callers, spec.admits),
        *services(spec),
    ]


def service_account(spec: WorkloadSpec) -> Manifest:
    """The workload's own identity. No token is mounted unless a pod asks for it."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(spec.name, spec.namespace),
        "automountServiceAccountToken": False,
    }


def config_map(spec: WorkloadSpec, config: ConfigFiles) -> Manifest:
    """The ConfigMap of one directory of files."""
    fixed = {} if config.live else {"immutable": True}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(spec.name, spec.namespace) | {"name": config.object_name(spec.name)},
        **config.data,
        **fixed,
    }


def services(spec: WorkloadSpec) -> list[Manifest]:
    """The address other workloads use, and for a StatefulSet the headless one that names each pod."""
    ports = [{"name": "http", "port": spec.port, "targetPort": "http"}]
    affinity = {"sessionAffinity": "ClientIP"} if spec.sticky else {}
    plain = {"selector": selector(spec.name), "ports": ports, "type": "ClusterIP", **affinity}
    found = [_service(spec, spec.name, plain)]
    if spec.kind == "StatefulSet":
        # Peers must find each other before any of them is ready.
        headless = {
            "selector": selector(spec.name),
            "ports": ports,
            "clusterIP": "None",
            "publishNotReadyAddresses": True,
        }
        found.append(_service(spec, f"{spec.name}-headless", headless))
    return found


def _service(spec: WorkloadSpec, name: str, body: Manifest) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(spec.name, spec.namespace) | {"name": name},
        "spec": body,
    }


def disruption_budget(spec: WorkloadSpec) -> Manifest:
    """One pod at a time may be moved; evicting a pod that is broken already is always allowed."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(spec.name, spec.namespace),
        "spec": {
            "maxUnavailable": 1,
            "selector": {"matchLabels": selector(spec.name)},
            "unhealthyPodEvictionPolicy": "AlwaysAllow",
        },
    }


def workload(spec: WorkloadSpec) -> Manifest:
    """The Deployment, StatefulSet or DaemonSet itself."""
    return {
        "apiVersion": "apps/v1",
        "kind": spec.kind,
        "metadata": metadata(spec.name, spec.namespace, version=spec.image.version),
        "spec": {
            "selector": {"matchLabels": selector(spec.name)},
            "revisionHistoryLimit": 3,
            **_scale(spec),
            "template": {"metadata": {"labels": labels(spec.name, spec.image.version)}, "spec": pod(spec)},
        },
    }


def _scale(spec: WorkloadSpec) -> Manifest:
    if spec.kind == "DaemonSet":
        return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}}
    if spec.kind == "Deployment":
        return {
            "replicas": spec.replicas,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        }
    claims = {"volumeClaimTemplates": [_claim(spec.volume)]} if spec.volume else {}
    return {
        "replicas": spec.replicas,
        "serviceName": f"{spec.name}-headless",
        "podManagementPolicy": "Parallel",
        "updateStrategy": {"type": "RollingUpdate"},
        **claims,
    }


def _claim(volume: Volume) -> Manifest:
    chosen = {"storageClassName": volume.storage_class} if volume.storage_class else {}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": str(volume.size)}}, **chosen},
    }
