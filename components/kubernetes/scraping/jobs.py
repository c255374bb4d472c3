"""What scrape jobs have in common."""

from __future__ import annotations

from typing import Any

from alert_rules.quantities import Quantity, seconds_text

Job = dict[str, Any]

SHARD = "__tmp_shard"
"""A label for the time of relabelling alone."""

LONGEST_TIMEOUT = 10.0
"""Seconds; Prometheus' own default for a scrape."""


def timeout_of(interval: Quantity, timeout: Quantity | None) -> float:
    """Seconds after which a scrape is given up: the one set, else the interval, at most 10."""
    return timeout.value if timeout else min(interval.value, LONGEST_TIMEOUT)


def timing(interval: float, timeout: float) -> Job:
    """How often and how long a job scrapes, from seconds."""
    return {"scrape_interval": seconds_text(interval), "scrape_timeout": seconds_text(timeout)}


def unlimited() -> Job:
    """For jobs of the cluster's own exporters, whose samples grow with the cluster and cannot be too many."""
    return {"sample_limit": 0, "scrape_timeout": "15s"}


def label(name: str, value: str) -> Job:
    """A relabelling rule that sets a label to a fixed value."""
    return {"target_label": name, "replacement": value}


def copy(source: str, target: str) -> Job:
    """A relabelling rule that copies one label to another."""
    return {"source_labels": [source], "target_label": target}


def keep(source: str, regex: str) -> Job:
    """A relabelling rule that keeps those targets alone whose label matches."""
    return {"source_labels": [source], "action": "keep", "regex": regex}


def drop(source: str, regex: str) -> Job:
    """A relabelling rule that drops the targets whose label matches."""
    return {"source_labels": [source], "action": "drop", "regex": regex}


def hashed(sources: list[str], total: int) -> Job:
    """A relabelling rule that notes which of `total` shards a target is of, by a hash of some labels, as SHARD."""
    return {"source_labels": sources, "modulus": total, "target_label": SHARD, "action": "hashmod"}


def only_of_shard(sources: list[str], index: int, total: int) -> list[Job]:
    """Relabelling rules that leave each of `total` shards its own part of the targets, by a hash of some labels."""
    if total == 1:
        return []
    return [
        hashed(sources, total),
        keep(SHARD, str(index)),
    ]
