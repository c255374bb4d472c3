"""Prometheus: scrape jobs, rules, storage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alert_rules import yaml12
from alert_rules.model import EVALUATION_INTERVAL
from alert_rules.quantities import plain_number, seconds_text
from components.kubernetes import alertmanager, exporters, scraping
from components.kubernetes.network import Call, ToAnywhere, ToNamespace, ToWorkload
from components.kubernetes.objects import Manifest
from components.kubernetes.rbac import cluster_access
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import ConfigFiles, Volume, WorkloadSpec
from components.settings.model import Settings
from components.versions import PROMETHEUS

NAME = "prometheus"
PORT = 9090
RULES = "/etc/prometheus/rules"

VOLUME_SHARE = 0.85
"""Share of the volume that blocks may fill: compaction writes a new block before it removes the old ones."""


def spec(settings: Settings, rule_files: Mapping[str, Any]) -> WorkloadSpec:
    """How Prometheus is run for these settings, evaluating `rule_files` (file name → content)."""
    namespace = settings.kubernetes.namespace
    return WorkloadSpec(
        name=NAME,
        namespace=namespace,
        kind="StatefulSet",
        image=PROMETHEUS,
        args=[
            "--config.file=/etc/prometheus/config/prometheus.yaml",
            "--storage.tsdb.path=/prometheus",
            # Rules and targets change with every release of somebody's service; a restart would lose scrapes.
            "--config.auto-reload",
            "--config.auto-reload-interval=30s",
        ],
        resources=SIZES[settings.kubernetes.size][NAME],
        port=PORT,
        ready="/-/ready",
        live="/-/healthy",
        replicas=settings.prometheus.replicas,
        config=[
            ConfigFiles("/etc/prometheus/config", {"prometheus.yaml": yaml12.dump(configuration(settings))}, live=True),
            ConfigFiles(RULES, {n: yaml12.dump(c) for n, c in rule_files.items()}, live=True, name="rules"),
        ],
        volume=Volume("/prometheus", int(settings.prometheus.volume.value), settings.kubernetes.storage_class),
        uses_kubernetes_api=True,
        uses_pod_name=True,
        # The two of a pair differ by a few samples; a person's graphs should come from one of them.
        sticky=True,
        calls=_calls(settings),
    )


def configuration(settings: Settings) -> dict[str, Any]:
    """prometheus.yaml."""
    probes = scraping.probe_job(settings.services, exporters.blackbox_address(settings))
    return {
        "global": {
            "scrape_interval": "15s",
            "scrape_timeout": "10s",
            "evaluation_interval": seconds_text(EVALUATION_INTERVAL),
            # Alerts carry `environment`; `replica` tells the two of a pair apart and is dropped before Alertmanager.
            "external_labels": {"environment": str(settings.environment), "replica": "${POD_NAME}"},
        },
        # Relative to this file, so that the same configuration can be checked before it is mounted.
        "rule_files": ["../rules/*.yaml"],
        "alerting": {
            "alert_relabel_configs": [{"action": "labeldrop", "regex": "replica"}],
            "alertmanagers": [{"static_configs": [{"targets": alertmanager.addresses(settings)}]}],
        },
        "storage": {"tsdb": {"retention": _retention(settings)}},
        "scrape_configs": [
            scraping.monitoring_job(
                [settings.kubernetes.namespace, exporters.host_namespace(settings)], settings.platform_team
            ),
            *scraping.service_jobs(settings.services),
            *([probes] if probes else []),
        ],
    }


def _retention(settings: Settings) -> dict[str, str]:
    size = int(settings.prometheus.volume.value * VOLUME_SHARE) // 2**20
    return {"time": seconds_text(settings.prometheus.retention.value), "size": f"{plain_number(size)}MB"}


def _calls(settings: Settings) -> Sequence[Call]:
    namespace = settings.kubernetes.namespace
    ports: dict[str, set[int]] = {}
    for target in scraping.targets(settings.services):
        ports.setdefault(target.namespace, set()).add(target.port)
    return [
        ToAnywhere((443, 6443), "the Kubernetes API, for discovery"),
        ToAnywhere((exporters.NODE_PORT,), "node exporters, which have their nodes' addresses"),
        ToWorkload(NAME, PORT, namespace),
        ToWorkload(alertmanager.NAME, alertmanager.PORT, namespace),
        ToWorkload("grafana", 3000, namespace),
        ToWorkload(exporters.KUBE_STATE_METRICS_NAME, exporters.KUBE_STATE_METRICS_PORT, namespace),
        ToWorkload(exporters.BLACKBOX_NAME, exporters.BLACKBOX_PORT, namespace),
        *(ToNamespace(name, tuple(sorted(found))) for name, found in sorted(ports.items())),
    ]


def access(settings: Settings) -> list[Manifest]:
    """What discovery may read: pods, services and endpoint slices, nothing else."""
    namespace = settings.kubernetes.namespace
    rules = [
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["get", "list", "watch"]},
    ]
    return cluster_access(NAME, namespace, rules)
