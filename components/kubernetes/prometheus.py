"""Prometheus: scrape jobs, rules, storage, and the sidecar that hands its blocks to Thanos."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alert_rules import yaml12
from alert_rules.quantities import plain_number, seconds_text
from alert_rules.timing import EVALUATION_INTERVAL, SCRAPE_INTERVAL
from components.access import AwsAccess
from components.kubernetes import alertmanager, exporters, opentelemetry, thanos
from components.kubernetes.addresses import port_of, tool_url
from components.kubernetes.collector_parts import APPLICATION_METRICS_PORT
from components.kubernetes.network import Call, ToAnywhere, ToNamespace, ToWorkload
from components.kubernetes.objects import Manifest
from components.kubernetes.prometheus_address import NAME, PORT, query_url
from components.kubernetes.rbac import cluster_access
from components.kubernetes.scraping import annotated, cluster, outside, services, stack
from components.kubernetes.shards import Shard, shards
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import METRICS, ConfigFiles, Port, Probe, Volume, WorkloadSpec
from components.kubernetes.timeouts import QUERY_SECONDS
from components.settings.capacity import FILLED
from components.settings.model import Settings
from components.versions import PROMETHEUS

DATA = "/prometheus"
RULES = "/etc/prometheus/rules"

RuleFiles = Mapping[str, Any]


def specs(
    settings: Settings, rule_files: RuleFiles, own: Sequence[RuleFiles], others: Sequence[WorkloadSpec]
) -> list[WorkloadSpec]:
    """How each shard is run for these settings: it evaluates `rule_files` (file name → content) like every other, and
    its own; of the `others` it scrapes those that have metrics."""
    shared = _written(rule_files)
    return [
        _spec(settings, shard, {**shared, **_written(files)}, others)
        for shard, files in zip(shards(settings), own, strict=True)
    ]


def _written(rule_files: RuleFiles) -> dict[str, str]:
    return {name: yaml12.dump(content) for name, content in rule_files.items()}


def _spec(settings: Settings, shard: Shard, rules: Mapping[str, str], others: Sequence[WorkloadSpec]) -> WorkloadSpec:
    configured = yaml12.dump(configuration(settings, shard, others))
    sidecars = [thanos.sidecar(settings, DATA, PORT)] if settings.thanos.enabled else []
    return WorkloadSpec(
        name=shard.workload,
        namespace=settings.kubernetes.namespace,
        kind="StatefulSet",
        image=PROMETHEUS,
        args=[*_args(settings), f"--web.external-url={external_url(settings)}", "--web.route-prefix=/"],
        resources=SIZES[settings.kubernetes.size][NAME],
        ports=[Port(METRICS, PORT)],
        ready=Probe(METRICS, "/-/ready"),
        live=Probe(METRICS, "/-/healthy"),
        replicas=settings.prometheus.replicas,
        config=[
            ConfigFiles("/etc/prometheus/config", {"prometheus.yaml": configured}, live=True),
            ConfigFiles(RULES, rules, live=True, name="rules"),
        ],
        volume=Volume(DATA, int(settings.prometheus.volume.value), settings.kubernetes.storage_class),
        sidecars=sidecars,
        uses_kubernetes_api=True,
        pod_fields={"POD_NAME": "metadata.name"},
        # The two of a pair differ by a few samples; a person's graphs should come from one of them.
        sticky=True,
        # What is in memory is written out first.
        grace_seconds=300,
        aws=_aws(settings),
        calls=_calls(settings, others),
    )


def _args(settings: Settings) -> list[str]:
    # Thanos takes whole blocks of two hours; merged before they are taken, they would be downsampled wrong.
    blocks = ["--storage.tsdb.min-block-duration=2h", "--storage.tsdb.max-block-duration=2h"]
    return [
        "--config.file=/etc/prometheus/config/prometheus.yaml",
        f"--storage.tsdb.path={DATA}",
        *(blocks if settings.thanos.enabled else []),
        "--storage.tsdb.wal-compression",
        f"--query.timeout={seconds_text(QUERY_SECONDS)}",
        "--enable-feature=exemplar-storage",
        # Rules and targets change with every release of somebody's service; a restart would lose scrapes.
        "--config.auto-reload",
        "--config.auto-reload-interval=30s",
    ]


def external_url(settings: Settings) -> str:
    """Where a browser finds Prometheus, or at least something in the cluster does."""
    return tool_url(settings, NAME) or query_url(settings)


def configuration(settings: Settings, shard: Shard, others: Sequence[WorkloadSpec]) -> dict[str, Any]:
    """prometheus.yaml of a shard."""
    several = {"shard": str(shard.index)} if shard.total > 1 else {}
    return {
        "global": {
            "scrape_interval": seconds_text(SCRAPE_INTERVAL),
            "scrape_timeout": "10s",
            "evaluation_interval": seconds_text(EVALUATION_INTERVAL),
            # Beside the native ones: rules and panels read the buckets.
            "scrape_native_histograms": True,
            "always_scrape_classic_histograms": True,
            # A target that goes mad must not take everybody's metrics with it.
            "sample_limit": 200_000,
            "label_limit": 60,
            "label_value_length_limit": 4096,
            # Alerts carry `environment`; `replica` tells the two of a pair apart and is dropped before Alertmanager.
            "external_labels": {"environment": str(settings.environment), "replica": "${POD_NAME}", **several},
        },
        # Relative to this file, so that the same configuration can be checked before it is mounted.
        "rule_files": ["../rules/*.yaml"],
        "alerting": {
            "alert_relabel_configs": [{"action": "labeldrop", "regex": "replica|shard"}],
            "alertmanagers": [{"static_configs": [{"targets": alertmanager.addresses(settings)}]}],
        },
        "storage": {"tsdb": {"retention": _retention(settings)}, "exemplars": {"max_exemplars": 100_000}},
        **_remote_write(settings),
        "scrape_configs": _jobs(settings, shard, others),
    }


def _retention(settings: Settings) -> dict[str, str]:
    size = int(settings.prometheus.volume.value * FILLED) // 2**20
    return {"time": seconds_text(settings.prometheus.retention.value), "size": f"{plain_number(size)}MB"}


def _remote_write(settings: Settings) -> dict[str, Any]:
    wanted = settings.prometheus.remote_write
    if wanted is None:
        return {}
    place = wanted.region or settings.region
    host = f"aps-workspaces.{place}.amazonaws.com"
    return {
        "remote_write": [
            {
                "name": "amazon-managed-prometheus",
                "url": f"https://{host}/workspaces/{wanted.workspace}/api/v1/remote_write",
                "sigv4": {"region": place},
                # Throttled is not refused: what the service cannot take now it may take in a moment.
                "queue_config": {"retry_on_http_429": True, "max_backoff": "30s", "sample_age_limit": "1h"},
                # By these two labels the service keeps one sample of a pair's two.
                "write_relabel_configs": [
                    {
                        "source_labels": ["environment", "shard"],
                        "separator": "-",
                        "regex": "(.+?)-?",
                        "target_label": "cluster",
                    },
                    {"source_labels": ["replica"], "target_label": "__replica__"},
                    {"action": "labeldrop", "regex": "replica"},
                ],
            }
        ]
    }


def _jobs(settings: Settings, shard: Shard, others: Sequence[WorkloadSpec]) -> list[dict[str, Any]]:
    own, namespace, team = shard.of(settings), settings.kubernetes.namespace, settings.platform_team
    watched = [spec for spec in others if spec.metrics_ports]
    agents = node_agents(others)
    jobs = [
        stack.own_job(namespace, team),
        stack.monitoring_job(
            sorted({spec.namespace for spec in watched}),
            team,
            shard,
            workloads=scraped(spec for spec in watched if spec.name not in agents),
            node_agents=agents,
            services=settings.services,
        ),
        *services.service_jobs(own.services),
        *outside.target_jobs(own.targets),
        *outside.probe_jobs(own.services, own.probes, exporters.blackbox_address(settings)),
        *annotated.annotated_jobs(settings.prometheus.discovery.namespaces, team, shard, settings.services),
    ]
    if settings.exporters.kubelet:
        jobs += cluster.kubelet_jobs(team, shard, settings.services)
    if shard.takes_what_is_undivided:
        jobs += _undivided_jobs(settings)
    return jobs


def scraped(workloads: Iterable[WorkloadSpec]) -> list[str]:
    """Names of the programs of these workloads that have metrics, each once: what their series call `service`."""
    programs = (program for spec in workloads for program in spec.programs if program.is_scraped)
    return list(dict.fromkeys(program.name for program in programs))


def node_agents(workloads: Sequence[WorkloadSpec]) -> list[str]:
    """Names of those that run on every node and have metrics."""
    return [spec.name for spec in workloads if spec.kind == "DaemonSet" and spec.is_scraped]


def _undivided_jobs(settings: Settings) -> list[dict[str, Any]]:
    namespace, team = settings.kubernetes.namespace, settings.platform_team
    jobs = cluster.control_plane_jobs(team) if settings.exporters.kubelet else []
    if settings.opentelemetry.enabled:
        places = [namespace, exporters.host_namespace(settings)]
        jobs.append(
            stack.application_job(places, [opentelemetry.AGENT, opentelemetry.GATEWAY], team, settings.services)
        )
    if settings.exporters.cloudwatch:
        jobs.append(stack.cloudwatch_job(namespace, exporters.CLOUDWATCH_NAME))
    return jobs


def _aws(settings: Settings) -> list[AwsAccess]:
    wanted = [AwsAccess.WRITE_METRICS] if settings.prometheus.remote_write else []
    return [*wanted, *thanos.bucket_access(settings)]


def _calls(settings: Settings, others: Sequence[WorkloadSpec]) -> Sequence[Call]:
    """What it may reach: everything that it scrapes, and the Alertmanagers that it tells."""
    namespace = settings.kubernetes.namespace
    ports = (PORT, thanos.HTTP_PORT) if settings.thanos.enabled else (PORT,)
    calls: list[Call] = [
        ToAnywhere((443, 6443), "the Kubernetes API, for discovery"),
        *(ToWorkload(each.workload, port, namespace) for each in shards(settings) for port in ports),
        ToWorkload(alertmanager.NAME, alertmanager.PORT, namespace),
    ]
    for spec in others:
        if spec.host and spec.host.network:
            calls.append(ToAnywhere(spec.metrics_ports, f"{spec.name}, which has its nodes' addresses"))
        else:
            calls += [ToWorkload(spec.name, port, spec.namespace) for port in spec.metrics_ports]
    if settings.exporters.kubelet:
        calls.append(ToAnywhere((cluster.KUBELET_PORT,), "kubelets, which have their nodes' addresses"))
        calls.append(ToNamespace("kube-system", (cluster.COREDNS_PORT,)))
    if settings.exporters.blackbox and (settings.probes or any(s.probe for s in settings.services)):
        calls.append(ToWorkload(exporters.BLACKBOX_NAME, exporters.BLACKBOX_PORT, namespace))
    if settings.opentelemetry.enabled:
        port = APPLICATION_METRICS_PORT
        calls.append(ToWorkload(opentelemetry.GATEWAY, port, namespace))
        calls.append(ToWorkload(opentelemetry.AGENT, port, exporters.host_namespace(settings)))
    return [*dict.fromkeys(calls), *_declared_calls(settings)]


def _declared_calls(settings: Settings) -> list[Call]:
    ports: dict[str, set[int]] = {}
    for target in services.targets(settings.services):
        ports.setdefault(target.namespace, set()).add(target.port)
    fixed = {port_of(address) for target in settings.targets for address in target.addresses}
    named = settings.prometheus.discovery.namespaces
    return [
        *(ToNamespace(name, tuple(sorted(found))) for name, found in sorted(ports.items()) if name not in named),
        # What is annotated names its own port.
        *(ToNamespace(name) for name in sorted(named)),
        *([ToAnywhere(tuple(sorted(fixed)), "the addresses under vigil:targets")] if fixed else []),
    ]


def access(settings: Settings) -> list[Manifest]:
    """What discovery may read (pods, services, endpoint slices), and of the cluster itself nodes and metrics."""
    read = ["get", "list", "watch"]
    rules: list[Manifest] = [
        {"apiGroups": [""], "resources": ["pods", "services"], "verbs": read},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
    ]
    if settings.exporters.kubelet:
        rules += [
            {"apiGroups": [""], "resources": ["nodes"], "verbs": read},
            {"apiGroups": [""], "resources": ["nodes/metrics"], "verbs": ["get"]},
            {"nonResourceURLs": ["/metrics", "/metrics/cadvisor"], "verbs": ["get"]},
        ]
    names = [shard.workload for shard in shards(settings)]
    return cluster_access(NAME, settings.kubernetes.namespace, rules, accounts=names)
