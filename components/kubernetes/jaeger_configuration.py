"""jaeger.yaml for each store and part, and what services are told of sampling."""

from __future__ import annotations

from typing import Any

from alert_rules.quantities import plain_number
from components.kubernetes import collector_parts as parts
from components.kubernetes.addresses import port_of
from components.kubernetes.secrets import SecretFile, files_of
from components.settings.model import Settings

OTLP_PORT = 4317
UI_PORT = 16686
SAMPLING_PORT = 5778
HEALTH_PORT = 13133
METRICS_PORT = 8888

DATA = "/badger"
SEARCH_ENGINES = ("opensearch", "elasticsearch")
INDEX_PREFIX = "vigil"

CONFIG = "/etc/jaeger/config"


def is_divided(settings: Settings) -> bool:
    """Whether collectors and query services are workloads of their own around a shared store."""
    return settings.jaeger.store_is_shared


def base_path(settings: Settings) -> str:
    """The path under which Jaeger serves its pages and its API; empty where it has a host to itself."""
    return "/jaeger" if settings.access.tools else ""


def secret_files(settings: Settings) -> list[SecretFile]:
    """The password of the shared store, where it wants one."""
    return files_of(settings, ["jaeger_storage_password"]) if is_divided(settings) else []


def configuration(settings: Settings, *, takes: bool, shows: bool) -> dict[str, Any]:
    """jaeger.yaml of a program that takes spans, shows traces, or both."""
    extensions: dict[str, Any] = {
        "healthcheckv2": {"use_v2": True, "http": {"endpoint": f"0.0.0.0:{HEALTH_PORT}"}},
        "jaeger_storage": {"backends": {"main": _backend(settings)}},
    }
    if shows:
        extensions["jaeger_query"] = {
            "storage": {"traces": "main"},
            "http": {"endpoint": f"0.0.0.0:{UI_PORT}"},
            "grpc": {"endpoint": "0.0.0.0:16685"},
            # Its own spans would go to a collector in the same pod, which there need not be.
            "enable_tracing": False,
            **({"base_path": base_path(settings)} if base_path(settings) else {}),
        }
    if takes:
        extensions["remote_sampling"] = {
            **_strategies(settings),
            "http": {"endpoint": f"0.0.0.0:{SAMPLING_PORT}"},
            "grpc": {"endpoint": "0.0.0.0:5779"},
        }
    return {
        "extensions": extensions,
        **(_intake(settings) if takes else {}),
        "service": {
            "extensions": sorted(extensions),
            "pipelines": {"traces": _pipeline(settings) if takes else _IDLE_PIPELINE},
            "telemetry": {
                "resource": {"service.name": "jaeger"},
                "logs": {"level": "info", "encoding": "json"},
                "metrics": {
                    "level": "normal",
                    "readers": [
                        {"pull": {"exporter": {"prometheus": {"host": "0.0.0.0", "port": METRICS_PORT}}}}  # noqa: S104
                    ],
                },
            },
        },
        **({} if takes else _IDLE),
    }


def _strategies(settings: Settings) -> dict[str, Any]:
    wanted = settings.jaeger.sampling
    if not wanted.adaptive:
        return {"file": {"path": f"{CONFIG}/sampling.json"}}
    return {"adaptive": {"sampling_store": "main", "initial_sampling_probability": _share(wanted.default.value)}}


def _pipeline(settings: Settings) -> dict[str, Any]:
    adaptive = ["adaptive_sampling"] if settings.jaeger.sampling.adaptive else []
    return {
        "receivers": ["otlp"],
        "processors": ["memory_limiter", "batch", *adaptive],
        "exporters": ["jaeger_storage_exporter"],
    }


# A collector's configuration wants a pipeline, and a query service has nothing to carry.
_IDLE_PIPELINE = {"receivers": ["nop"], "exporters": ["nop"]}
_IDLE: dict[str, Any] = {"receivers": {"nop": {}}, "exporters": {"nop": {}}}


def _intake(settings: Settings) -> dict[str, Any]:
    return {
        "receivers": {"otlp": {"protocols": {"grpc": parts.otlp_over_grpc(OTLP_PORT, parts.MESSAGE_MIB)}}},
        "processors": {
            "memory_limiter": {"check_interval": "1s", "limit_percentage": 80, "spike_limit_percentage": 20},
            "batch": {"send_batch_size": 2048, "send_batch_max_size": 4096, "timeout": "1s"},
            **({"adaptive_sampling": {}} if settings.jaeger.sampling.adaptive else {}),
        },
        "exporters": {
            "jaeger_storage_exporter": {
                "trace_storage": "main",
                "retry_on_failure": {"enabled": True, "max_elapsed_time": "10m"},
                "queue": {"enabled": True, "queue_size": 10_000, "num_consumers": 10},
            }
        },
    }


def _backend(settings: Settings) -> dict[str, Any]:
    jaeger = settings.jaeger
    match jaeger.storage:
        case "memory":
            return {"memory": {"max_traces": 50_000}}
        case "badger":
            kept = {"spans": _go_duration(jaeger.retention.value)}
            places = {"keys": f"{DATA}/keys", "values": f"{DATA}/values"}
            return {"badger": {"directories": places, "ephemeral": False, "ttl": kept}}
        case "clickhouse":
            return {"clickhouse": _clickhouse(settings)}
        case _:
            return {jaeger.storage: _search_engine(settings)}


def _go_duration(seconds: float) -> str:
    """Go's own durations know no days."""
    return f"{seconds / 3600:g}h"


def _search_engine(settings: Settings) -> dict[str, Any]:
    by_day = {"date_layout": "2006-01-02", "rollover_frequency": "day", "replicas": 1}
    return {
        "server_urls": [settings.jaeger.endpoint],
        "auth": {"basic": {"username": settings.jaeger.username, "password_file": _password(settings)}},
        "max_span_age": _go_duration(settings.jaeger.retention.value),
        "indices": {
            "index_prefix": INDEX_PREFIX,
            "spans": by_day | {"shards": 3},
            "services": by_day | {"shards": 1},
        },
        "create_mappings": True,
    }


def _clickhouse(settings: Settings) -> dict[str, Any]:
    endpoint = str(settings.jaeger.endpoint)
    host = endpoint.partition("://")[2].partition(":")[0]
    return {
        "protocol": "native",
        "addresses": [f"{host}:{port_of(endpoint)}"],
        "database": "jaeger",
        "auth": {"basic": {"username": settings.jaeger.username, "password": f"${{file:{_password(settings)}}}"}},
        "create_schema": True,
    }


def _password(settings: Settings) -> str:
    return secret_files(settings)[0].path


def sampling(settings: Settings) -> dict[str, Any]:
    """sampling.json: the share of traces that each service's SDK begins."""
    wanted = settings.jaeger.sampling
    return {
        "default_strategy": {"type": "probabilistic", "param": _share(wanted.default.value)},
        "service_strategies": [
            {"service": name, "type": "probabilistic", "param": _share(share.value)}
            for name, share in sorted(wanted.services.items())
        ],
    }


def _share(value: float) -> float:
    return float(plain_number(value))
