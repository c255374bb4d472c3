"""What a static scanner finds in the rendered manifests: nothing but what one list has a reason for."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from alert_rules import yaml12
from tests import rendered, variants
from tests.rendered import STACKS
from tests.validators import checkov

# Rendering and scanning take seconds and are kept by the process: one does it all.
pytestmark = pytest.mark.xdist_group("checkov")

RUNNERS = ("CronJob", "DaemonSet", "Deployment", "StatefulSet")
# Beside the committed stacks, the variants with the workloads that none of those has.
SCANNED = (*STACKS, "large", "every-option", "elastic")

EVERY: Collection[str] = ()
"""Every workload of the stack."""


@dataclass(frozen=True)
class Allowed:
    """A check that these workloads may fail, in whichever stack they are, and why."""

    check_id: str
    workloads: Collection[str]
    reason: str


EXCEPTIONS = [
    Allowed(
        "CKV_K8S_11",
        EVERY,
        "CPU limits: a limit throttles a monitor just when an incident gives it work, and requests already share the "
        "CPU out fairly; memory, which cannot be shared out, is limited.",
    ),
    Allowed(
        "CKV_K8S_15",
        EVERY,
        "Always pull: tags name a version and are not moved; a pod that has to pull before it starts again does not "
        "start while the registry is down, which is when monitoring is needed.",
    ),
    Allowed(
        "CKV_K8S_43",
        EVERY,
        "Image by digest: versions are pinned by tag in one place, components/versions.py, where a person can read "
        "them; a digest would also bind the stack to one registry's copy and one set of architectures.",
    ),
    Allowed(
        "CKV_K8S_19",
        {"node-exporter"},
        "The node's network: the traffic and errors of the node's own interfaces are what it is there to measure.",
    ),
    Allowed(
        "CKV_K8S_23",
        {"otel-agent", "filebeat"},
        "Root: the kubelet lets nobody else read the logs of the pods. It keeps no capability and mounts them read-only.",
    ),
    Allowed("CKV_K8S_40", {"otel-agent", "filebeat"}, "A high user id: they are root, for the reason above."),
    Allowed(
        "CKV_K8S_40",
        {"grafana", "elasticsearch", "kibana", "logstash"},
        "A high user id: 472 and 1000 are the users that these images were made for, who own the files in them.",
    ),
    Allowed(
        "CKV_K8S_38",
        {"prometheus", "kube-state-metrics", "otel-agent"},
        "The API's token: they discover, list and name pods. Each has a role for that and no more; no other pod gets one.",
    ),
]
"""The only findings that are allowed; one that is no longer found has to go."""

Found = set[tuple[str, str]]
"""The check's id and the workload."""


@cache
def manifests(stack: str) -> list[dict[str, Any]]:
    return rendered.manifests(stack) if stack in STACKS else variants.manifests(stack)


@cache
def found(stack: str) -> Found:
    with TemporaryDirectory() as folder:
        Path(folder, "all.yaml").write_text("---\n".join(map(yaml12.dump, manifests(stack))), encoding="utf-8")
        findings = checkov.failed_checks(Path(folder))
    return {(finding.check_id, workload(finding.resource.rpartition(".")[2])) for finding in findings}


def workload(name: str) -> str:
    """The workload that an object of that name belongs to: a further shard of Prometheus is Prometheus."""
    return re.sub(r"-\d+$", "", name)


def workloads(stack: str) -> set[str]:
    return {workload(each["metadata"]["name"]) for each in manifests(stack) if each["kind"] in RUNNERS}


def allowed(stack: str, exception: Allowed) -> Found:
    """What the exception allows in that stack."""
    return {(exception.check_id, name) for name in exception.workloads or workloads(stack)}


@pytest.mark.parametrize("stack", SCANNED)
def test_checkov_finds_nothing_that_has_no_reason(stack: str) -> None:
    assert found(stack) - {each for exception in EXCEPTIONS for each in allowed(stack, exception)} == set()


def test_no_exception_outlives_its_need() -> None:
    """An exception for every workload is found on each, so this also says that checkov saw each."""
    excused = {each for stack in SCANNED for exception in EXCEPTIONS for each in allowed(stack, exception)}
    assert excused - {each for stack in SCANNED for each in found(stack)} == set()


def pod(**changes: Any) -> dict[str, Any]:
    """A pod that only has what `changes` add to its container's security context."""
    container = {"name": "app", "image": "example.com/app:1.0", "securityContext": changes}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "app", "namespace": "shop"},
        "spec": {"containers": [container]},
    }


def scanned(folder: Path, manifest: dict[str, Any]) -> list[checkov.Finding]:
    (folder / "pod.yaml").write_text(yaml12.dump(manifest), encoding="utf-8")
    return checkov.failed_checks(folder)


def test_a_privileged_pod_is_found(tmp_path: Path) -> None:
    privileged = checkov.Finding("CKV_K8S_16", "Pod.shop.app", "Container should not be privileged")
    assert privileged in scanned(tmp_path, pod(privileged=True))
    assert privileged not in scanned(tmp_path, pod(privileged=False))


def test_a_manifest_cannot_excuse_itself(tmp_path: Path) -> None:
    excused = pod(privileged=True)
    excused["metadata"]["annotations"] = {"checkov.io/skip1": "CKV_K8S_16=because I say so"}
    with pytest.raises(AssertionError, match="skipped"):
        scanned(tmp_path, excused)


def test_a_folder_without_manifests_is_no_proof(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="no manifest"):
        checkov.failed_checks(tmp_path)
