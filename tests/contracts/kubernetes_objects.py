"""The Kubernetes objects of every rendered stack, by kind, and what their workloads are made of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rendered import STACKS
from tests.validators.stacks import RENDERINGS, manifests

Manifest = dict[str, Any]
SERVING = ("DaemonSet", "Deployment", "StatefulSet")
WORKLOADS = ("CronJob", *SERVING)

every_stack = pytest.mark.parametrize("stack", STACKS)
every_rendering = pytest.mark.parametrize("stack", RENDERINGS)


def of_kind(stack: str, *kinds: str) -> list[Manifest]:
    found = [m for m in manifests(stack) if m["kind"] in kinds]
    assert found, f"{stack} has no {kinds}"
    return found


def pods(stack: str) -> Iterator[tuple[str, Manifest, Manifest]]:
    """Every container that serves or runs a job, with the name of its workload and its pod."""
    for workload in of_kind(stack, *WORKLOADS):
        pod = template(workload)["spec"]
        for container in pod["containers"]:
            yield f"{workload['kind']} {workload['metadata']['name']}", pod, container


def home(stack: str) -> str:
    """The namespace of everything but the agents of the nodes."""
    names = [n["metadata"]["name"] for n in of_kind(stack, "Namespace")]
    return str(next(name for name in names if not name.endswith("-host")))


def template(workload: Manifest) -> Manifest:
    spec: Manifest = workload["spec"].get("jobTemplate", workload)["spec"]
    found: Manifest = spec["template"]
    return found
