"""A judgement of Loki's configuration and rules without Loki, whose licence keeps it out of here (tools/README.md).

Of the configuration, this knows the settings that vigil uses, from Loki 3.7's reference, and those of Loki's own
checks that concern them; a setting that it does not know fails: look it up in the reference and add it. Of rules, it
asks Grafana's grammar of LogQL.
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from tests.validators import binaries

# A kind of value, or the settings below it; a list of one is a list of such.
Kind: TypeAlias = "str | Mapping[str, Kind] | list[Kind]"

_DURATION = re.compile(r"0|(\d+(\.\d+)?(ns|us|ms|s|m|h|d|w|y))+")
_BYTES = re.compile(r"\d+(\.\d+)?\s?([KMGT]i?B|B)?", re.IGNORECASE)

_CHECKS: dict[str, Callable[[Any], bool]] = {
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    "str": lambda value: isinstance(value, str),
    "labels": lambda value: isinstance(value, dict) and all(isinstance(each, str) for each in value.values()),
    "duration": lambda value: _DURATION.fullmatch(str(value)) is not None,
    "bytes": lambda value: _BYTES.fullmatch(str(value)) is not None,
}

_KVSTORE: Kind = {"store": "str", "prefix": "str"}
_OWN_RING: dict[str, Kind] = {
    "kvstore": _KVSTORE,
    "heartbeat_period": "duration",
    "heartbeat_timeout": "duration",
    "instance_interface_names": ["str"],
}
_RING: Kind = {
    **_OWN_RING,
    "instance_addr": "str",
    "instance_id": "str",
    "tokens_file_path": "str",
    "zone_awareness_enabled": "bool",
}
_CACHE: Kind = {
    "default_validity": "duration",
    "embedded_cache": {"enabled": "bool", "max_size_mb": "int", "max_size_items": "int", "ttl": "duration"},
    "memcached": {"batch_size": "int", "parallelism": "int", "expiration": "duration"},
    "memcached_client": {"addresses": "str", "timeout": "duration", "max_idle_conns": "int", "consistent_hash": "bool"},
}
_CACHED_RESULTS: Kind = {"cache": _CACHE, "compression": "str"}
_GRPC_CLIENT: Kind = {"max_recv_msg_size": "bytes", "max_send_msg_size": "bytes", "grpc_compression": "str"}
_S3: Kind = {
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
_ATTRIBUTES: Kind = {"action": "str", "attributes": ["str"], "regex": "str"}

_LIMITS: Kind = {
    "allow_structured_metadata": "bool",
    "cardinality_limit": "int",
    "creation_grace_period": "duration",
    "deletion_mode": "str",
    "discover_log_levels": "bool",
    "discover_service_name": ["str"],
    "increment_duplicate_timestamp": "bool",
    "ingestion_burst_size_mb": "float",
    "ingestion_rate_mb": "float",
    "ingestion_rate_strategy": "str",
    "max_cache_freshness_per_query": "duration",
    "max_chunks_per_query": "int",
    "max_concurrent_tail_requests": "int",
    "max_entries_limit_per_query": "int",
    "max_global_streams_per_user": "int",
    "max_label_name_length": "int",
    "max_label_names_per_series": "int",
    "max_label_value_length": "int",
    "max_line_size": "bytes",
    "max_line_size_truncate": "bool",
    "max_query_bytes_read": "bytes",
    "max_query_length": "duration",
    "max_query_lookback": "duration",
    "max_query_parallelism": "int",
    "max_query_range": "duration",
    "max_query_series": "int",
    "max_streams_matchers_per_query": "int",
    "max_streams_per_user": "int",
    "max_structured_metadata_entries_count": "int",
    "max_structured_metadata_size": "bytes",
    "otlp_config": {
        "resource_attributes": {"ignore_defaults": "bool", "attributes_config": [_ATTRIBUTES]},
        "scope_attributes": [_ATTRIBUTES],
        "log_attributes": [_ATTRIBUTES],
        "severity_text_as_label": "bool",
    },
    "per_stream_rate_limit": "bytes",
    "per_stream_rate_limit_burst": "bytes",
    "query_timeout": "duration",
    "reject_old_samples": "bool",
    "reject_old_samples_max_age": "duration",
    "retention_period": "duration",
    "retention_stream": [{"selector": "str", "priority": "int", "period": "duration"}],
    "ruler_max_rule_groups_per_tenant": "int",
    "ruler_max_rules_per_rule_group": "int",
    "shard_streams": {"enabled": "bool", "desired_rate": "bytes"},
    "split_queries_by_interval": "duration",
    "tsdb_max_query_parallelism": "int",
    "unordered_writes": "bool",
    "volume_enabled": "bool",
    "volume_max_series": "int",
}

_SETTINGS: Kind = {
    "target": "str",
    "auth_enabled": "bool",
    "shutdown_delay": "duration",
    "analytics": {"reporting_enabled": "bool"},
    "server": {
        "http_listen_address": "str",
        "http_listen_port": "int",
        "grpc_listen_address": "str",
        "grpc_listen_port": "int",
        "http_server_read_timeout": "duration",
        "http_server_write_timeout": "duration",
        "http_server_idle_timeout": "duration",
        "grpc_server_max_recv_msg_size": "bytes",
        "grpc_server_max_send_msg_size": "bytes",
        "grpc_server_max_concurrent_streams": "int",
        "graceful_shutdown_timeout": "duration",
        "log_format": "str",
        "log_level": "str",
    },
    "common": {
        "path_prefix": "str",
        "replication_factor": "int",
        "instance_addr": "str",
        "persist_tokens": "bool",
        "compactor_address": "str",
        "compactor_grpc_address": "str",
        "ring": _RING,
        "storage": {"s3": _S3, "filesystem": {"chunks_directory": "str", "rules_directory": "str"}},
    },
    "memberlist": {
        "node_name": "str",
        "advertise_addr": "str",
        "advertise_port": "int",
        "bind_addr": ["str"],
        "bind_port": "int",
        "cluster_label": "str",
        "join_members": ["str"],
        "abort_if_cluster_join_fails": "bool",
        "min_join_backoff": "duration",
        "max_join_backoff": "duration",
        "max_join_retries": "int",
        "rejoin_interval": "duration",
        "left_ingesters_timeout": "duration",
        "leave_timeout": "duration",
    },
    "schema_config": {
        "configs": [
            {
                "from": "str",
                "store": "str",
                "object_store": "str",
                "schema": "str",
                "index": {"prefix": "str", "period": "duration", "path_prefix": "str"},
            }
        ]
    },
    "storage_config": {
        "filesystem": {"directory": "str"},
        "tsdb_shipper": {
            "active_index_directory": "str",
            "cache_location": "str",
            "cache_ttl": "duration",
            "index_gateway_client": {
                "server_address": "str",
                "log_gateway_requests": "bool",
                "grpc_client_config": _GRPC_CLIENT,
            },
        },
    },
    "chunk_store_config": {"chunk_cache_config": _CACHE},
    "distributor": {"ring": _OWN_RING},
    "ingester": {
        "autoforget_unhealthy": "bool",
        "chunk_block_size": "bytes",
        "chunk_encoding": "str",
        "chunk_idle_period": "duration",
        "chunk_retain_period": "duration",
        "chunk_target_size": "bytes",
        "concurrent_flushes": "int",
        "flush_op_timeout": "duration",
        "max_chunk_age": "duration",
        "query_store_max_look_back_period": "duration",
        "wal": {
            "enabled": "bool",
            "dir": "str",
            "checkpoint_duration": "duration",
            "flush_on_shutdown": "bool",
            "replay_memory_ceiling": "bytes",
            "disk_full_threshold": "float",
        },
        "lifecycler": {
            "ring": {
                "kvstore": _KVSTORE,
                "heartbeat_timeout": "duration",
                "replication_factor": "int",
                "zone_awareness_enabled": "bool",
            },
            "address": "str",
            "availability_zone": "str",
            "final_sleep": "duration",
            "heartbeat_period": "duration",
            "join_after": "duration",
            "min_ready_duration": "duration",
            "num_tokens": "int",
            "observe_period": "duration",
            "tokens_file_path": "str",
            "unregister_on_shutdown": "bool",
        },
    },
    "ingester_client": {"remote_timeout": "duration", "grpc_client_config": _GRPC_CLIENT},
    "querier": {
        "max_concurrent": "int",
        "query_ingesters_within": "duration",
        "tail_max_duration": "duration",
        "engine": {"max_look_back_period": "duration"},
    },
    "query_range": {
        "align_queries_with_step": "bool",
        "cache_results": "bool",
        "results_cache": _CACHED_RESULTS,
        "cache_index_stats_results": "bool",
        "index_stats_results_cache": _CACHED_RESULTS,
        "cache_volume_results": "bool",
        "volume_results_cache": _CACHED_RESULTS,
        "cache_instant_metric_results": "bool",
        "cache_label_results": "bool",
        "cache_series_results": "bool",
        "max_retries": "int",
        "parallelise_shardable_queries": "bool",
    },
    "query_scheduler": {
        "max_outstanding_requests_per_tenant": "int",
        "use_scheduler_ring": "bool",
        "scheduler_ring": _RING,
        "grpc_client_config": _GRPC_CLIENT,
    },
    "frontend": {
        "compress_responses": "bool",
        "encoding": "str",
        "log_queries_longer_than": "duration",
        "max_outstanding_per_tenant": "int",
        "scheduler_address": "str",
        "tail_proxy_url": "str",
        "grpc_client_config": _GRPC_CLIENT,
    },
    "frontend_worker": {"frontend_address": "str", "scheduler_address": "str", "grpc_client_config": _GRPC_CLIENT},
    "index_gateway": {"mode": "str", "ring": _RING},
    "compactor": {
        "compaction_interval": "duration",
        "apply_retention_interval": "duration",
        "compactor_ring": _RING,
        "delete_request_cancel_period": "duration",
        "delete_request_store": "str",
        "max_compaction_parallelism": "int",
        "retention_delete_delay": "duration",
        "retention_delete_worker_count": "int",
        "retention_enabled": "bool",
        "working_directory": "str",
    },
    "limits_config": _LIMITS,
    "ruler": {
        "alertmanager_client": {
            "basic_auth_username": "str",
            "basic_auth_password": "str",
            "type": "str",
            "credentials": "str",
            "credentials_file": "str",
        },
        "alertmanager_refresh_interval": "duration",
        "alertmanager_url": "str",
        "datasource_uid": "str",
        "enable_alertmanager_discovery": "bool",
        "enable_alertmanager_v2": "bool",
        "enable_api": "bool",
        "enable_sharding": "bool",
        "evaluation": {"mode": "str", "max_jitter": "duration", "query_frontend": {"address": "str"}},
        "evaluation_interval": "duration",
        "external_labels": "labels",
        "external_url": "str",
        "for_grace_period": "duration",
        "for_outage_tolerance": "duration",
        "notification_queue_capacity": "int",
        "notification_timeout": "duration",
        "poll_interval": "duration",
        "resend_delay": "duration",
        "ring": _OWN_RING,
        "rule_path": "str",
        "sharding_algo": "str",
        "sharding_strategy": "str",
        "storage": {"type": "str", "local": {"directory": "str"}, "s3": _S3},
        "wal": {"dir": "str", "truncate_frequency": "duration", "min_age": "duration", "max_age": "duration"},
    },
    "runtime_config": {"file": "str", "period": "duration"},
    "pattern_ingester": {"enabled": "bool"},
}


def verify_config(file: Path) -> None:
    """Check a configuration; raises AssertionError that names every setting at fault."""
    config = yaml.safe_load(file.read_text())
    faults = list(_misfits(config, _SETTINGS, "")) or list(_contradictions(config))
    assert not faults, f"{file}:\n" + "\n".join(faults)


def check_rules(*files: Path) -> str:
    """Check rule files and return a report; raises AssertionError that names every rule at fault.

    An expression is checked for its grammar only: a regular expression or a template inside one is not read.
    """
    rules = [(file, rule) for file in files for rule in _rules(file)]
    expressions = [str(rule["expr"]) for _, rule in rules]
    faults = [
        f"{file}: {_name(rule)}: not LogQL from {expression[at:]!r}: {expression}"
        for (file, rule), expression, at in zip(rules, expressions, _grammar_faults(expressions), strict=True)
        if at is not None
    ]
    assert not faults, "\n".join(faults)
    return f"{len(rules)} rules found"


def _misfits(value: Any, kind: Kind, where: str) -> Iterator[str]:
    """Yield what is unknown or of another kind."""
    if isinstance(kind, str):
        if not _CHECKS[kind](value):
            yield f"{where}: {value!r} is no {kind}"
    elif isinstance(kind, list):
        if not isinstance(value, list):
            yield f"{where}: {value!r} is no list"
            return
        for number, item in enumerate(value):
            yield from _misfits(item, kind[0], f"{where}[{number}]")
    elif not isinstance(value, dict):
        yield f"{where}: {value!r} has no settings"
    else:
        for name, below in value.items():
            path = f"{where}.{name}" if where else str(name)
            if name in kind:
                yield from _misfits(below, kind[name], path)
            else:
                yield f"{path}: unknown setting"


def _contradictions(config: dict[str, Any]) -> Iterator[str]:
    """Yield the faults between settings for which Loki does not start."""
    periods = config.get("schema_config", {}).get("configs", [])
    limits = config.get("limits_config", {})
    compactor = config.get("compactor", {})
    storages = sorted(config.get("common", {}).get("storage", {}))
    if not periods:
        yield "schema_config.configs: no period"
        return
    if len(storages) > 1:
        yield f"common.storage: only one storage may be set, not {storages}"
    for number, period in enumerate(periods):
        where = f"schema_config.configs[{number}]"
        if period["store"] == "tsdb" and period["index"]["period"] != "24h":
            yield f"{where}.index.period: tsdb needs 24h"
        if storages and period["object_store"] != storages[0]:
            yield f"{where}.object_store: {period['object_store']} is not the common storage {storages[0]}"
    active = periods[-1]
    if limits.get("allow_structured_metadata", True) and (active["store"], active["schema"]) != ("tsdb", "v13"):
        yield "limits_config.allow_structured_metadata: needs store tsdb and schema v13"
    if compactor.get("retention_enabled") and not compactor.get("delete_request_store"):
        yield "compactor.delete_request_store: must be set when retention_enabled is"
    if limits.get("retention_period") and not compactor.get("retention_enabled"):
        yield "limits_config.retention_period: nothing is deleted without compactor.retention_enabled"


def _rules(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the rules of a file, which has the form of Prometheus's."""
    for group in yaml.safe_load(file.read_text())["groups"]:
        assert group.get("name"), f"{file}: a group has no name"
        for rule in group["rules"]:
            known = {"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"}
            assert set(rule) <= known, f"{file}: {_name(rule)}: unknown {sorted(set(rule) - known)}"
            assert ("alert" in rule) != ("record" in rule), f"{file}: {rule}: neither an alert nor a record, or both"
            yield rule


def _name(rule: dict[str, Any]) -> str:
    return str(rule.get("alert") or rule.get("record"))


def _grammar_faults(expressions: list[str]) -> list[int | None]:
    """Return for each expression where it stops being LogQL, or None."""
    node = shutil.which("node")
    if node is None:
        binaries.missing("Node is not installed; LogQL was not checked")
    program = binaries.find_data("loki/logql.mjs")
    done = subprocess.run(
        [node, str(program)], input=json.dumps(expressions), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"{program} exited {done.returncode}:\n{done.stderr}"
    faults: list[int | None] = json.loads(done.stdout)
    return faults
