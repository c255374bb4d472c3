"""Deployments, StatefulSets and DaemonSets, and how their pods fare."""

from __future__ import annotations

from dashboards.grafana.kubernetes.narrowed import CONTAINER, CONTAINER_NAME, SPACES
from dashboards.panels import Panel, Query, Row, graph


def _missing(kind: str, wanted: str, there: str) -> Query:
    """The workloads of a kind that have fewer pods than they want."""
    lacking = f"{SPACES.highest(wanted, f'namespace, {kind}')} - {SPACES.highest(there, f'namespace, {kind}')}"
    return Query(f"{lacking} > 0", f"{{{{namespace}}}}/{{{{{kind}}}}}")


WORKLOADS = Row(
    "Workloads",
    (
        Panel(
            title="Replicas wanted and available",
            unit="short",
            description="Replicas that a namespace's Deployments want and have. Where the two part, pods are missing.",
            queries=(
                Query(SPACES.total("kube_deployment_spec_replicas", "namespace"), "{{namespace}} wanted"),
                Query(
                    SPACES.total("kube_deployment_status_replicas_available", "namespace"), "{{namespace}} available"
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
                    f"3600 * {SPACES.rate('kube_pod_container_status_restarts_total', CONTAINER)} > 0",
                    CONTAINER_NAME,
                ),
            ),
            draw=graph,
            related=("KubeContainerOomKilled",),
        ),
        Panel(
            title="Pods by phase",
            unit="short",
            description="Pods in each phase. Pending ones wait for a node or a volume; Failed ones are left behind.",
            queries=(Query(SPACES.total("kube_pod_status_phase", "phase"), "{{phase}}"),),
            draw=graph,
            width=12,
        ),
        Panel(
            title="Containers waiting, by reason",
            unit="short",
            description="Containers that do not run. All but ContainerCreating and PodInitializing are faults.",
            queries=(
                Query(SPACES.total("kube_pod_container_status_waiting_reason", "reason"), "{{reason}}"),
                Query(SPACES.total("kube_pod_init_container_status_waiting_reason", "reason"), "{{reason}} (init)"),
            ),
            draw=graph,
            width=12,
        ),
    ),
)
