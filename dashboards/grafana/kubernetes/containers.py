"""CPU and memory of containers, beside what they asked for and what they may have."""

from __future__ import annotations

from dashboards.grafana.kubernetes.narrowed import CONTAINER, CONTAINER_NAME, SPACES
from dashboards.panels import Panel, Query, Row, graph
from dashboards.queries import top

_OF_CONTAINERS = 'container!=""'


def _used_of(used: str, granted: str, resource: str) -> str:
    """What containers use, over what they asked for or may have."""
    allowed = SPACES.highest(granted, CONTAINER, f'resource="{resource}"')
    return top(f"{used} / ({allowed} > 0)")


_CPU = SPACES.rate("container_cpu_usage_seconds_total", CONTAINER, _OF_CONTAINERS)
_MEMORY = SPACES.highest("container_memory_working_set_bytes", CONTAINER, _OF_CONTAINERS)

CONTAINERS = Row(
    "Containers",
    (
        Panel(
            title="CPU in use",
            unit="short",
            description="CPUs in use by the containers of each namespace. A step that no deployment explains is load.",
            queries=(
                Query(SPACES.rate("container_cpu_usage_seconds_total", "namespace", _OF_CONTAINERS), "{{namespace}}"),
            ),
            draw=graph,
        ),
        Panel(
            title="CPU, of the request",
            unit="percentunit",
            description="The ten containers that use most of the CPU they asked for. Above 100 % they live on others'.",
            queries=(Query(_used_of(_CPU, "kube_pod_container_resource_requests", "cpu"), CONTAINER_NAME),),
            draw=graph,
        ),
        Panel(
            title="CPU periods held back",
            unit="percentunit",
            description="The ten containers that their CPU limit holds back most, as a share of periods: latency.",
            queries=(
                Query(
                    top(
                        SPACES.share(
                            "container_cpu_cfs_throttled_periods_total",
                            "container_cpu_cfs_periods_total",
                            CONTAINER,
                            _OF_CONTAINERS,
                        )
                    ),
                    CONTAINER_NAME,
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
                Query(SPACES.total("container_memory_working_set_bytes", "namespace", _OF_CONTAINERS), "{{namespace}}"),
            ),
            draw=graph,
        ),
        Panel(
            title="Memory, of the request",
            unit="percentunit",
            description="The ten that use most of the memory they asked for. Above 100 % they are evicted first.",
            queries=(Query(_used_of(_MEMORY, "kube_pod_container_resource_requests", "memory"), CONTAINER_NAME),),
            draw=graph,
        ),
        Panel(
            title="Memory, of the limit",
            unit="percentunit",
            description="The ten containers closest to their memory limit. At 100 % the kernel ends them.",
            queries=(Query(_used_of(_MEMORY, "kube_pod_container_resource_limits", "memory"), CONTAINER_NAME),),
            draw=graph,
        ),
    ),
)
