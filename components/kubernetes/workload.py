"""The hardened workload builder: every Deployment, StatefulSet and DaemonSet of the stack is made here.

A component says what it runs (`WorkloadSpec`); how it is run safely is decided once, in this file: Pod Security
`restricted`, read-only root, requests, probes, spread across zones, disruption budget, own service account, network
policy. Exceptions are `HostAccess`, and nothing else.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pulumi

from components.base import Component
from components.kubernetes import network
from components.kubernetes.objects import Manifest, declare, labels, metadata, selector
from components.kubernetes.secrets import SecretFile
from components.kubernetes.sizes import Resources
from components.naming import content_name
from components.versions import Image

NOBODY = 65534


@dataclass(frozen=True)
class ConfigFiles:
    """Files mounted into a directory. A program that watches its files gets them `live`, in place; for any other they
    are immutable and named by their content, so that new content rolls the pods."""

    directory: str
    files: Mapping[str, str | bytes]
    live: bool = False
    name: str = "config"

    @property
    def data(self) -> dict[str, dict[str, str]]:
        """The files as a ConfigMap holds them: text as `data`, bytes as `binaryData`, by key."""
        text = {_key(path): content for path, content in sorted(self.files.items()) if isinstance(content, str)}
        binary = {
            _key(path): base64.b64encode(content).decode()
            for path, content in sorted(self.files.items())
            if isinstance(content, bytes)
        }
        return {name: values for name, values in (("data", text), ("binaryData", binary)) if values}

    @property
    def items(self) -> list[dict[str, str]]:
        """The paths of files in subdirectories, which a ConfigMap's keys cannot spell; none where there are none."""
        nested = any("/" in path for path in self.files)
        return [{"key": _key(path), "path": path} for path in sorted(self.files)] if nested else []


def _key(path: str) -> str:
    return path.replace("/", ".")


@dataclass(frozen=True)
class Volume:
    """A persistent volume for each replica; size in bytes."""

    path: str
    size: int
    storage_class: str | None


@dataclass(frozen=True)
class HostAccess:
    """What a host agent needs of its node, and why no less will do."""

    reason: str
    mounts: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class WorkloadSpec:
    """One program of the stack: what it runs, reads, keeps, serves and calls."""

    name: str
    namespace: str
    kind: Literal["Deployment", "StatefulSet", "DaemonSet"]
    image: Image
    args: Sequence[str]
    resources: Resources
    port: int
    ready: str
    live: str
    replicas: int = 1
    peer_port: int | None = None
    user: int = NOBODY
    config: Sequence[ConfigFiles] = ()
    secrets: Sequence[SecretFile] = ()
    scratch: Sequence[str] = ()
    volume: Volume | None = None
    host: HostAccess | None = None
    uses_kubernetes_api: bool = False
    uses_pod_name: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    sticky: bool = False
    calls: Sequence[network.Call] = ()
    admits: Sequence[network.Admit] = ()


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
        "metadata": metadata(spec.name, spec.namespace) | {"name": _config_name(spec, config)},
        **config.data,
        **fixed,
    }


def _config_name(spec: WorkloadSpec, config: ConfigFiles) -> str:
    base = f"{spec.name}-{config.name}"
    return base if config.live else content_name(base, config.data)


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


def pod(spec: WorkloadSpec) -> Manifest:
    """The pod's specification."""
    host = {"hostNetwork": True, "hostPID": True, "tolerations": [{"operator": "Exists"}]} if spec.host else {}
    return {
        "serviceAccountName": spec.name,
        "automountServiceAccountToken": spec.uses_kubernetes_api,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": 120 if spec.volume else 30,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": spec.user,
            "runAsGroup": spec.user,
            "fsGroup": spec.user,
            # Changing the owner of every file of a large volume at each start takes minutes.
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **host,
        **({} if spec.kind == "DaemonSet" else {"topologySpreadConstraints": _spread(spec)}),
        "containers": [container(spec)],
        "volumes": [volume for volume, _ in _mounts(spec) if volume],
    }


def _spread(spec: WorkloadSpec) -> list[Manifest]:
    # Zones are hoped for, hosts insisted on: two replicas on one node are one replica.
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": when,
            "labelSelector": {"matchLabels": selector(spec.name)},
        }
        for key, when in (
            ("topology.kubernetes.io/zone", "ScheduleAnyway"),
            ("kubernetes.io/hostname", "DoNotSchedule" if spec.replicas > 1 else "ScheduleAnyway"),
        )
    ]


def container(spec: WorkloadSpec) -> Manifest:
    """The one container of the pod."""
    ports = [{"name": "http", "containerPort": spec.port, "protocol": "TCP"}]
    if spec.peer_port:
        ports += [
            {"name": "peer-tcp", "containerPort": spec.peer_port, "protocol": "TCP"},
            {"name": "peer-udp", "containerPort": spec.peer_port, "protocol": "UDP"},
        ]
    return {
        "name": spec.name,
        "image": spec.image.reference,
        "imagePullPolicy": "IfNotPresent",
        "args": list(spec.args),
        **({"env": env} if (env := _environment(spec)) else {}),
        "ports": ports,
        "resources": {
            "requests": {"cpu": spec.resources.cpu, "memory": spec.resources.memory},
            "limits": {"memory": spec.resources.memory},
        },
        "readinessProbe": _probe(spec.ready, failures=3),
        "livenessProbe": _probe(spec.live, failures=6),
        # Replaying a write-ahead log can take minutes, and a pod killed at it starts again from the beginning.
        "startupProbe": _probe(spec.live, failures=60),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [mount for _, mounts in _mounts(spec) for mount in mounts],
    }


def _environment(spec: WorkloadSpec) -> list[Manifest]:
    plain: list[Manifest] = [{"name": name, "value": value} for name, value in sorted(spec.environment.items())]
    if spec.uses_pod_name:
        plain.append({"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}})
    return plain


def _probe(path: str, *, failures: int) -> Manifest:
    return {
        "httpGet": {"path": path, "port": "http"},
        "periodSeconds": 10,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def _mounts(spec: WorkloadSpec) -> list[tuple[Manifest | None, list[Manifest]]]:
    """Each volume of the pod with its mounts; a claim of a StatefulSet is a volume without an entry here."""
    found: list[tuple[Manifest | None, list[Manifest]]] = []
    for config in spec.config:
        paths = {"items": config.items} if config.items else {}
        source: dict[str, Any] = {"name": _config_name(spec, config), **paths}
        volume: Manifest = {"name": config.name, "configMap": source}
        found.append((volume, [{"name": config.name, "mountPath": config.directory, "readOnly": True}]))
    for secret in spec.secrets:
        source = {
            "secretName": secret.secret,
            "defaultMode": 0o440,
            "items": [{"key": secret.key, "path": secret.file}],
        }
        mount = {"name": secret.volume, "mountPath": secret.directory, "readOnly": True}
        found.append(({"name": secret.volume, "secret": source}, [mount]))
    for index, path in enumerate(spec.scratch):
        volume = {"name": f"scratch-{index}", "emptyDir": {"sizeLimit": "256Mi"}}
        found.append((volume, [{"name": f"scratch-{index}", "mountPath": path}]))
    for index, (host_path, path) in enumerate((spec.host.mounts if spec.host else {}).items()):
        volume = {"name": f"host-{index}", "hostPath": {"path": host_path}}
        mount = {"name": f"host-{index}", "mountPath": path, "readOnly": True, "mountPropagation": "HostToContainer"}
        found.append((volume, [mount]))
    if spec.volume:
        found.append((None, [{"name": "data", "mountPath": spec.volume.path}]))
    return found
