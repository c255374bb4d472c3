"""Rights on the Kubernetes API."""

from __future__ import annotations

from collections.abc import Sequence

from components.kubernetes.objects import Manifest, metadata


def cluster_access(
    name: str, namespace: str, rules: list[Manifest], *, accounts: Sequence[str] | None = None
) -> list[Manifest]:
    """A cluster role of vigil's and its binding to the service accounts of workloads: those named, else the one called
    as the role."""
    role = f"vigil-{namespace}-{name}"
    api = "rbac.authorization.k8s.io"
    return [
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRole",
            "metadata": metadata(name, None) | {"name": role},
            "rules": rules,
        },
        {
            "apiVersion": f"{api}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": metadata(name, None) | {"name": role},
            "roleRef": {"apiGroup": api, "kind": "ClusterRole", "name": role},
            "subjects": [
                {"kind": "ServiceAccount", "name": account, "namespace": namespace} for account in accounts or [name]
            ],
        },
    ]
