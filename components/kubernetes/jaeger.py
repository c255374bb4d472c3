"""Jaeger v2: traces, in one program on a volume or as collectors and query services on a shared store."""

from __future__ import annotations

from collections.abc import Sequence

from alert_rules import json_text, yaml12
from components.kubernetes.addresses import headless_host, port_of, url
from components.kubernetes.jaeger_configuration import (
    CONFIG,
    DATA,
    HEALTH_PORT,
    INDEX_PREFIX,
    METRICS_PORT,
    OTLP_PORT,
    SAMPLING_PORT,
    SEARCH_ENGINES,
    UI_PORT,
    base_path,
    configuration,
    is_divided,
    sampling,
    secret_files,
)
from components.kubernetes.network import Admit, Call, ToAnywhere
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import METRICS, ConfigFiles, Port, Probe, Volume, WorkloadSpec
from components.settings.model import Settings
from components.versions import JAEGER, JAEGER_INDEX_CLEANER

NAME, COLLECTOR, QUERY, CLEANER = "jaeger", "jaeger-collector", "jaeger-query", "jaeger-index-cleaner"
USER = 10001
"""The user id that Jaeger's image was made for."""


def collector_target(settings: Settings) -> str:
    """What takes spans over OTLP, as gRPC names it: every pod by itself, so that load is spread over all."""
    return f"dns:///{headless_host(settings, collector(settings))}:{OTLP_PORT}"


def collector(settings: Settings) -> str:
    """The workload that takes spans and says what share of traces to begin."""
    return COLLECTOR if is_divided(settings) else NAME


def query(settings: Settings) -> str:
    """The workload that shows traces."""
    return QUERY if is_divided(settings) else NAME


def query_url(settings: Settings) -> str:
    """Where traces are asked for."""
    return url(settings, query(settings), UI_PORT, base_path(settings))


def specs(settings: Settings) -> list[WorkloadSpec]:
    """How Jaeger is run for these settings; nothing where it is not enabled."""
    if not settings.jaeger.enabled:
        return []
    if not is_divided(settings):
        return [_spec(settings, NAME, takes=True, shows=True)]
    shared = [_spec(settings, COLLECTOR, takes=True), _spec(settings, QUERY, shows=True)]
    return [*shared, *([index_cleaner(settings)] if settings.jaeger.storage in SEARCH_ENGINES else [])]


def _spec(settings: Settings, name: str, *, takes: bool = False, shows: bool = False) -> WorkloadSpec:
    on_disk = settings.jaeger.storage == "badger"
    files = {"jaeger.yaml": yaml12.dump(configuration(settings, takes=takes, shows=shows))}
    if takes and not settings.jaeger.sampling.adaptive:
        files["sampling.json"] = json_text.pretty(sampling(settings))
    ports = [Port(METRICS, METRICS_PORT), Port("health", HEALTH_PORT)]
    ports += [Port("otlp-grpc", OTLP_PORT), Port("sampling", SAMPLING_PORT)] if takes else []
    ports += [Port("http", UI_PORT)] if shows else []
    return WorkloadSpec(
        name=name,
        namespace=settings.kubernetes.namespace,
        kind="StatefulSet" if on_disk else "Deployment",
        image=JAEGER,
        args=[f"--config={CONFIG}/jaeger.yaml"],
        environment=SIZES[settings.kubernetes.size][name].go_memory_limit,
        resources=SIZES[settings.kubernetes.size][name],
        ports=ports,
        ready=Probe("health", "/status"),
        live=Probe("health", "/status"),
        replicas=settings.jaeger.replicas if is_divided(settings) else 1,
        headless=takes,
        user=USER,
        config=[ConfigFiles(CONFIG, files)],
        secrets=secret_files(settings),
        scratch={"/tmp": "256Mi"},  # noqa: S108 - a path in the container
        volume=Volume(DATA, int(settings.jaeger.volume.value), settings.kubernetes.storage_class) if on_disk else None,
        grace_seconds=120 if on_disk else 30,
        calls=_calls(settings),
        admits=_sampled(settings) if takes else [],
    )


def _sampled(settings: Settings) -> list[Admit]:
    """SDKs of services ask what share of their traces to begin."""
    return [Admit(namespace, SAMPLING_PORT) for namespace in settings.sending_namespaces]


def _calls(settings: Settings) -> Sequence[Call]:
    if settings.jaeger.endpoint is None or not is_divided(settings):
        return []
    return [ToAnywhere((port_of(settings.jaeger.endpoint),), f"the {settings.jaeger.storage} that holds the traces")]


def index_cleaner(settings: Settings) -> WorkloadSpec:
    """Deletes the indices of days past the retention, every night: a search engine forgets nothing by itself."""
    days = str(int(settings.jaeger.retention.value // 86400))
    password = secret_files(settings)[0]
    return WorkloadSpec(
        name=CLEANER,
        namespace=settings.kubernetes.namespace,
        kind="CronJob",
        schedule="35 1 * * *",
        image=JAEGER_INDEX_CLEANER,
        # The program takes its password from a variable alone; this one is the process' own, and in no object's text.
        command=["/bin/sh", "-c"],
        args=[
            f'ES_PASSWORD="$(cat {password.path})" exec /go/bin/es-index-cleaner {days} {settings.jaeger.endpoint}',
        ],
        environment={"INDEX_PREFIX": INDEX_PREFIX, "ES_USERNAME": settings.jaeger.username},
        resources=SIZES[settings.kubernetes.size][CLEANER],
        user=USER,
        secrets=[password],
        calls=_calls(settings),
    )
