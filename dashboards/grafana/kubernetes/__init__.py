"""What runs in the cluster: workloads, pods, containers, volumes, autoscalers, jobs, quotas."""

from __future__ import annotations

from dashboards.board import Board, Variable
from dashboards.grafana.kubernetes import capacity, containers, workloads
from dashboards.grafana.kubernetes.narrowed import CONTAINER, SPACES
from dashboards.panels import Panel, Query, Row, figure
from dashboards.queries import count
from dashboards.shared import firing

UID = "kubernetes"

_STARTING = "ContainerCreating|PodInitializing"


def _not_ready() -> str:
    """Pods that are to be ready and are not; the pods of Jobs need not be."""
    pods = SPACES.highest("kube_pod_status_phase", "namespace, pod", 'phase=~"Pending|Running|Unknown"')
    ready = SPACES.series("kube_pod_status_ready", 'condition="true"')
    of_jobs = SPACES.series("kube_pod_owner", 'owner_kind="Job"')
    return f"{pods} == 1 unless on (namespace, pod) {ready} == 1 unless on (namespace, pod) {of_jobs}"


def _waiting(reason: str) -> str:
    """Containers that wait for such a reason."""
    containers = SPACES.series("kube_pod_container_status_waiting_reason", reason)
    first = SPACES.series("kube_pod_init_container_status_waiting_reason", reason)
    return f"max by ({CONTAINER}) ({containers} or {first}) > 0"


_NOW = Row(
    "Now",
    (
        Panel(
            title="Pods running",
            unit="short",
            description="Pods in phase Running. A fall that nobody made is a workload or a node that is gone.",
            queries=(Query(SPACES.total("kube_pod_status_phase", "phase", 'phase="Running"'), "{{phase}}"),),
            draw=figure,
            width=4,
        ),
        Panel(
            title="Pods not ready",
            unit="short",
            description="Pods that wait for a node, or run and answer no readiness probe. Red from the first on.",
            queries=(Query(count(_not_ready()), "not ready"),),
            draw=figure,
            alert="KubePodNotReady",
            limit=1,
            width=4,
        ),
        Panel(
            title="Containers that cannot run",
            unit="short",
            description="Containers that crash again and again, or lack their image or configuration. Red from 1 on.",
            queries=(Query(count(_waiting(f'reason!~"{_STARTING}"')), "waiting"),),
            draw=figure,
            alert="KubeContainerWaiting",
            related=("KubePodCrashLooping",),
            limit=1,
            width=4,
        ),
        firing(SPACES, "namespace", "pod", "team", dashboard=UID),
    ),
    height=8,
)

BOARD = Board(
    uid=UID,
    title="Kubernetes",
    folder="platform",
    description="Workloads, pods, containers, volumes, autoscalers, jobs and quotas of the cluster, by namespace.",
    tags=("platform",),
    rows=(_NOW, workloads.WORKLOADS, containers.CONTAINERS, capacity.VOLUMES, capacity.LIMITS),
    variables=(Variable("namespace", "kube_pod_info", "namespace"),),
)
