"""What the agents' and the gateway's configurations have in common. Component names are those of the pinned version."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

OTLP_GRPC, OTLP_HTTP = 4317, 4318
METRICS_PORT, APPLICATION_METRICS_PORT, HEALTH_PORT = 8888, 8889, 13133

Part = dict[str, Any]

PATIENT = {"enabled": True, "initial_interval": "1s", "max_interval": "30s", "max_elapsed_time": "6h"}
"""Tries for six hours: for what is buffered on a disk. The time is a batch's own, once its turn has come, so an outage
of days loses a few batches, and one that is never taken holds up those behind it no longer than that."""

UNTIL_TAKEN = {**PATIENT, "max_elapsed_time": "0s"}
"""Tries for ever: for what is read from a file, which is read on once there is room."""

BRIEF = {"enabled": True, "initial_interval": "1s", "max_interval": "30s", "max_elapsed_time": "10m"}
"""Tries for ten minutes: for what would else hold up what is newer."""


def health_check() -> Part:
    """Answers the kubelet."""
    return {"endpoint": f"0.0.0.0:{HEALTH_PORT}"}


MESSAGE_MIB = 16
"""The largest request that an agent takes of a service."""

# Of a whole request, as it is on the wire without compression. A receiver refuses for good what is larger than it
# takes, and counts bytes, not spans or lines: a batch of so many of these may be of any size.
_BATCH_BYTES = 4 * 2**20


def otlp_receiver(most_mib: int) -> Part:
    """Takes OTLP over gRPC and HTTP, in requests of so many MiB at most."""
    http = {"endpoint": f"0.0.0.0:{OTLP_HTTP}", "max_request_body_size": most_mib * 2**20}
    return {"protocols": {"grpc": otlp_over_grpc(OTLP_GRPC, most_mib), "http": http}}


def otlp_over_grpc(port: int, most_mib: int) -> Part:
    """Takes OTLP over gRPC, in requests of so many MiB at most; without the figure it would be 4."""
    return {"endpoint": f"0.0.0.0:{port}", "max_recv_msg_size_mib": most_mib}


def batch(most: int = _BATCH_BYTES) -> Part:
    """Sends a quarter of `most` bytes at once or more, and never more than `most`."""
    return {"sizer": "bytes", "min_size": most // 4, "max_size": most, "flush_timeout": "1s"}


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


def cut(signal: str, most: Mapping[str, int], first: Mapping[str, Sequence[str]] | None = None) -> Part:
    """Attributes that fit into a batch: those of a context together are of at most so many bytes, as JSON. Of more, the
    long ones are cut first, so that sixteen fit with their names, then all but 16 dropped, then (what is nested) all
    but what names the sender. What is larger than a batch would be dropped with all that came with it, and counted
    nowhere. `first` are statements of a context that go before."""
    return {
        "error_mode": "ignore",
        signal: [
            {
                "context": each,
                "statements": [*(first or {}).get(each, ()), *_cut_attributes(f"{each}.attributes", size)],
            }
            for each, size in most.items()
        ],
    }


def _cut_attributes(attributes: str, most: int) -> list[str]:
    sender = '["service.name", "k8s.namespace.name", "k8s.node.name", "k8s.pod.name"]'
    steps = (
        f"truncate_all({attributes}, {most // 24})",
        f"limit({attributes}, 16, {sender})",
        f"keep_keys({attributes}, {sender})",
    )
    return [f"{step} where Len(String({attributes})) > {most}" for step in steps]


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
