"""What can run out: volumes, autoscalers, quotas; and the jobs that wait for it."""

from __future__ import annotations

from dashboards.grafana.kubernetes.narrowed import SPACES
from dashboards.panels import Panel, Query, Row, graph

_AUTOSCALER = "namespace, horizontalpodautoscaler"
_NEXT_RUN = "kube_cronjob_next_schedule_time"


def _quota(kind: str) -> str:
    return SPACES.highest("kube_resourcequota", "namespace, resourcequota, resource", f'type="{kind}"')


VOLUMES = Row(
    "Volumes",
    (
        Panel(
            title="Volume space free",
            unit="percentunit",
            description="Share of each claim's volume that is free. Bad below the line: when full, writes fail.",
            queries=(
                Query(
                    "min by (namespace, persistentvolumeclaim) ("
                    f"{SPACES.series('kubelet_volume_stats_available_bytes')} / "
                    f"{SPACES.series('kubelet_volume_stats_capacity_bytes')})",
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
                    f"{SPACES.series('kubelet_volume_stats_capacity_bytes')} - "
                    f"{SPACES.series('kubelet_volume_stats_available_bytes')})",
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

LIMITS = Row(
    "Autoscalers, jobs and quotas",
    (
        Panel(
            title="Autoscalers, of their maximum",
            unit="percentunit",
            description="Replicas of each autoscaler over its maximum. At 100 % there is no reserve for the next peak.",
            queries=(
                Query(
                    f"{SPACES.highest('kube_horizontalpodautoscaler_status_current_replicas', _AUTOSCALER)} / "
                    f"{SPACES.highest('kube_horizontalpodautoscaler_spec_max_replicas', _AUTOSCALER)}",
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
            queries=(Query(SPACES.total("kube_job_status_active", "namespace"), "{{namespace}}"),),
            draw=graph,
        ),
        Panel(
            title="Jobs failed",
            unit="short",
            description="Jobs that have failed for good and are still there, by namespace: work that was not done.",
            queries=(Query(SPACES.total("kube_job_failed", "namespace", 'condition="true"'), "{{namespace}}"),),
            draw=graph,
            related=("KubeJobFailed",),
        ),
        Panel(
            title="CronJobs overdue",
            unit="s",
            description="How long a CronJob's next run is overdue. A run that never starts cannot fail.",
            queries=(
                Query(
                    f"clamp_min(time() - {SPACES.highest(_NEXT_RUN, 'namespace, cronjob')}, 0)",
                    "{{namespace}}/{{cronjob}}",
                ),
            ),
            draw=graph,
            alert="KubeCronJobLate",
        ),
    ),
)
