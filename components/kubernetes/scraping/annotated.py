"""Scrape jobs of pods and Services that ask for it by annotation."""

from __future__ import annotations

from collections.abc import Sequence

from components.kubernetes.scraping.jobs import Job, copy, drop, keep, label, only_of_shard
from components.kubernetes.shards import Shard
from components.settings.services import Service


def annotated_jobs(namespaces: Sequence[str], team: str, shard: Shard, declared: Sequence[Service]) -> list[Job]:
    """Pods and Services of these namespaces that ask to be scraped by the usual annotations: prometheus.io/scrape and
    port, and path and scheme where they are not /metrics over HTTP.

    `service` is the Kubernetes Service's name, or the pod's label app.kubernetes.io/name, or else the pod's name. What
    is declared is left out, since it is scraped already.
    """
    if not namespaces:
        return []
    places = [service.kubernetes_service for service in declared if service.metrics]
    known = "|".join(sorted("/".join(place) for place in places if place))
    return [_annotated_job(kind, namespaces, team, shard, known) for kind in ("pod", "service")]


def _annotated_job(kind: str, namespaces: Sequence[str], team: str, shard: Shard, known: str) -> Job:
    meta = f"__meta_kubernetes_{kind}_annotation_prometheus_io"
    role, name = ("pod", "__meta_kubernetes_pod_label_app_kubernetes_io_name")
    if kind == "service":
        role, name = ("endpointslice", "__meta_kubernetes_service_name")
    place = ["__meta_kubernetes_namespace", "service"]
    return {
        "job_name": f"annotated-{kind}s",
        "kubernetes_sd_configs": [{"role": role, "namespaces": {"names": sorted(namespaces)}}],
        "relabel_configs": [
            keep(f"{meta}_scrape", "true"),
            keep(f"{meta}_port", r"\d+"),
            keep("__meta_kubernetes_pod_ip", ".+"),
            drop("__meta_kubernetes_pod_phase", "Succeeded|Failed"),
            copy("__meta_kubernetes_pod_name", "service"),
            {"source_labels": [name], "regex": "(.+)", "target_label": "service"},
            *([{"source_labels": place, "separator": "/", "action": "drop", "regex": known}] if known else []),
            {"source_labels": [f"{meta}_path"], "regex": "(.+)", "target_label": "__metrics_path__"},
            {"source_labels": [f"{meta}_scheme"], "regex": "(https?)", "target_label": "__scheme__"},
            # A pod is a target for each of its ports; with the address set, they are one and the same.
            *(
                {
                    "source_labels": [f"{meta}_port", "__meta_kubernetes_pod_ip"],
                    "regex": rf"(\d+);({address})",
                    "replacement": replacement,
                    "target_label": "__address__",
                }
                for address, replacement in (("[^:]+", "$2:$1"), (".*:.*", "[$2]:$1"))  # IPv4, IPv6
            ),
            label("team", team),
            {"source_labels": ["__meta_kubernetes_pod_label_team"], "regex": "(.+)", "target_label": "team"},
            copy("service", "job"),
            copy("__meta_kubernetes_pod_name", "instance"),
            *only_of_shard(["__meta_kubernetes_namespace", "service"], shard.index, shard.total),
        ],
    }
