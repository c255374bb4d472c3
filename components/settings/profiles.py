"""Defaults of each environment profile and of each size. What a stack file sets wins over these, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.settings.kubernetes import Size
from components.settings.model import Environment

Defaults = Mapping[str, Mapping[str, Any]]

# Every trace is begun, and chosen once it is gathered (docs/decisions/0015): of a share of the beginnings a share would
# be left, and of the failed ones only those that happened to be begun.
#
# Staging is production in small: the same shapes, half the numbers, and remediation that only says what it would do.
PROFILES: Mapping[Environment, Defaults] = {
    Environment.DEV: {
        "aws": {"log_retention": "7d"},
        "kubernetes": {"size": "small"},
        "prometheus": {"replicas": 1, "retention": "3d"},
        "thanos": {"enabled": False, "retention": {"raw": "14d", "five_minutes": "30d", "one_hour": "90d"}},
        "alertmanager": {"replicas": 1},
        "loki": {"enabled": True, "retention": "3d"},
        "jaeger": {
            "enabled": True,
            "storage": "badger",
            "replicas": 1,
            "retention": "2d",
            "sampling": {"default": "100%"},
        },
        "opentelemetry": {"enabled": True, "replicas": 1, "keep": {"slower_than": "1s", "share": "100%"}},
        "exporters": {"cloudwatch": False},
        "elastic": {"retention": "3d"},
        "mesh": {"sampling": "100%"},
        "remediation": {"mode": "off"},
    },
    Environment.STAGING: {
        "aws": {"log_retention": "30d"},
        "kubernetes": {"size": "small"},
        "prometheus": {"replicas": 1, "retention": "7d"},
        "thanos": {"enabled": False, "retention": {"raw": "30d", "five_minutes": "90d", "one_hour": "180d"}},
        "alertmanager": {"replicas": 1},
        "loki": {"enabled": True, "retention": "7d"},
        "jaeger": {
            "enabled": True,
            "storage": "badger",
            "replicas": 1,
            "retention": "3d",
            "sampling": {"default": "100%"},
        },
        "opentelemetry": {"enabled": True, "replicas": 1, "keep": {"slower_than": "1s", "share": "50%"}},
        "exporters": {"cloudwatch": False},
        "elastic": {"retention": "7d"},
        "mesh": {"sampling": "50%"},
        "remediation": {"mode": "dry_run"},
    },
    Environment.PROD: {
        "aws": {"log_retention": "90d"},
        "kubernetes": {"size": "medium"},
        "prometheus": {"replicas": 2, "retention": "15d"},
        "thanos": {"enabled": True, "retention": {"raw": "30d", "five_minutes": "180d", "one_hour": "730d"}},
        "alertmanager": {"replicas": 3},
        "loki": {"enabled": True, "retention": "30d"},
        "jaeger": {
            "enabled": True,
            "storage": "opensearch",
            "replicas": 2,
            "retention": "7d",
            "sampling": {"default": "100%"},
        },
        "opentelemetry": {"enabled": True, "replicas": 3, "keep": {"slower_than": "1s", "share": "10%"}},
        "exporters": {"cloudwatch": False},
        "elastic": {"retention": "7d"},
        "mesh": {"sampling": "10%"},
        "remediation": {"mode": "dry_run"},
    },
}

# Reckoned from what each size is meant for, and rounded up: components/settings/capacity.py.
SIZES: Mapping[Size, Defaults] = {
    Size.SMALL: {
        "prometheus": {"volume": "20GiB"},
        "thanos": {"volume": "32GiB"},
        "alertmanager": {"volume": "1GiB"},
        "grafana": {"volume": "2GiB"},
        "loki": {"volume": "20GiB"},
        "jaeger": {"volume": "20GiB"},
        "opentelemetry": {"volume": "2GiB"},
        "elastic": {"volume": "30GiB"},
    },
    Size.MEDIUM: {
        "prometheus": {"volume": "200GiB"},
        "thanos": {"volume": "310GiB"},
        "alertmanager": {"volume": "2GiB"},
        "grafana": {"volume": "10GiB"},
        "loki": {"volume": "50GiB"},
        "jaeger": {"volume": "100GiB"},
        "opentelemetry": {"volume": "10GiB"},
        "elastic": {"volume": "700GiB", "replicas": 3},
    },
    Size.LARGE: {
        "prometheus": {"volume": "500GiB", "shards": 4},
        "thanos": {"volume": "760GiB"},
        "alertmanager": {"volume": "2GiB"},
        "grafana": {"volume": "10GiB"},
        "loki": {"volume": "100GiB"},
        "jaeger": {"volume": "100GiB"},
        "opentelemetry": {"volume": "20GiB"},
        "elastic": {"volume": "3.5TiB", "replicas": 6},
    },
}


def with_defaults(environment: Environment, written: Mapping[str, Any]) -> dict[str, Any]:
    """`written` with the defaults of the profile and of the size beneath it; a section that is no mapping is left for
    validation."""
    profile = PROFILES[environment]
    kubernetes = written.get("kubernetes")
    size = kubernetes.get("size") if isinstance(kubernetes, Mapping) else None
    # A size that is none is told of by validation; until then any will do.
    known = size if size in list(Size) else profile["kubernetes"]["size"]
    return _merged(_merged(SIZES[Size(known)], profile), written)


def _merged(beneath: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = {**beneath, **above}
    for key in beneath.keys() & above.keys():
        if isinstance(beneath[key], Mapping) and isinstance(above[key], Mapping):
            merged[key] = _merged(beneath[key], above[key])
    return merged
