"""The hardened workload builder: every Deployment, StatefulSet, DaemonSet and CronJob of the stack is made here.

A component says what it runs (`WorkloadSpec`); how it is run safely is decided once, here and in pod.py: Pod Security
`restricted`, read-only root, requests, probes, spread across zones, disruption budget, own service account, network
policy. Exceptions are `HostAccess`, and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pulumi

from alert_rules.names import digest
from components.base import Component
from components.kubernetes import network
from components.kubernetes.objects import Manifest, declare, headless_name, labels, logical_name, metadata, selector
from components.kubernetes.pod import pod
from components.kubernetes.spec import Autoscale, ConfigFiles, Volume, WorkloadSpec


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
        for manifest in companions(spec):
            declare(manifest, in_namespace)
        self.register_outputs({})


def prerequisites(spec: WorkloadSpec, callers: Sequence[network.Caller]) -> list[Manifest]:
    """What must be there before the pods start, but for the Secrets."""
    config = {c.name: c for program in spec.every_program for c in program.config}
    return [
        service_account(spec),
        *(config_map(spec, each) for each in config.values()),
        network.policy(spec.name, spec.namespace, calls_of(spec), callers, spec.admits),
        *([headless_service(spec)] if spec.kind == "StatefulSet" or spec.headless else []),
    ]


def secrets(spec: WorkloadSpec) -> dict[str, Manifest]:
    """The Secrets made of what the settings hold, by logical name. Other workloads may read the same, so that who
    declares them declares each once."""
    found = [secret.manifest for program in spec.every_program for secret in program.secrets if secret.manifest]
    return {logical_name(manifest): manifest for manifest in found}


def companions(spec: WorkloadSpec) -> list[Manifest]:
    """What is made at the same time as the pods. The engine takes a Service for made once it has pods that are ready,
    so pods that waited for theirs would wait for ever."""
    return [
        *([service(spec)] if spec.ports else []),
        *([disruption_budget(spec)] if spec.several else []),
        *([autoscaler(spec, spec.autoscale)] if spec.autoscale else []),
    ]


def calls_of(spec: WorkloadSpec) -> list[network.Call]:
    """What the workload calls, with what it needs to be somebody on AWS."""
    if not spec.aws:
        return list(spec.calls)
    opened = {port for call in spec.calls if isinstance(call, network.ToAnywhere) for port in call.ports}
    wanted = {80: "the EKS Pod Identity agent on the node, 169.254.170.23", 443: "AWS"}
    missing = [network.ToAnywhere((port,), reason) for port, reason in wanted.items() if port not in opened]
    return [*spec.calls, *missing]


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


def service(spec: WorkloadSpec) -> Manifest:
    """The address that other workloads use."""
    affinity = {"sessionAffinity": "ClientIP"} if spec.sticky else {}
    # Whoever calls an agent of the nodes means that of its own node.
    local = {"internalTrafficPolicy": "Local"} if spec.kind == "DaemonSet" else {}
    body = {"selector": selector(spec.name), "ports": _service_ports(spec), "type": "ClusterIP", **affinity, **local}
    return _service(spec, spec.name, body)


def headless_service(spec: WorkloadSpec) -> Manifest:
    """The names of the single pods; of those that are ready, unless they must find each other before."""
    body = {
        "selector": selector(spec.name),
        "ports": _service_ports(spec),
        "clusterIP": "None",
        **({"publishNotReadyAddresses": True} if spec.finds_peers else {}),
    }
    return _service(spec, headless_name(spec.name), body)


def _service_ports(spec: WorkloadSpec) -> list[Manifest]:
    return [
        {"name": port.name, "port": port.number, "targetPort": port.name}
        for port in spec.every_port
        if port.protocol == "TCP"
    ]


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


def autoscaler(spec: WorkloadSpec, scale: Autoscale) -> Manifest:
    """Adds replicas with the load, and takes none away."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(spec.name, spec.namespace),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": spec.kind, "name": spec.name},
            "minReplicas": scale.least,
            "maxReplicas": scale.most,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": scale.cpu_percent},
                    },
                }
            ],
            # Each has a queue on its volume; one that is taken away by itself would take that along.
            "behavior": {"scaleDown": {"selectPolicy": "Disabled"}},
        },
    }


def workload(spec: WorkloadSpec) -> Manifest:
    """The Deployment, StatefulSet, DaemonSet or CronJob itself."""
    if spec.kind == "CronJob":
        return _cron_job(spec)
    return {
        "apiVersion": "apps/v1",
        "kind": spec.kind,
        "metadata": metadata(spec.name, spec.namespace, version=spec.image.version),
        "spec": {
            "selector": {"matchLabels": selector(spec.name)},
            "revisionHistoryLimit": 3,
            **_scale(spec),
            "template": _template(spec),
        },
    }


def _template(spec: WorkloadSpec) -> Manifest:
    own = {"labels": labels(spec.name, spec.image.version), **_secret_versions(spec)}
    return {"metadata": own, "spec": pod(spec)}


def _secret_versions(spec: WorkloadSpec) -> Manifest:
    """A digest of each secret that vigil makes itself: programs read it as they start, so a new one rolls the pods."""
    versions = {
        f"vigil/{manifest['metadata']['name']}": pulumi.Output.from_input(manifest["stringData"]).apply(_digest)
        for manifest in secrets(spec).values()
    }
    return {"annotations": versions} if versions else {}


def _digest(values: dict[str, str]) -> str:
    return digest(json.dumps(values, sort_keys=True), 16)


def _cron_job(spec: WorkloadSpec) -> Manifest:
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata(spec.name, spec.namespace, version=spec.image.version),
        "spec": {
            "schedule": spec.schedule,
            "timeZone": "Etc/UTC",
            # A run that takes long is not joined by the next; one that was missed is made up for within the hour.
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 3,
                    "activeDeadlineSeconds": 3600,
                    "ttlSecondsAfterFinished": 86400,
                    "template": _template(spec),
                }
            },
        },
    }


def _scale(spec: WorkloadSpec) -> Manifest:
    if spec.kind == "DaemonSet":
        return {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "10%"}}}
    # What scales itself says so alone: a number here would undo it at every deploy.
    replicas = {} if spec.autoscale else {"replicas": spec.replicas}
    if spec.kind == "Deployment":
        return {
            **replicas,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": _rolling(spec)},
        }
    claims = {"volumeClaimTemplates": [_claim(spec.volume)]} if spec.volume else {}
    return {
        **replicas,
        "serviceName": headless_name(spec.name),
        "podManagementPolicy": "Parallel",
        "updateStrategy": {"type": "RollingUpdate"},
        **claims,
    }


def _rolling(spec: WorkloadSpec) -> Manifest:
    # Replicas insist on a node each, so where there is no node to spare one must go before the next can come.
    return {"maxUnavailable": 1, "maxSurge": 0} if spec.several else {"maxUnavailable": 0, "maxSurge": 1}


def _claim(volume: Volume) -> Manifest:
    chosen = {"storageClassName": volume.storage_class} if volume.storage_class else {}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": str(volume.size)}}, **chosen},
    }
