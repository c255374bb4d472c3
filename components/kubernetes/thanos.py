"""Thanos: metrics for the long term in object storage, downsampled, and one query over them and every Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from alert_rules import yaml12
from alert_rules.quantities import seconds_text
from components.access import AwsAccess
from components.kubernetes import object_storage
from components.kubernetes.addresses import headless_host, url
from components.kubernetes.network import Call, ToWorkload
from components.kubernetes.shards import shards
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import METRICS, ConfigFiles, Port, Probe, Program, Volume, WorkloadSpec
from components.kubernetes.timeouts import QUERY_SECONDS
from components.settings.kubernetes import Size
from components.settings.model import Settings
from components.versions import THANOS

SIDECAR = "thanos-sidecar"
STORE = "thanos-store"
COMPACTOR = "thanos-compactor"
QUERY = "thanos-query"
QUERY_FRONTEND = "thanos-query-frontend"

HTTP_PORT = 10902
GRPC_PORT = 10901

_BUCKET_FILE = "/etc/thanos/bucket.yaml"
_LOGGING = "--log.format=json"
_HTTP = f"--http-address=0.0.0.0:{HTTP_PORT}"
_GRPC = f"--grpc-address=0.0.0.0:{GRPC_PORT}"
_READY, _LIVE = Probe(METRICS, "/-/ready"), Probe(METRICS, "/-/healthy")
_PORTS = (Port(METRICS, HTTP_PORT), Port("grpc", GRPC_PORT))


def query_url(settings: Settings) -> str:
    """Where PromQL over everything is asked."""
    return url(settings, QUERY_FRONTEND, HTTP_PORT)


def bucket_access(settings: Settings, wanted: AwsAccess = AwsAccess.METRICS_BUCKET) -> list[AwsAccess]:
    """What a program that works on the bucket, or only reads it, needs on AWS."""
    return object_storage.access(settings, wanted) if settings.thanos.enabled else []


def sidecar(settings: Settings, data: str, prometheus_port: int) -> Program:
    """The container beside Prometheus that hands finished blocks to the bucket and answers for the newest data."""
    suffix = "-sc"
    return Program(
        name=SIDECAR,
        image=THANOS,
        args=[
            "sidecar",
            _LOGGING,
            _HTTP,
            _GRPC,
            f"--tsdb.path={data}",
            f"--prometheus.url=http://localhost:{prometheus_port}",
            f"--objstore.config-file={_BUCKET_FILE}",
        ],
        resources=SIZES[settings.kubernetes.size][SIDECAR],
        ports=[Port(f"{METRICS}{suffix}", HTTP_PORT), Port("grpc", GRPC_PORT)],
        ready=Probe(f"{METRICS}{suffix}", "/-/ready"),
        live=Probe(f"{METRICS}{suffix}", "/-/healthy"),
        config=[_bucket(settings)],
        secrets=object_storage.secret_files(settings),
        environment=object_storage.environment(settings),
        reads_volume=True,
    )


def specs(settings: Settings) -> list[WorkloadSpec]:
    """Everything of Thanos but the sidecar; nothing where it is not enabled."""
    if not settings.thanos.enabled:
        return []
    return [store(settings), compactor(settings), query(settings), query_frontend(settings)]


def store(settings: Settings) -> WorkloadSpec:
    """Answers for what is in the bucket."""
    args = [
        "store",
        _LOGGING,
        _HTTP,
        _GRPC,
        "--data-dir=/var/thanos/store",
        f"--objstore.config-file={_BUCKET_FILE}",
        "--index-cache-size=" + _INDEX_CACHE[settings.kubernetes.size],
        # What all queries share, and the most that one may fetch: the defaults are 2 GB and no limit.
        "--chunk-pool-size=" + _CHUNK_POOL[settings.kubernetes.size],
        "--store.grpc.downloaded-bytes-limit=" + _CHUNK_POOL[settings.kubernetes.size],
        "--store.limits.request-series=500000",
        "--store.limits.request-samples=100000000",
    ]
    return _on_bucket(
        settings,
        STORE,
        args,
        replicas=_replicas(settings),
        volume=10 * 2**30,
        access=AwsAccess.READ_METRICS_BUCKET,
    )


def compactor(settings: Settings) -> WorkloadSpec:
    """Merges and downsamples blocks and removes what is past its retention. Never two: they would destroy each other's
    work, so a StatefulSet, which starts none before the last has gone."""
    kept = settings.thanos.retention
    args = [
        "compact",
        _LOGGING,
        _HTTP,
        "--wait",
        "--data-dir=/var/thanos/compact",
        f"--objstore.config-file={_BUCKET_FILE}",
        f"--retention.resolution-raw={seconds_text(kept.raw.value)}",
        f"--retention.resolution-5m={seconds_text(kept.five_minutes.value)}",
        f"--retention.resolution-1h={seconds_text(kept.one_hour.value)}",
        # The pair's two copies stay two, which queries take for one: merged, their samples would interleave for ever.
        "--delete-delay=48h",
    ]
    volume = int(settings.thanos.volume.value)
    return _on_bucket(settings, COMPACTOR, args, replicas=1, volume=volume, ports=[Port(METRICS, HTTP_PORT)])


def query(settings: Settings) -> WorkloadSpec:
    """Asks every Prometheus and the store, and makes one answer of theirs."""
    endpoints = [*(shard.workload for shard in shards(settings)), STORE]
    return _workload(
        settings,
        QUERY,
        [
            "query",
            _LOGGING,
            _HTTP,
            _GRPC,
            *(f"--endpoint=dnssrv+_grpc._tcp.{headless_host(settings, name)}" for name in endpoints),
            "--query.replica-label=replica",
            "--query.auto-downsampling",
            f"--query.timeout={seconds_text(QUERY_SECONDS)}",
            "--query.max-concurrent=20",
        ],
        calls=[ToWorkload(name, GRPC_PORT, settings.kubernetes.namespace) for name in endpoints],
        ports=_PORTS,
    )


def query_frontend(settings: Settings) -> WorkloadSpec:
    """Splits long queries by day and remembers their answers."""
    cache = {"type": "IN-MEMORY", "config": {"max_size": _RESPONSE_CACHE[settings.kubernetes.size], "validity": "6h"}}
    return _workload(
        settings,
        QUERY_FRONTEND,
        [
            "query-frontend",
            _LOGGING,
            _HTTP,
            f"--query-frontend.downstream-url={url(settings, QUERY, HTTP_PORT)}",
            "--query-range.split-interval=24h",
            "--query-range.align-range-with-step",
            "--query-range.response-cache-config-file=/etc/thanos/cache.yaml",
            "--labels.response-cache-config-file=/etc/thanos/cache.yaml",
            "--query-frontend.compress-responses",
        ],
        calls=[ToWorkload(QUERY, HTTP_PORT, settings.kubernetes.namespace)],
        ports=[Port(METRICS, HTTP_PORT)],
        config=[ConfigFiles("/etc/thanos", {"cache.yaml": yaml12.dump(cache)})],
    )


# Beside each other in the store's memory, of which they leave a half.
_CHUNK_POOL = {Size.SMALL: "64MB", Size.MEDIUM: "512MB", Size.LARGE: "1536MB"}
# Not less than 125 MiB, the largest item that it has room for.
_INDEX_CACHE = {Size.SMALL: "132MB", Size.MEDIUM: "512MB", Size.LARGE: "1536MB"}
_RESPONSE_CACHE = {Size.SMALL: "64MB", Size.MEDIUM: "256MB", Size.LARGE: "1GB"}


def _replicas(settings: Settings) -> int:
    return 1 if settings.kubernetes.size is Size.SMALL else 2


def _bucket(settings: Settings) -> ConfigFiles:
    return ConfigFiles("/etc/thanos", {"bucket.yaml": yaml12.dump(bucket_configuration(settings))}, name="bucket")


def bucket_configuration(settings: Settings) -> dict[str, Any]:
    """bucket.yaml: where the blocks are."""
    place = object_storage.place(settings)
    return {
        "type": "S3",
        "config": {
            "bucket": settings.thanos.bucket,
            "endpoint": place.endpoint,
            "region": place.region,
            # The SDK's own chain: Pod Identity, or the credentials file.
            "aws_sdk_auth": True,
            "bucket_lookup_type": "virtual-hosted" if place.is_amazon else "path",
        },
        "prefix": "metrics",
    }


def _on_bucket(
    settings: Settings,
    name: str,
    args: Sequence[str],
    *,
    replicas: int,
    volume: int,
    ports: Sequence[Port] = _PORTS,
    access: AwsAccess = AwsAccess.METRICS_BUCKET,
) -> WorkloadSpec:
    return replace(
        _workload(settings, name, args, ports=ports, calls=object_storage.calls(settings), config=[_bucket(settings)]),
        kind="StatefulSet",
        replicas=replicas,
        secrets=object_storage.secret_files(settings),
        environment=object_storage.environment(settings),
        volume=Volume("/var/thanos", volume, settings.kubernetes.storage_class),
        grace_seconds=120,
        aws=bucket_access(settings, access),
    )


def _workload(
    settings: Settings,
    name: str,
    args: Sequence[str],
    *,
    calls: Sequence[Call],
    ports: Sequence[Port],
    config: Sequence[ConfigFiles] = (),
) -> WorkloadSpec:
    """A program of Thanos that keeps nothing."""
    return WorkloadSpec(
        name=name,
        namespace=settings.kubernetes.namespace,
        kind="Deployment",
        image=THANOS,
        args=args,
        resources=SIZES[settings.kubernetes.size][name],
        ports=ports,
        ready=_READY,
        live=_LIVE,
        replicas=_replicas(settings),
        config=config,
        calls=calls,
    )
