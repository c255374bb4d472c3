"""Kinds of values in Loki's configuration, from Loki 3.7's reference, and the blocks that several of its sections have."""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

# A kind of value, or the settings below it; a list of one is a list of such.
Kind: TypeAlias = "str | Mapping[str, Kind] | list[Kind]"

_DURATION = re.compile(r"0|(\d+(\.\d+)?(ns|us|ms|s|m|h|d|w|y))+")
_BYTES = re.compile(r"\d+(\.\d+)?\s?([KMGT]i?B|B)?", re.IGNORECASE)

CHECKS: dict[str, Callable[[Any], bool]] = {
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "labels": lambda value: isinstance(value, dict) and all(isinstance(each, str) for each in value.values()),
    "duration": lambda value: _DURATION.fullmatch(str(value)) is not None,
    "bytes": lambda value: _BYTES.fullmatch(str(value)) is not None,
}

KVSTORE: Kind = {"store": "str", "prefix": "str"}
OWN_RING: dict[str, Kind] = {
    "kvstore": KVSTORE,
    "heartbeat_period": "duration",
    "heartbeat_timeout": "duration",
    "instance_interface_names": ["str"],
}
RING: Kind = {
    **OWN_RING,
    "instance_addr": "str",
    "instance_id": "str",
    "tokens_file_path": "str",
    "zone_awareness_enabled": "bool",
}
CACHE: Kind = {
    "default_validity": "duration",
    "embedded_cache": {"enabled": "bool", "max_size_mb": "int", "max_size_items": "int", "ttl": "duration"},
    "memcached": {"batch_size": "int", "parallelism": "int", "expiration": "duration"},
    "memcached_client": {"addresses": "str", "timeout": "duration", "max_idle_conns": "int", "consistent_hash": "bool"},
}
CACHED_RESULTS: Kind = {"cache": CACHE, "compression": "str"}
GRPC_CLIENT: Kind = {"max_recv_msg_size": "bytes", "max_send_msg_size": "bytes", "grpc_compression": "str"}
S3: Kind = {
    "bucketnames": "str",
    "endpoint": "str",
    "region": "str",
    "insecure": "bool",
    "s3forcepathstyle": "bool",
    "storage_class": "str",
    "disable_dualstack": "bool",
    "sse": {"type": "str", "kms_key_id": "str", "kms_encryption_context": "str"},
    "http_config": {
        "timeout": "duration",
        "idle_conn_timeout": "duration",
        "response_header_timeout": "duration",
        "ca_file": "str",
    },
    "backoff_config": {"min_period": "duration", "max_period": "duration", "max_retries": "int"},
}
