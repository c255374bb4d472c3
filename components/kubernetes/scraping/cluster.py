"""Scrape jobs of the cluster itself: kubelets, containers, the API server, DNS.

A managed control plane shows no scheduler and no controller manager, so nothing here looks for them.
"""

from __future__ import annotations

from collections.abc import Sequence

from components.kubernetes.scraping.jobs import Job, copy, drop, keep, label, only_of_shard, unlimited
from components.kubernetes.scraping.owners import owner_rules
from components.kubernetes.shards import Shard
from components.settings.services import Service

_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
KUBELET_PORT = 10250
COREDNS_PORT = 9153

# What cAdvisor says of each container is most of a cluster's series; of these alone anything is made.
_CONTAINER_METRICS = (
    "container_cpu_usage_seconds_total",
    "container_cpu_cfs_periods_total",
    "container_cpu_cfs_throttled_periods_total",
    "container_memory_working_set_bytes",
    "container_memory_rss",
    "container_network_receive_bytes_total",
    "container_network_transmit_bytes_total",
    "container_fs_usage_bytes",
    "container_oom_events_total",
    "container_start_time_seconds",
    "machine_.+",
)


def kubelet_jobs(team: str, shard: Shard, services: Sequence[Service]) -> list[Job]:
    """The kubelet of every node, and what it knows of the node's containers."""
    return [
        _node_job("kubelet", "/metrics", team, shard, []),
        _node_job(
            "cadvisor",
            "/metrics/cadvisor",
            team,
            shard,
            [
                keep("__name__", "|".join(_CONTAINER_METRICS)),
                # The sums over a pod's control groups repeat what its containers say.
                {
                    "source_labels": ["__name__", "container"],
                    "regex": "container_(cpu|memory|fs|oom|start)_.+;(|POD)",
                    "action": "drop",
                },
                {"action": "labeldrop", "regex": "id|name|image"},
                *owner_rules(services, job="cadvisor"),
            ],
        ),
    ]


def _node_job(name: str, path: str, team: str, shard: Shard, metric_rules: list[Job]) -> Job:
    return {
        "job_name": name,
        **unlimited(),
        "scheme": "https",
        "metrics_path": path,
        **_as_service_account(),
        # Many clusters give kubelets certificates that they signed themselves; the token is safe from anybody
        # outside the cluster, since policies let Prometheus reach this port on nodes alone.
        "tls_config": {"insecure_skip_verify": True},
        "kubernetes_sd_configs": [{"role": "node"}],
        "relabel_configs": [
            label("service", name),
            label("team", team),
            label("job", name),
            copy("__meta_kubernetes_node_name", "instance"),
            copy("__meta_kubernetes_node_name", "node"),
            *only_of_shard(["node"], shard.index, shard.total),
        ],
        **({"metric_relabel_configs": metric_rules} if metric_rules else {}),
    }


def _as_service_account() -> Job:
    return {"authorization": {"credentials_file": f"{_ACCOUNT}/token"}}


def control_plane_jobs(team: str) -> list[Job]:
    """The API server, by its endpoints, and the cluster's DNS."""
    return [
        {
            "job_name": "apiserver",
            **unlimited(),
            "scheme": "https",
            **_as_service_account(),
            "tls_config": {"ca_file": f"{_ACCOUNT}/ca.crt", "server_name": "kubernetes.default.svc"},
            "kubernetes_sd_configs": [{"role": "endpointslice", "namespaces": {"names": ["default"]}}],
            "relabel_configs": [
                keep("__meta_kubernetes_service_name", "kubernetes"),
                keep("__meta_kubernetes_endpointslice_port_name", "https"),
                label("service", "apiserver"),
                label("team", team),
                label("job", "apiserver"),
                copy("__address__", "instance"),
            ],
            # By verb, resource and code these histograms are half of a cluster's series.
            "metric_relabel_configs": [
                drop(
                    "__name__",
                    "(apiserver_(response_sizes|watch_events_sizes)|etcd_request_duration_seconds|"
                    "apiserver_request_(body_size_bytes|sli_duration_seconds|slo_duration_seconds))_bucket",
                ),
            ],
        },
        {
            "job_name": "coredns",
            "kubernetes_sd_configs": [{"role": "pod", "namespaces": {"names": ["kube-system"]}}],
            "relabel_configs": [
                keep("__meta_kubernetes_pod_label_k8s_app", "kube-dns|coredns"),
                keep("__meta_kubernetes_pod_container_port_number", str(COREDNS_PORT)),
                label("service", "coredns"),
                label("team", team),
                label("job", "coredns"),
                copy("__meta_kubernetes_pod_name", "instance"),
            ],
        },
    ]
