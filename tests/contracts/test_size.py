"""A thousand services fit where Kubernetes keeps their configuration."""

from __future__ import annotations

from typing import Any

from alert_rules import yaml12
from components.kubernetes import prometheus
from components.kubernetes.shards import Shard
from components.stack import compile_content
from tests.settings.examples import parsed

LIMIT = 900_000
"""Bytes of a ConfigMap; etcd takes an object of 1 MiB, metadata included."""


def service(index: int) -> dict[str, Any]:
    return {
        "name": f"service-{index:04}",
        "team": f"team-{index // 10:03}",
        "runs_on": {"kubernetes": {"namespace": f"shop-{index % 10}"}},
        "metrics": {"port": 8000 + index % 50, "interval": "10s" if index % 2 else "30s"},
        "probe": {"port": 8000},
        "alerts": {"HighErrorRate": {"threshold": "2%"}} if index % 10 == 0 else {},
    }


def test_rules_and_scraping_of_a_thousand_services_fit_their_config_maps() -> None:
    settings = parsed("prod", services=[service(index) for index in range(1000)], resources=[], maintenance=[])
    rules = sum(len(yaml12.dump(content)) for content in compile_content(settings).rules.files.values())
    scraping = len(yaml12.dump(prometheus.configuration(settings, Shard(0, 1), [])))
    assert 100_000 < rules < LIMIT
    assert 100_000 < scraping < LIMIT
