"""The Pods that a workload's controller would make from its template."""

from collections.abc import Iterable, Mapping
from typing import Any

Manifest = Mapping[str, Any]

_TEMPLATE_PATHS: dict[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
}


def pods_of(manifests: Iterable[Manifest]) -> list[dict[str, Any]]:
    """Return one Pod manifest for each workload among the manifests; others are passed over."""
    return [_pod_of(manifest) for manifest in manifests if manifest.get("kind") in _TEMPLATE_PATHS]


def namespace_of(manifest: Manifest) -> str:
    """Return the namespace that the manifest names, or `default`."""
    return str(manifest["metadata"].get("namespace", "default"))


def _pod_of(workload: Manifest) -> dict[str, Any]:
    template: Any = workload
    for key in _TEMPLATE_PATHS[workload["kind"]]:
        template = template[key]
    name = f"{workload['kind'].lower()}-{workload['metadata']['name']}"
    metadata = {**template.get("metadata", {}), "name": name, "namespace": namespace_of(workload)}
    spec = _with_claims(template["spec"], workload)
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _with_claims(pod_spec: Manifest, workload: Manifest) -> dict[str, Any]:
    """Return the Pod's spec with the volumes that a StatefulSet's controller adds for its claim templates."""
    names = [claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])]
    claims = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in names]
    return {**pod_spec, "volumes": [*pod_spec.get("volumes", []), *claims]}
