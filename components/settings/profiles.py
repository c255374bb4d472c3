"""Defaults of each environment profile. What a stack file sets wins over these, key by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components.settings.model import Environment

# Staging is production in small: the same shapes, half the numbers, and remediation that only says what it would do.
PROFILES: Mapping[Environment, Mapping[str, Mapping[str, Any]]] = {
    Environment.DEV: {
        "aws": {"log_retention": "7d"},
        "kubernetes": {"size": "small"},
        "prometheus": {"replicas": 1, "retention": "3d", "volume": "10GiB"},
        "alertmanager": {"replicas": 1, "volume": "1GiB"},
        "grafana": {"volume": "2GiB"},
        "remediation": {"mode": "off"},
    },
    Environment.STAGING: {
        "aws": {"log_retention": "30d"},
        "kubernetes": {"size": "small"},
        "prometheus": {"replicas": 1, "retention": "7d", "volume": "50GiB"},
        "alertmanager": {"replicas": 1, "volume": "1GiB"},
        "grafana": {"volume": "5GiB"},
        "remediation": {"mode": "dry_run"},
    },
    Environment.PROD: {
        "aws": {"log_retention": "90d"},
        "kubernetes": {"size": "medium"},
        "prometheus": {"replicas": 2, "retention": "15d", "volume": "200GiB"},
        "alertmanager": {"replicas": 3, "volume": "2GiB"},
        "grafana": {"volume": "10GiB"},
        "remediation": {"mode": "dry_run"},
    },
}


def with_defaults(environment: Environment, written: Mapping[str, Any]) -> dict[str, Any]:
    """`written` with the profile's defaults beneath it; a section that is no mapping is left for validation."""
    merged = dict(written)
    for section, defaults in PROFILES[environment].items():
        own = written.get(section, {})
        if isinstance(own, Mapping):
            merged[section] = {**defaults, **own}
    return merged
