"""What runs in the cluster: workloads, pods, containers, volumes, autoscalers, jobs, quotas."""

from __future__ import annotations

from dashboards.board import Board, Variable
from dashboards.panels import Panel, Query, Row, figure, graph
from dashboards.queries import Narrowed, count, top
from dashboards.shared import firing

UID = "kubernetes"

_SPACES = Narrowed("namespace")

_CONTAINER = "namespace, pod, container"
_CONTAINER_NAME = "{{namespace}}/{{pod}} {{container}}"
_OF_CONTAINERS = 'container!=""'
_AUTOSCALER = "namespace, horizontalpodautoscaler"
_NEXT_RUN = "kube_cronjob_next_schedule_time"
_STARTING = "ContainerCreating|PodInitializing"


def _not_ready() -> str:
    """Pods that are to be ready and are not; the pods of Jobs need not be."""
    pods = _SPACES.highest("kube_pod_status_phase", "namespace, pod", 'phase=~"Pending|Running|Unknown"')
    ready = _SPACES.series("kube_pod_status_ready", 'condition="true"')
    of_jobs = _SPACES.series("kube_pod_owner", 'owner_kind="Job"')
    return f"{pods} == 1 unless on (namespace, pod) {ready} == 1 unless on (namespace, pod) {of_jobs}"


def _waiting(reason: str) -> str:
    """Containers that wait for such a reason."""
    containers = _SPACES.series("kube_pod_container_status_waiting_reason", reason)
    first = _SPACES.series("kube_pod_init_container_status_waiting_reason", reason)
    return f"max by ({_CONTAINER}) ({containers} or {first}) > 0"


def _missing(kind: str, wanted: str, there: str) -> Query:
    """The workloads of a kind that have fewer pods than they want."""
    lacking = f"{_SPACES.highest(wanted, f'namespace, {kind}')} - {_SPACES.highest(there, f'namespace, {kind}')}"
    return Query(f"{lacking} > 0", f"{{{{namespace}}}}/{{{{{kind}}}}}")


def _used_of(used: str, granted: str, resource: str) -> str:
    """What containers use, over what they asked for or may have."""
    allowed = _SPACES.highest(granted, _CONTAINER, f'resource="{resource}"')
    return top(f"{used} / ({allowed} > 0)")


def _quota(kind: str) -> str:
    return _SPACES.highest("kube_resourcequota", "namespace, resourcequota, resource", f'type="{kind}"')


_CPU = _SPACES.rate("container_cpu_usage_seconds_total", _CONTAINER, _OF_CONTAINERS)
_MEMORY = _SPACES.highest("container_memory_working_set_bytes", _CONTAINER, _OF_CONTAINERS)

_NOW = Row(
    "Now",
    (
        Panel(
            title="Pods running",
            unit="short",
            description="Pods in phase Running. A fall that nobody made is a workload or a node that is gone.",
            queries=(Query(_SPACES.total("kube_pod_status_phase", "phase", 'phase="Running"'), "{{phase}}"),),
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
        firing(_SPACES, "namespace", "pod", "team", dashboard=UID),
    ),
    height=8,
)

_WORKLOADS = Row(
    "Workloads",
    (
        Panel(
            title="Replicas wanted and available",
            unit="short",
            description="Replicas that a namespace's Deployments want and have. Where the two part, pods are missing.",
            queries=(
                Query(_SPACES.total("kube_deployment_spec_replicas", "namespace"), "{{namespace}} wanted"),
                Query(
                    _SPACES.total("kube_deployment_status_replicas_available", "namespace"), "{{namespace}} available"
                ),
            ),
            draw=graph,
        ),
        Panel(
            title="Replicas missing",
            unit="short",
            description="Pods that a workload wants and has not; empty where none is missing.",
            queries=(
                _missing("deployment", "kube_deployment_spec_replicas", "kube_deployment_status_replicas_available"),
                _missing("statefulset", "kube_statefulset_replicas", "kube_statefulset_status_replicas_ready"),
                _missing(
                    "daemonset",
                    "kube_daemonset_status_desired_number_scheduled",
                    "kube_daemonset_status_number_available",
                ),
            ),
            draw=graph,
            related=("KubeWorkloadPodsMissing",),
        ),
        Panel(
            title="Container restarts an hour",
            unit="short",
            description="Restarts of a container, as many an hour at this pace; empty where none restarts.",
            queries=(
                Query(
                    f"3600 * {_SPACES.rate('kube_pod_container_status_restarts_total', _CONTAINER)} > 0",
                    _CONTAINER_NAME,
                ),
            ),
            draw=graph,
            related=("KubeContainerOomKilled",),
        ),
        Panel(
            title="Pods by phase",
            unit="short",
            description="Pods in each phase. Pending ones wait for a node or a volume; Failed ones are left behind.",
            queries=(Query(_SPACES.total("kube_pod_status_phase", "phase"), "{{phase}}"),),
            draw=graph,
            width=12,
        ),
        Panel(
            title="Containers waiting, by reason",
            unit="short",
            description="Containers that do not run. All but ContainerCreating and PodInitializing are faults.",
            queries=(
                Query(_SPACES.total("kube_pod_container_status_waiting_reason", "reason"), "{{reason}}"),
                Query(_SPACES.total("kube_pod_init_container_status_waiting_reason", "reason"), "{{reason}} (init)"),
            ),
            draw=graph,
            width=12,
        ),
    ),
)

_CONTAINERS = Row(
    "Containers",
    (
        Panel(
            title="CPU in use",
            unit="short",
            description="CPUs in use by the containers of each namespace. A step that no deployment explains is load.",
            queries=(
                Query(_SPACES.rate("container_cpu_usage_seconds_total", "namespace", _OF_CONTAINERS), "{{namespace}}"),
            ),
            draw=graph,
        ),
        Panel(
            title="CPU, of the request",
            unit="percentunit",
            description="The ten containers that use most of the CPU they asked for. Above 100 % they live on others'.",
            queries=(Query(_used_of(_CPU, "kube_pod_container_resource_requests", "cpu"), _CONTAINER_NAME),),
            draw=graph,
        ),
        Panel(
            title="CPU periods held back",
            unit="percentunit",
            description="The ten containers that their CPU limit holds back most, as a share of periods: latency.",
            queries=(
                Query(
                    top(
                        _SPACES.share(
                            "container_cpu_cfs_throttled_periods_total",
                            "container_cpu_cfs_periods_total",
                            _CONTAINER,
                            _OF_CONTAINERS,
                        )
                    ),
                    _CONTAINER_NAME,
                ),
            ),
            draw=graph,
            alert="KubeCpuThrottling",
        ),
        Panel(
            title="Memory in use",
            unit="bytes",
            description="Memory that a namespace's containers use and cannot give back. A steady rise is a leak.",
            queries=(
                Query(
                    _SPACES.total("container_memory_working_set_bytes", "namespace", _OF_CONTAINERS), "{{namespace}}"
                ),
            ),
            draw=graph,
        ),
        Panel(
            title="Memory, of the request",
            unit="percentunit",
            description="The ten that use most of the memory they asked for. Above 100 % they are evicted first.",
            queries=(Query(_used_of(_MEMORY, "kube_pod_container_resource_requests", "memory"), _CONTAINER_NAME),),
            draw=graph,
        ),
        Panel(
            title="Memory, of the limit",
            unit="percentunit",
            description="The ten containers closest to their memory limit. At 100 % the kernel ends them.",
            queries=(Query(_used_of(_MEMORY, "kube_pod_container_resource_limits", "memory"), _CONTAINER_NAME),),
            draw=graph,
        ),
    ),
)

_VOLUMES = Row(
    "Volumes",
    (
        Panel(
            title="Volume space free",
            unit="percentunit",
            description="Share of each claim's volume that is free. Bad below the line: when full, writes fail.",
            queries=(
                Query(
                    "min by (namespace, persistentvolumeclaim) ("
                    f"{_SPACES.series('kubelet_volume_stats_available_bytes')} / "
                    f"{_SPACES.series('kubelet_volume_stats_capacity_bytes')})",
                    "{{namespace}}/{{persistentvolumeclaim}}",
                ),
            ),
            draw=graph,
            alert="KubePersistentVolumeFillingUp",
        ),
        Panel(
            title="Volume space in use",
            unit="bytes",
            description="Bytes in use on each claim's volume. The slope says when it is full.",
            queries=(
                Query(
                    "max by (namespace, persistentvolumeclaim) ("
                    f"{_SPACES.series('kubelet_volume_stats_capacity_bytes')} - "
                    f"{_SPACES.series('kubelet_volume_stats_available_bytes')})",
                    "{{namespace}}/{{persistentvolumeclaim}}",
                ),
            ),
            draw=graph,
        ),
        Panel(
            title="Volumes by phase",
            unit="short",
            description="Volumes of the whole cluster. Failed ones could not be reclaimed, and cost money.",
            queries=(Query("sum by (phase) (kube_persistentvolume_status_phase)", "{{phase}}"),),
            draw=graph,
            related=("KubePersistentVolumeErrors",),
        ),
    ),
)

_LIMITS = Row(
    "Autoscalers, jobs and quotas",
    (
        Panel(
            title="Autoscalers, of their maximum",
            unit="percentunit",
            description="Replicas of each autoscaler over its maximum. At 100 % there is no reserve for the next peak.",
            queries=(
                Query(
                    f"{_SPACES.highest('kube_horizontalpodautoscaler_status_current_replicas', _AUTOSCALER)} / "
                    f"{_SPACES.highest('kube_horizontalpodautoscaler_spec_max_replicas', _AUTOSCALER)}",
                    "{{namespace}}/{{horizontalpodautoscaler}}",
                ),
            ),
            draw=graph,
            alert="KubeHpaMaxedOut",
            limit=1,
            width=12,
        ),
        Panel(
            title="Quotas in use",
            unit="percentunit",
            description="Share of each quota that is in use. At 100 % the next pod is refused.",
            queries=(
                Query(
                    f"{_quota('used')} / ({_quota('hard')} > 0)",
                    "{{namespace}}/{{resourcequota}} {{resource}}",
                ),
            ),
            draw=graph,
            alert="KubeQuotaAlmostUsed",
            width=12,
        ),
        Panel(
            title="Jobs active",
            unit="short",
            description="Pods of Jobs that run, by namespace. A pile that grows is work that does not end.",
            queries=(Query(_SPACES.total("kube_job_status_active", "namespace"), "{{namespace}}"),),
            draw=graph,
        ),
        Panel(
            title="Jobs failed",
            unit="short",
            description="Jobs that have failed for good and are still there, by namespace: work that was not done.",
            queries=(Query(_SPACES.total("kube_job_failed", "namespace", 'condition="true"'), "{{namespace}}"),),
            draw=graph,
            related=("KubeJobFailed",),
        ),
        Panel(
            title="CronJobs overdue",
            unit="s",
            description="How long a CronJob's next run is overdue. A run that never starts cannot fail.",
            queries=(
                Query(
                    f"clamp_min(time() - {_SPACES.highest(_NEXT_RUN, 'namespace, cronjob')}, 0)",
                    "{{namespace}}/{{cronjob}}",
                ),
            ),
            draw=graph,
            alert="KubeCronJobLate",
        ),
    ),
)

BOARD = Board(
    uid=UID,
    title="Kubernetes",
    folder="platform",
    description="Workloads, pods, containers, volumes, autoscalers, jobs and quotas of the cluster, by namespace.",
    tags=("platform",),
    rows=(_NOW, _WORKLOADS, _CONTAINERS, _VOLUMES, _LIMITS),
    variables=(Variable("namespace", "kube_pod_info", "namespace"),),
)
