"""The pod of a workload, hardened: Pod Security `restricted`, read-only root, requests, probes, spread across zones."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from components.kubernetes.objects import Manifest, selector
from components.kubernetes.spec import ConfigFiles, HostAccess, Probe, Program, WorkloadSpec


def pod(spec: WorkloadSpec) -> Manifest:
    """The pod's specification."""
    root = spec.host is not None and spec.host.root
    user = 0 if root else spec.user
    return {
        "serviceAccountName": spec.name,
        "automountServiceAccountToken": spec.uses_kubernetes_api,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": spec.grace_seconds,
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "securityContext": {
            "runAsNonRoot": not root,
            "runAsUser": user,
            "runAsGroup": user,
            "fsGroup": user,
            # Changing the owner of every file of a large volume at each start takes minutes.
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **_on_every_node(spec),
        **({"topologySpreadConstraints": _spread(spec)} if spec.kind in ("Deployment", "StatefulSet") else {}),
        **({"restartPolicy": "OnFailure"} if spec.kind == "CronJob" else {}),
        **({"initContainers": [container(spec, program) for program in spec.prepared_by]} if spec.prepared_by else {}),
        "containers": [container(spec, program) for program in spec.programs],
        "volumes": _volumes(spec),
    }


def _on_every_node(spec: WorkloadSpec) -> Manifest:
    """What a host agent needs to be on every node, whatever the node is kept for, and to see what it watches."""
    if spec.host is None:
        return {}
    network = {"hostNetwork": True} if spec.host.network else {}
    return {**network, "tolerations": [{"operator": "Exists"}]}


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
            ("kubernetes.io/hostname", "DoNotSchedule" if spec.several else "ScheduleAnyway"),
        )
    ]


def container(spec: WorkloadSpec, program: Program) -> Manifest:
    """One container of the pod."""
    return {
        "name": program.name,
        "image": program.image.reference,
        "imagePullPolicy": "IfNotPresent",
        **({"command": list(program.command)} if program.command else {}),
        **({"args": list(program.args)} if program.args else {}),
        **({"env": env} if (env := _environment(program)) else {}),
        **({"ports": ports} if (ports := _ports(program)) else {}),
        "resources": {
            "requests": {"cpu": program.resources.cpu, "memory": program.resources.memory},
            "limits": {"memory": program.resources.memory},
        },
        **_probes(program),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": list(_mounts(spec, program)),
    }


def _ports(program: Program) -> list[Manifest]:
    return [{"name": p.name, "containerPort": p.number, "protocol": p.protocol} for p in program.ports]


def _environment(program: Program) -> list[Manifest]:
    plain: list[Manifest] = [{"name": name, "value": value} for name, value in sorted(program.environment.items())]
    fields = sorted(program.pod_fields.items())
    return plain + [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in fields]


def _probes(program: Program) -> Manifest:
    if program.ready is None or program.live is None:
        return {}
    return {
        "readinessProbe": _probe(program.ready, failures=3),
        "livenessProbe": _probe(program.live, failures=6),
        # Replaying a write-ahead log can take minutes, and a pod killed at it starts again from the beginning.
        "startupProbe": _probe(program.live, failures=60),
    }


def _probe(probe: Probe, *, failures: int) -> Manifest:
    asked = {"httpGet": {"path": probe.path, "port": probe.port}} if probe.path else {"tcpSocket": {"port": probe.port}}
    return {**asked, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": failures}


def _volumes(spec: WorkloadSpec) -> list[Manifest]:
    """The volumes of the pod, each once however many containers mount it; a claim of a StatefulSet has no entry."""
    found: dict[str, Manifest] = {}
    for program in spec.every_program:
        for config in program.config:
            found[config.name] = _config_volume(spec, config)
        for secret in program.secrets:
            found[secret.volume] = {"name": secret.volume, "secret": secret.source}
        for name, _, limit in _scratch(program):
            found[name] = {"name": name, "emptyDir": {"sizeLimit": limit}}
    for name, _, limit in _shared(spec):
        found[name] = {"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": limit}}
    for name, path, _, read_only in _host_mounts(spec.host):
        kind = {} if read_only else {"type": "DirectoryOrCreate"}
        found[name] = {"name": name, "hostPath": {"path": path, **kind}}
    return list(found.values())


def _config_volume(spec: WorkloadSpec, config: ConfigFiles) -> Manifest:
    paths = {"items": config.items} if config.items else {}
    source: dict[str, Any] = {"name": config.object_name(spec.name), **paths}
    return {"name": config.name, "configMap": source}


def _mounts(spec: WorkloadSpec, program: Program) -> Iterator[Manifest]:
    for config in program.config:
        yield {"name": config.name, "mountPath": config.directory, "readOnly": True}
    for secret in program.secrets:
        yield {"name": secret.volume, "mountPath": secret.directory, "readOnly": True}
    for name, path, _ in (*_scratch(program), *_shared(spec)):
        yield {"name": name, "mountPath": path}
    if program is spec:
        for name, _, path, read_only in _host_mounts(spec.host):
            fixed = {"readOnly": True, "mountPropagation": "HostToContainer"} if read_only else {}
            yield {"name": name, "mountPath": path, **fixed}
    if spec.volume and (program is spec or program.reads_volume):
        yield {"name": "data", "mountPath": spec.volume.path}


def _scratch(program: Program) -> Iterator[tuple[str, str, str]]:
    """Name, mount path and size limit of each temporary directory."""
    for index, (path, limit) in enumerate(program.scratch.items()):
        yield f"{program.name}-scratch-{index}", path, limit


def _shared(spec: WorkloadSpec) -> Iterator[tuple[str, str, str]]:
    """Name, mount path and size limit of each directory that all containers of the pod share."""
    for index, (path, limit) in enumerate(spec.shared.items()):
        yield f"shared-{index}", path, limit


def _host_mounts(host: HostAccess | None) -> Iterator[tuple[str, str, str, bool]]:
    """Name, path on the node, path in the container and whether it is read-only, of each directory of the node."""
    if host is None:
        return
    directories = [
        *((*item, True) for item in host.mounts.items()),
        *((*item, False) for item in host.writable.items()),
    ]
    for index, (path, inside, read_only) in enumerate(directories):
        yield f"host-{index}", path, inside, read_only
