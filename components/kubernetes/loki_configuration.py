"""loki.yaml for each shape that Loki is run in."""

from __future__ import annotations

from typing import Any

from alert_rules.logql import STREAM_LABELS
from alert_rules.quantities import seconds_text
from alert_rules.timing import LOG_EVALUATION_INTERVAL
from components.kubernetes import alertmanager, object_storage
from components.kubernetes.addresses import address, headless_host, url
from components.kubernetes.timeouts import ANSWER_SECONDS, QUERY_SECONDS
from components.settings.kubernetes import Size
from components.settings.model import Settings

HTTP_PORT, GRPC_PORT, GOSSIP_PORT = 3100, 9095, 7946
DATA = "/loki"
RULES = "/etc/loki/rules"

TENANT = "fake"
"""What Loki calls the one tenant of a Loki without tenants; rule files lie in a directory of that name."""

# Megabytes a second; a storm above these is refused at the door (429, and the collectors' queues wait) instead of
# filling memory and disk. Several times the day's mean of what each size is meant for.
_INGESTION_MB = {Size.SMALL: 4, Size.MEDIUM: 16, Size.LARGE: 64}

LARGEST_PUSH = 2**19
"""Bytes of one push. What is larger than the burst is never taken, however often it is tried; and Loki counts with
every line the attributes of its resource, which a push says once for all of them."""

LARGEST_RESOURCE = 1536
"""Bytes of these attributes: of a push of 20,000 lines of a few bytes, 32 MB are counted."""

_LEAST_BURST_MB = 48

LONGEST_LINE = 256 * 2**10
"""Bytes of a line that are kept; the rest is cut off."""

# A stream is of one service on one node.
_STREAMS = {Size.SMALL: 10_000, Size.MEDIUM: 50_000, Size.LARGE: 200_000}

# Of what is replayed from the write-ahead log, as much is held at a time: well below the container's memory.
_REPLAYED = {Size.SMALL: "256MB", Size.MEDIUM: "2GB", Size.LARGE: "6GB"}


def is_replicated(settings: Settings) -> bool:
    """Whether several instances share a ring and a bucket."""
    return settings.kubernetes.size is not Size.SMALL


def is_divided(settings: Settings) -> bool:
    """Whether each part of Loki is a workload of its own."""
    return settings.kubernetes.size is Size.LARGE


def configuration(settings: Settings, *, evaluates_rules: bool = True) -> dict[str, Any]:
    """loki.yaml: the same for every part of it, but that the ruler alone, where there are rules, is told of them."""
    return {
        "auth_enabled": False,
        "analytics": {"reporting_enabled": False},
        "server": {
            "http_listen_port": HTTP_PORT,
            "grpc_listen_port": GRPC_PORT,
            "log_format": "json",
            "http_server_read_timeout": seconds_text(ANSWER_SECONDS),
            "http_server_write_timeout": seconds_text(ANSWER_SECONDS),
            "grpc_server_max_recv_msg_size": 104857600,
            "grpc_server_max_send_msg_size": 104857600,
        },
        "common": {
            "path_prefix": DATA,
            "instance_addr": "${POD_IP}",
            "replication_factor": 3 if is_replicated(settings) else 1,
            "ring": {"kvstore": {"store": "memberlist" if is_replicated(settings) else "inmemory"}},
            "storage": _storage(settings),
            **_compactor_address(settings),
        },
        **_gossip(settings),
        "schema_config": {
            "configs": [
                {
                    "from": "2026-01-01",
                    "store": "tsdb",
                    "object_store": _store(settings),
                    "schema": "v13",
                    "index": {"prefix": "index_", "period": "24h"},
                }
            ]
        },
        "storage_config": _storage_config(settings),
        "ingester": {"chunk_encoding": "snappy", "wal": _write_ahead_log(settings)},
        "compactor": {
            "working_directory": f"{DATA}/compactor",
            "retention_enabled": True,
            "delete_request_store": _store(settings),
        },
        "limits_config": _limits(settings),
        "query_range": {
            "align_queries_with_step": True,
            "cache_results": True,
            "results_cache": {"cache": {"embedded_cache": {"enabled": True, "max_size_mb": 100}}},
        },
        **_query_path(settings),
        **({"ruler": _ruler(settings)} if evaluates_rules else {}),
    }


def _write_ahead_log(settings: Settings) -> dict[str, Any]:
    ceiling = _REPLAYED[settings.kubernetes.size]
    return {"dir": f"{DATA}/wal", "flush_on_shutdown": True, "replay_memory_ceiling": ceiling}


def _compactor_address(settings: Settings) -> dict[str, str]:
    if not is_divided(settings):
        return {}
    return {"compactor_grpc_address": address(settings, "loki-compactor", GRPC_PORT)}


def _store(settings: Settings) -> str:
    return "s3" if settings.loki.bucket else "filesystem"


def _storage(settings: Settings) -> dict[str, Any]:
    if settings.loki.bucket is None:
        return {"filesystem": {"chunks_directory": f"{DATA}/chunks", "rules_directory": f"{DATA}/rules"}}
    place = object_storage.place(settings)
    # Without keys the SDK's own chain is asked: Pod Identity, or the credentials file.
    elsewhere = {} if place.is_amazon else {"endpoint": place.endpoint, "s3forcepathstyle": True}
    return {"s3": {"bucketnames": settings.loki.bucket, "region": place.region, **elsewhere}}


def _storage_config(settings: Settings) -> dict[str, Any]:
    shipper: dict[str, Any] = {
        "active_index_directory": f"{DATA}/tsdb-index",
        "cache_location": f"{DATA}/tsdb-cache",
    }
    if is_divided(settings):
        gateways = f"dns:///{headless_host(settings, 'loki-index-gateway')}:{GRPC_PORT}"
        shipper["index_gateway_client"] = {"server_address": gateways}
    return {"tsdb_shipper": shipper}


def _gossip(settings: Settings) -> dict[str, Any]:
    if not is_replicated(settings):
        return {}
    first = "loki-ingester" if is_divided(settings) else "loki"
    return {
        "memberlist": {
            "join_members": [f"{headless_host(settings, first)}:{GOSSIP_PORT}"],
            "advertise_addr": "${POD_IP}",
            "bind_port": GOSSIP_PORT,
            # Members come and go with every rollout; one that cannot join yet tries again instead of failing.
            "abort_if_cluster_join_fails": False,
        }
    }


def _query_path(settings: Settings) -> dict[str, Any]:
    if not is_divided(settings):
        return {}
    scheduler = f"{headless_host(settings, 'loki-query-scheduler')}:{GRPC_PORT}"
    return {
        "frontend": {
            "scheduler_address": scheduler,
            "compress_responses": True,
            # Following logs as they come is the queriers' affair.
            "tail_proxy_url": url(settings, "loki-querier", HTTP_PORT),
        },
        "frontend_worker": {"scheduler_address": scheduler},
        "query_scheduler": {"max_outstanding_requests_per_tenant": 32768},
    }


def _limits(settings: Settings) -> dict[str, Any]:
    rate = _INGESTION_MB[settings.kubernetes.size]
    return {
        "retention_period": seconds_text(settings.loki.retention.value),
        "retention_stream": [
            {
                "selector": stream.selector,
                "priority": stream.priority,
                "period": seconds_text(stream.retention.value),
            }
            for stream in settings.loki.streams
        ],
        "ingestion_rate_strategy": "global",
        "ingestion_rate_mb": rate,
        "ingestion_burst_size_mb": max(rate * 2, _LEAST_BURST_MB),
        "per_stream_rate_limit": "5MB",
        "per_stream_rate_limit_burst": f"{_LEAST_BURST_MB}MB",
        "max_global_streams_per_user": _STREAMS[settings.kubernetes.size],
        "max_label_names_per_series": 15,
        "max_line_size": LONGEST_LINE,
        "max_line_size_truncate": True,
        "reject_old_samples": True,
        # As long as an outage of Loki may be without loss of what waits in the queues.
        "reject_old_samples_max_age": "7d",
        "allow_structured_metadata": True,
        "discover_log_levels": True,
        "otlp_config": {
            "resource_attributes": {
                "ignore_defaults": True,
                "attributes_config": [{"action": "index_label", "attributes": list(STREAM_LABELS)}],
            }
        },
        "max_query_length": "31d",
        "max_query_series": 1000,
        "query_timeout": seconds_text(QUERY_SECONDS),
        "split_queries_by_interval": "1h",
        "volume_enabled": True,
    }


def _ruler(settings: Settings) -> dict[str, Any]:
    told = ",".join(f"http://{address}" for address in alertmanager.addresses(settings))
    return {
        "storage": {"type": "local", "local": {"directory": RULES}},
        "rule_path": f"{DATA}/rules-temp",
        "alertmanager_url": told,
        "enable_alertmanager_v2": True,
        "enable_api": True,
        "enable_sharding": is_replicated(settings),
        "evaluation_interval": seconds_text(LOG_EVALUATION_INTERVAL),
        # As Prometheus' own external label: every alert says which environment it is of.
        "external_labels": {"environment": str(settings.environment)},
        "external_url": settings.links.grafana,
    }
