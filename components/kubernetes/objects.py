"""Declares Kubernetes manifests as typed Pulumi resources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_kubernetes as k8s

Manifest = dict[str, Any]
"""A Kubernetes object as its API spells it (camelCase keys)."""

PART_OF = "vigil"


def labels(name: str, version: str | None = None) -> dict[str, str]:
    """The recommended labels of everything that belongs to a workload."""
    versioned = {"app.kubernetes.io/version": version} if version else {}
    return {
        **selector(name),
        **versioned,
        "app.kubernetes.io/part-of": PART_OF,
        "app.kubernetes.io/managed-by": "pulumi",
    }


def selector(name: str) -> dict[str, str]:
    """The labels by which a workload's pods are found; these never change, since selectors are immutable."""
    return {"app.kubernetes.io/name": name, "app.kubernetes.io/instance": PART_OF}


def headless_name(workload: str) -> str:
    """The name of the Service that names each pod of a workload."""
    return f"{workload}-headless"


def declare(manifest: Manifest, options: pulumi.ResourceOptions) -> pulumi.CustomResource:
    """The Pulumi resource of a manifest; its logical name is `logical_name`.

    Raises KeyError for a kind that vigil does not use.
    """
    api_version, kind = manifest["apiVersion"], manifest["kind"]
    fields = {_snake(key): value for key, value in manifest.items() if key not in ("apiVersion", "kind")}
    if kind in _CUSTOM_KINDS:
        custom = {"api_version": api_version, "kind": kind, **fields}
        return k8s.apiextensions.CustomResource(logical_name(manifest), opts=options, **custom)
    resource: pulumi.CustomResource = _class_of(api_version, kind)(logical_name(manifest), opts=options, **fields)
    return resource


def logical_name(manifest: Manifest) -> str:
    """Namespace and name of the object, without the content hash of an immutable ConfigMap, so that new content
    replaces the old object instead of being a second one."""
    name = str(manifest["metadata"]["name"])
    stable = name.rsplit("-", 1)[0] if manifest.get("immutable") else name
    namespace = manifest["metadata"].get("namespace")
    return f"{namespace}/{stable}" if namespace else stable


def _class_of(api_version: str, kind: str) -> Any:
    # Looked up when used: the SDK loads each of its modules on first touch, and a preview wants few of them.
    group, _, version = api_version.rpartition("/")
    module = getattr(getattr(k8s, group.split(".")[0] or "core"), version)
    return _known(module, kind)


def _known(module: Any, kind: str) -> Any:
    if kind not in _KINDS:
        raise KeyError(f"kind {kind} is not one of {', '.join(sorted(_KINDS))}")
    return getattr(module, kind)


_CUSTOM_KINDS = frozenset({"HTTPRoute", "Telemetry"})
"""Kinds that a cluster has only once somebody has installed them; the SDK has no classes for them."""

_KINDS = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "CronJob",
        "DaemonSet",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Namespace",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Secret",
        "Service",
        "ServiceAccount",
        "StatefulSet",
    }
)


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def metadata(
    name: str, namespace: str | None, extra: Mapping[str, Any] | None = None, *, version: str | None = None
) -> Manifest:
    """Metadata with the recommended labels; `extra` adds further fields such as annotations."""
    place = {"namespace": namespace} if namespace else {}
    return {"name": name, **place, "labels": labels(name, version), **(extra or {})}
