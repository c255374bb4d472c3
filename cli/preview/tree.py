"""The files of `build/<stack>/`, from what was recorded."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from alert_rules import json_text, yaml12
from cli.preview.objectives import Promises
from cli.recorder import Archive, Recording, Resource

Files = dict[str, str | bytes]

_WORKLOADS = (
    "kubernetes:apps/v1:DaemonSet",
    "kubernetes:apps/v1:Deployment",
    "kubernetes:apps/v1:StatefulSet",
    "kubernetes:batch/v1:CronJob",
)
_WORKLOAD_KINDS = tuple(token.rsplit(":", 1)[1] for token in _WORKLOADS)
_DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"


def files(recording: Recording, plan: Mapping[str, Any]) -> Files:
    """Every file by its path below `build/<stack>/`. The same recording gives the same bytes."""
    return {
        **_manifests(recording),
        **_mounted(recording),
        **_aws(recording),
        **{
            f"cloudwatch/{r.inputs['dashboardName']}.json": _pretty(r.inputs["dashboardBody"])
            for r in recording.of_type(_DASHBOARD)
        },
        **_function_data(recording),
        "plan.json": json_text.pretty(plan),
    }


def plan(
    recording: Recording,
    alerts: list[dict[str, Any]],
    promised: Promises,
    warnings: list[str],
    requests: Mapping[str, Any],
) -> dict[str, Any]:
    """plan.json: every resource, every alert with its route, the objectives and agreements, the exports, the requests;
    secrets masked."""
    return {
        "agreements": promised.agreements,
        "alerts": alerts,
        "exports": recording.masked_exports,
        "objectives": promised.objectives,
        "requests": requests,
        "resources": [_resource(resource) for resource in recording.resources],
        "warnings": warnings,
    }


def _resource(resource: Resource) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "name": resource.name,
        "parent": resource.parent,
        "inputs": _plain(resource.masked),
    }


def _plain(value: Any) -> Any:
    """Archives as the digests of their files: a reviewer needs to see that code changed, not read it twice."""
    if isinstance(value, Archive):
        return {"files": len(value.files), "sha256": value.digest}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _manifests(recording: Recording) -> Files:
    """Kubernetes objects, a file a workload; what belongs to none is in namespaces.yaml."""
    workloads = {r.inputs["metadata"]["name"] for token in _WORKLOADS for r in recording.of_type(token)}
    grouped: dict[str, list[Any]] = {}
    for resource in recording.of_type("kubernetes:"):
        name = resource.inputs["metadata"]["labels"]["app.kubernetes.io/name"]
        grouped.setdefault(name if name in workloads else "namespaces", []).append(resource.masked)
    order = ("apiVersion", "kind", "metadata", "type", "immutable")
    return {
        f"kubernetes/{name}.yaml": yaml12.dump_all(
            [{key: m[key] for key in (*order, *sorted(m)) if key in m} for m in sorted(manifests, key=_apply_order)]
        )
        for name, manifests in sorted(grouped.items())
    }


def _apply_order(manifest: Mapping[str, Any]) -> tuple[bool, bool, str, str]:
    kind = manifest["kind"]
    return (
        kind != "Namespace",
        kind in _WORKLOAD_KINDS,
        kind,
        f"{manifest['metadata'].get('namespace')}/{manifest['metadata']['name']}",
    )


def _mounted(recording: Recording) -> Files:
    """Configuration files where each workload's containers find them, below `mounted/<workload>`."""
    maps = {_place(r): r.masked for r in recording.of_type("kubernetes:core/v1:ConfigMap")}
    found: Files = {}
    for token in _WORKLOADS:
        for resource in recording.of_type(token):
            for directory, config in _config_mounts(resource, maps):
                root = f"mounted/{resource.inputs['metadata']['name']}{directory}"
                found |= {f"{root}/{path}": content for path, content in config.items()}
    return found


def _place(resource: Resource) -> tuple[str, str]:
    metadata = resource.inputs["metadata"]
    return metadata["namespace"], metadata["name"]


def _config_mounts(resource: Resource, maps: Mapping[tuple[str, str], Any]) -> Iterator[tuple[str, Files]]:
    spec = resource.inputs["spec"]
    pod = spec.get("jobTemplate", {"spec": spec})["spec"]["template"]["spec"]
    volumes = {volume["name"]: volume["configMap"] for volume in pod["volumes"] if "configMap" in volume}
    containers = [*pod["containers"], *pod.get("initContainers", [])]
    for mount in (mount for container in containers for mount in container["volumeMounts"]):
        if mount["name"] in volumes:
            source = volumes[mount["name"]]
            yield mount["mountPath"], _files_of(maps[_place(resource)[0], source["name"]], source.get("items"))


def _files_of(config: Mapping[str, Any], items: list[dict[str, str]] | None) -> Files:
    binary = {key: base64.b64decode(text) for key, text in config.get("binaryData", {}).items()}
    content: Files = {**config.get("data", {}), **binary}
    return {item["path"]: content[item["key"]] for item in items} if items else content


def _aws(recording: Recording) -> Files:
    """AWS resources, a file a component."""
    grouped: dict[str, list[Any]] = {}
    for resource in recording.of_type("aws:"):
        owner = (resource.parent or "").split("::")[2].split("$")[-1].split(":")[-1]
        grouped.setdefault(_snake(owner), []).append(_resource(resource))
    return {f"aws/{name}.json": json_text.pretty(resources) for name, resources in sorted(grouped.items())}


def _function_data(recording: Recording) -> Files:
    """The data that functions ship beside their code."""
    return {
        f"lambda/{resource.inputs['name']}/{path}": _pretty(content.decode())
        for resource in recording.of_type("aws:lambda/function:Function")
        for path, content in resource.inputs["code"].files.items()
        if path.endswith(".json")
    }


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _pretty(text: str) -> str:
    return json_text.pretty(json.loads(text))
