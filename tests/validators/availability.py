"""Which workloads are not fully available, and why: judged from objects as the API server lists them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tests.validators.pod_templates import Manifest, namespace_of

KINDS = ("deployments", "statefulsets", "daemonsets", "jobs", "horizontalpodautoscalers", "pods", "events")

_WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet", "Job")

_EVENTS_SHOWN = 5


def workloads_of(objects: Iterable[Manifest]) -> list[Manifest]:
    """Return the workloads among the objects; the Jobs that a CronJob starts are its own affair."""
    return [it for it in objects if it["kind"] in _WORKLOADS and not it["metadata"].get("ownerReferences")]


def shortfalls(objects: Sequence[Manifest]) -> list[str]:
    """Return a paragraph for each workload that is not fully available (a Job: not complete), empty when all are.

    A controller's status may be older than the Pods, so both are asked.
    """
    found = []
    for workload in workloads_of(objects):
        pods = _pods_of(workload, objects)
        problem = _shortfall(workload, pods, _floor(workload, objects))
        if problem:
            name = f"{workload['kind']} {namespace_of(workload)}/{workload['metadata']['name']}"
            reasons = [*map(_pod_problem, pods), *_warnings(workload, objects)]
            found.append("\n  ".join([f"{name}: {problem}", *filter(None, reasons)]))
    return found


def _shortfall(workload: Manifest, pods: Sequence[Manifest], floor: int) -> str:
    status = workload.get("status", {})
    if workload["kind"] == "Job":
        return "" if _holds(workload, "Complete") else f"not complete, {status.get('failed', 0)} failed"
    if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
        return "its controller has not looked at it yet"
    if workload["kind"] == "DaemonSet":
        wanted, existing = status["desiredNumberScheduled"], status["currentNumberScheduled"]
        updated, available = status.get("updatedNumberScheduled", 0), status.get("numberAvailable", 0)
        if not wanted:
            return "it is wanted on no node"
    else:
        wanted, existing = max(workload["spec"]["replicas"], floor), status.get("replicas", 0)
        updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    ready = sum(1 for pod in pods if _holds(pod, "Ready") and "deletionTimestamp" not in pod["metadata"])
    if updated == available == existing == wanted <= ready:
        return ""
    return f"{min(available, ready)} of {wanted} Pods are available, {updated} of {existing} are up to date"


def _floor(workload: Manifest, objects: Iterable[Manifest]) -> int:
    """Return how many replicas an autoscaler sees to at the least, whether or not it has got to it."""
    identity = (namespace_of(workload), workload["kind"], workload["metadata"]["name"])
    floors = [
        int(it["spec"].get("minReplicas", 1))
        for it in objects
        if it["kind"] == "HorizontalPodAutoscaler"
        and (namespace_of(it), it["spec"]["scaleTargetRef"]["kind"], it["spec"]["scaleTargetRef"]["name"]) == identity
    ]
    return max(floors, default=0)


def _pods_of(workload: Manifest, objects: Iterable[Manifest]) -> list[Manifest]:
    wanted = workload["spec"]["selector"]["matchLabels"].items()
    return [
        it
        for it in objects
        if it["kind"] == "Pod"
        and namespace_of(it) == namespace_of(workload)
        and wanted <= it["metadata"].get("labels", {}).items()
    ]


def _pod_problem(pod: Manifest) -> str:
    """Return why the Pod does not run or is not ready, empty when it is."""
    name = pod["metadata"]["name"]
    if "deletionTimestamp" in pod["metadata"]:
        return f"Pod {name} is being deleted"
    if _holds(pod, "Ready"):
        return ""
    unmet = [it for it in _conditions(pod) if it["status"] != "True"]
    said = "; ".join(f"{it['type']} is {it['status']}: {it.get('message', it.get('reason', ''))}" for it in unmet)
    return f"Pod {name} is {pod['status'].get('phase')}: {said or 'no condition says why'}"


def _warnings(workload: Manifest, objects: Iterable[Manifest]) -> list[str]:
    """Return the last distinct warnings on the workload and on what is named after it: ReplicaSets, Pods, claims."""
    name, namespace = workload["metadata"]["name"], namespace_of(workload)
    said = {
        f"{it['reason']}: {it['message']}": None
        for it in objects
        if it["kind"] == "Event"
        and it["type"] == "Warning"
        and namespace_of(it) == namespace
        and name in it["involvedObject"]["name"]
    }
    return [*said][-_EVENTS_SHOWN:]


def _holds(item: Manifest, condition: str) -> bool:
    return any(it["type"] == condition and it["status"] == "True" for it in _conditions(item))


def _conditions(item: Manifest) -> list[dict[str, Any]]:
    return list(item.get("status", {}).get("conditions", []))
