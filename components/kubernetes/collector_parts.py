"""What the agents' and the gateway's configurations have in common. Component names are those of the pinned version."""

from __future__ import annotations

from typing import Any

OTLP_GRPC, OTLP_HTTP = 4317, 4318
METRICS_PORT, APPLICATION_METRICS_PORT, HEALTH_PORT = 8888, 8889, 13133

Part = dict[str, Any]

PATIENT = {"enabled": True, "initial_interval": "1s", "max_interval": "30s", "max_elapsed_time": "0s"}
"""Tries for ever: for what is buffered on a disk."""

BRIEF = {"enabled": True, "initial_interval": "1s", "max_interval": "30s", "max_elapsed_time": "10m"}
"""Tries for ten minutes: for what would else hold up what is newer."""


def health_check() -> Part:
    """Answers the kubelet."""
    return {"endpoint": f"0.0.0.0:{HEALTH_PORT}"}


def otlp_receiver() -> Part:
    """Takes OTLP over gRPC and HTTP."""
    return {
        "protocols": {
            "grpc": {"endpoint": f"0.0.0.0:{OTLP_GRPC}", "max_recv_msg_size_mib": 16},
            "http": {"endpoint": f"0.0.0.0:{OTLP_HTTP}"},
        }
    }


def memory_limiter() -> Part:
    """Refuses what would not fit into memory; the first processor of every pipeline."""
    return {"check_interval": "1s", "limit_percentage": 75, "spike_limit_percentage": 20}


def storage(directory: str) -> Part:
    """A directory for offsets or queues; a damaged file is set aside rather than kept from starting."""
    return {
        "directory": directory,
        "create_directory": True,
        "recreate": True,
        "compaction": {"on_start": True, "on_rebound": True, "directory": directory, "cleanup_on_start": True},
    }


def prometheus_exporter() -> Part:
    """Offers metrics to be scraped; exemplars exist only in the OpenMetrics format."""
    return {
        "endpoint": f"0.0.0.0:{APPLICATION_METRICS_PORT}",
        "enable_open_metrics": True,
        "without_scope_info": True,
        "send_timestamps": False,
        "metric_expiration": "5m",
        "resource_to_telemetry_conversion": {"enabled": False},
    }


def telemetry() -> Part:
    """The collector's own logs and metrics; the names of these as they are without suffixes, whatever the version."""
    reader = {
        "host": "0.0.0.0",  # noqa: S104 - inside a pod
        "port": METRICS_PORT,
        "without_scope_info": True,
        "without_type_suffix": True,
        "without_units": True,
    }
    return {
        "logs": {"level": "info", "encoding": "json"},
        "metrics": {"level": "normal", "readers": [{"pull": {"exporter": {"prometheus": reader}}}]},
    }


def set_where_known(target: str, source: str) -> str:
    """A statement of the transform processor: copy an attribute that is there."""
    return f"set({target}, {source}) where {source} != nil"


def without_identity() -> Part:
    """Statements after which the exporter finds nothing to make labels `job`, `instance` and target_info of."""
    names = ("service.name", "service.namespace", "service.instance.id")
    gone = [f'delete_key(resource.attributes, "{name}")' for name in names]
    return {"context": "resource", "statements": gone}


def pipeline(receivers: list[str], processors: list[str], exporters: list[str]) -> Part:
    """A pipeline; memory is watched before anything else."""
    return {"receivers": receivers, "processors": ["memory_limiter", *processors], "exporters": exporters}
