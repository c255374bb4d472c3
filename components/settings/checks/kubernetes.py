"""What cannot be run together in the cluster, and what each part needs of the others."""

from __future__ import annotations

from collections.abc import Iterator

from alert_rules.problems import MISSING, Problem
from components.settings import capacity
from components.settings.capacity import DAY
from components.settings.checks.registry import check
from components.settings.checks.room import beyond_disk
from components.settings.model import Settings


@check("prometheus", "kubernetes")
def _prometheus_retention(settings: Settings, file: str) -> Iterator[Problem]:
    if not settings.kubernetes.enabled:
        return
    key, own, size = "vigil:prometheus.retention", settings.prometheus, settings.kubernetes.size
    if own.retention.value < 7200:
        yield Problem(file, key, str(own.retention), "at least 2h, one block of Prometheus' storage")
    needed = capacity.metric_bytes(size, own.retention.value)
    yield from beyond_disk(key, file, own.retention, own.volume, needed, capacity.series_meant(size))


@check("prometheus", "thanos")
def _shards_are_queried_as_one(settings: Settings, file: str) -> Iterator[Problem]:
    if settings.kubernetes.enabled and settings.prometheus.shards > 1 and not settings.thanos.enabled:
        allowed = "1, or vigil:thanos.enabled: true: without its query nothing sees more than one shard"
        yield Problem(file, "vigil:prometheus.shards", settings.prometheus.shards, allowed)


@check("thanos")
def _thanos_has_a_bucket(settings: Settings, file: str) -> Iterator[Problem]:
    if not settings.kubernetes.enabled or not settings.thanos.enabled:
        return
    if settings.thanos.bucket is None:
        allowed = "the name of a bucket that exists, or vigil:thanos.enabled: false: Thanos keeps metrics in a bucket"
        yield Problem(file, "vigil:thanos.bucket", MISSING, allowed)
    kept = settings.thanos.retention
    # Downsampling to 5 m begins after 40 h, to 1 h after 10 d (Thanos, components/compact).
    for key, retention, least in (("raw", kept.raw, 2), ("five_minutes", kept.five_minutes, 11)):
        if retention.value < least * DAY:
            allowed = f"at least {least}d: what is deleted sooner is never downsampled"
            yield Problem(file, f"vigil:thanos.retention.{key}", str(retention), allowed)


@check("thanos")
def _thanos_forgets_detail_first(settings: Settings, file: str) -> Iterator[Problem]:
    kept = settings.thanos.retention
    coarser = (
        ("five_minutes", kept.five_minutes, "raw", kept.raw),
        ("one_hour", kept.one_hour, "five_minutes", kept.five_minutes),
    )
    for key, retention, before, least in coarser:
        if settings.kubernetes.enabled and settings.thanos.enabled and retention.value < least.value:
            allowed = f"at least vigil:thanos.retention.{before}, {least}: what is coarser is what is left of the past"
            yield Problem(file, f"vigil:thanos.retention.{key}", str(retention), allowed)


@check("prometheus", "thanos")
def _blocks_are_taken_before_they_are_deleted(settings: Settings, file: str) -> Iterator[Problem]:
    if settings.kubernetes.enabled and settings.thanos.enabled and 7200 <= settings.prometheus.retention.value < 21600:
        allowed = "at least 6h: a block is handed to the bucket some hours after its first sample"
        yield Problem(file, "vigil:prometheus.retention", str(settings.prometheus.retention), allowed)


@check("jaeger", "kubernetes")
def _jaeger_has_a_store(settings: Settings, file: str) -> Iterator[Problem]:
    own = settings.jaeger
    if not settings.kubernetes.enabled or not own.enabled:
        return
    if own.store_is_shared:
        if own.endpoint is None:
            allowed = f"the address of the {own.storage} that holds the traces, such as https://search.example.com:9200"
            yield Problem(file, "vigil:jaeger.endpoint", MISSING, allowed)
        elif (own.storage == "clickhouse") != own.endpoint.startswith("clickhouse://"):
            allowed = "clickhouse://host:port for ClickHouse's own protocol, else http:// or https://"
            yield Problem(
                file, "vigil:jaeger.endpoint", own.endpoint, f"{allowed} (vigil:jaeger.storage: {own.storage})"
            )
        if own.retention.value % DAY:
            yield Problem(file, "vigil:jaeger.retention", str(own.retention), "whole days: an index is of a day")
        return
    if own.endpoint is not None:
        allowed = "no value, or a vigil:jaeger.storage that has an address: opensearch, elasticsearch, clickhouse"
        yield Problem(file, "vigil:jaeger.endpoint", own.endpoint, allowed)
    if own.storage == "badger":
        size = settings.kubernetes.size
        needed = capacity.span_bytes(size, own.retention.value)
        meant = f"size {size} is meant for {capacity.LOADS[size].spans:,} spans a second"
        yield from beyond_disk("vigil:jaeger.retention", file, own.retention, own.volume, needed, meant)


@check("jaeger")
def _adaptive_sampling_has_a_store(settings: Settings, file: str) -> Iterator[Problem]:
    own = settings.jaeger
    if own.enabled and own.sampling.adaptive and own.storage == "clickhouse":
        allowed = "false: Jaeger keeps no sampling data in ClickHouse"
        yield Problem(file, "vigil:jaeger.sampling.adaptive", True, allowed)


@check("grafana")
def _grafana_replicas_share_a_database(settings: Settings, file: str) -> Iterator[Problem]:
    if settings.kubernetes.enabled and settings.grafana.replicas > 1 and settings.grafana.database is None:
        allowed = "1, or vigil:grafana.database: a PostgreSQL where the replicas keep what they share"
        yield Problem(file, "vigil:grafana.replicas", settings.grafana.replicas, allowed)


@check("access")
def _pods_bring_the_traffic(settings: Settings, file: str) -> Iterator[Problem]:
    ingress = settings.access.ingress
    if ingress and ingress.class_name == "alb":
        allowed = "a controller whose pods carry the traffic: a load balancer's addresses are in no namespace to admit"
        yield Problem(file, "vigil:access.ingress.class_name", ingress.class_name, allowed)


@check("kubernetes", "aws")
def _the_cluster_is_named(settings: Settings, file: str) -> Iterator[Problem]:
    own = settings.kubernetes
    if own.enabled and own.context is None and (own.eks_cluster is None or not settings.aws.enabled):
        allowed = "the kubeconfig context of the cluster: a shell that points at another must not get this stack"
        yield Problem(file, "vigil:kubernetes.context", MISSING, allowed)


@check("opentelemetry")
def _traces_are_judged_in_time(settings: Settings, file: str) -> Iterator[Problem]:
    wait = settings.opentelemetry.keep.wait
    if settings.opentelemetry.enabled and not 5 <= wait.value <= 300:
        allowed = "5s to 5m: every trace is held in memory for so long"
        yield Problem(file, "vigil:opentelemetry.keep.wait", str(wait), allowed)


@check("jaeger", "opentelemetry")
def _adaptive_sampling_sees_everything(settings: Settings, file: str) -> Iterator[Problem]:
    chosen = settings.opentelemetry
    if settings.jaeger.sampling.adaptive and chosen.enabled and chosen.keep.share.value < 1:
        allowed = "false, or vigil:opentelemetry.keep.share: 100%: it reckons from the traces that reach Jaeger"
        yield Problem(file, "vigil:jaeger.sampling.adaptive", True, allowed)


@check("access", "sign_in")
def _one_way_in(settings: Settings, file: str) -> Iterator[Problem]:
    access = settings.access
    if access.gateway and access.ingress:
        yield Problem(file, "vigil:access", "gateway and ingress", "one of the two: a host leads to one place")
    if (access.gateway or access.ingress) and not settings.links.grafana.startswith("https://"):
        allowed = "an https address: what is reached from outside is reached over TLS"
        yield Problem(file, "vigil:links.grafana", settings.links.grafana, allowed)
    if access.tools is None:
        return
    if not access.tools.startswith("https://"):
        yield Problem(file, "vigil:access.tools", access.tools, "an https address: a sign-in needs TLS")
    if settings.sign_in is None:
        allowed = "a provider, since vigil:access.tools are programs without a sign-in of their own"
        yield Problem(file, "vigil:sign_in", MISSING, allowed)
    if not (access.gateway or access.ingress):
        allowed = "no value, or a way in: vigil:access.gateway or vigil:access.ingress"
        yield Problem(file, "vigil:access.tools", access.tools, allowed)


@check("aws", "opentelemetry", "exporters", "prometheus")
def _what_needs_aws(settings: Settings, file: str) -> Iterator[Problem]:
    if settings.aws.enabled:
        return
    for key, wanted, value in (
        ("exporters.cloudwatch", settings.exporters.cloudwatch, True),
        ("opentelemetry.xray", settings.opentelemetry.xray, True),
        ("prometheus.remote_write", settings.prometheus.remote_write is not None, "set"),
    ):
        if wanted:
            yield Problem(file, f"vigil:{key}", value, "unset while vigil:aws is not enabled: pods have no role there")


@check("aws", "object_storage", "thanos", "loki")
def _buckets_can_be_reached(settings: Settings, file: str) -> Iterator[Problem]:
    named = [key for key, bucket in (("thanos", settings.thanos.bucket), ("loki", settings.loki.bucket)) if bucket]
    if named and settings.kubernetes.enabled and not settings.aws.enabled and settings.object_storage is None:
        allowed = (
            f"where the buckets of {' and '.join(named)} are, since vigil:aws is not enabled: {{endpoint: host:port}}"
        )
        yield Problem(file, "vigil:object_storage", MISSING, allowed)


@check("exporters", "services", "probes")
def _probes_need_the_blackbox_exporter(settings: Settings, file: str) -> Iterator[Problem]:
    probed = [f"services[{i}].probe" for i, service in enumerate(settings.services) if service.probe]
    probed += [f"probes[{index}]" for index in range(len(settings.probes))]
    if probed and settings.kubernetes.enabled and not settings.exporters.blackbox:
        allowed = f"true while something is probed (vigil:{probed[0]})"
        yield Problem(file, "vigil:exporters.blackbox", False, allowed)


@check("mesh", "opentelemetry")
def _the_mesh_sends_to_a_collector(settings: Settings, file: str) -> Iterator[Problem]:
    if settings.mesh.enabled and not (settings.opentelemetry.enabled and settings.traces_are_kept):
        allowed = "false, or vigil:opentelemetry.enabled: true with somebody who takes traces (vigil:jaeger, xray, …)"
        yield Problem(file, "vigil:mesh.enabled", True, allowed)


@check("kubernetes", "targets", "probes")
def _addresses_are_scraped_from_a_cluster(settings: Settings, file: str) -> Iterator[Problem]:
    for section in ("targets", "probes"):
        entries = getattr(settings, section)
        if entries and not settings.kubernetes.enabled:
            yield Problem(
                file, f"vigil:{section}", f"{len(entries)} entries", "none while vigil:kubernetes is not enabled"
            )


@check("targets")
def _targets_have_addresses(settings: Settings, file: str) -> Iterator[Problem]:
    for index, target in enumerate(settings.targets):
        if not target.addresses:
            yield Problem(file, f"vigil:targets[{index}].addresses", "none", "at least one host:port")


@check("services", "targets", "probes")
def _addresses_have_names_of_their_own(settings: Settings, file: str) -> Iterator[Problem]:
    declared = {service.name for service in settings.services}
    for section in ("targets", "probes"):
        for index, entry in enumerate(getattr(settings, section)):
            if entry.name in declared:
                allowed = "a name that no declared service has: the two would share their alerts"
                yield Problem(file, f"vigil:{section}[{index}].name", entry.name, allowed)
