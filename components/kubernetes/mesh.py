"""Traces of an Istio service mesh: what share of requests its proxies trace, and where they send it."""

from __future__ import annotations

from components.kubernetes.objects import Manifest, metadata
from components.settings.model import Settings

NAME = "mesh-tracing"
ROOT_NAMESPACE = "istio-system"
"""Where a Telemetry without a selector holds for the whole mesh."""


def telemetry(settings: Settings) -> list[Manifest]:
    """Istio's Telemetry for the whole mesh; nothing where the mesh is not enabled."""
    if not settings.mesh.enabled:
        return []
    tracing = {
        "providers": [{"name": settings.mesh.provider}],
        "randomSamplingPercentage": round(settings.mesh.sampling.value * 100, 2),
        "customTags": {"environment": {"literal": {"value": str(settings.environment)}}},
    }
    return [
        {
            "apiVersion": "telemetry.istio.io/v1",
            "kind": "Telemetry",
            "metadata": metadata(NAME, ROOT_NAMESPACE),
            "spec": {"tracing": [tracing]},
        }
    ]
