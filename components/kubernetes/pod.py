"""The pod of a workload, hardened: Pod Security `restricted`, read-only root, requests, probes, spread across zones."""

from __future__ import annotations

from typing import Any

from components.kubernetes.objects import Manifest, selector
from components.kubernetes.spec import WorkloadSpec


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
        source: dict[str, Any] = {"name": config.object_name(spec.name), **paths}
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
