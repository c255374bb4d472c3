"""Which of several Prometheus watches a service: all its instances are on one shard, so that rules see it whole."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from components.settings.model import Settings


@dataclass(frozen=True)
class Shard:
    """One of `total` Prometheus (each a pair where there are replicas), counted from 0."""

    index: int
    total: int

    @property
    def workload(self) -> str:
        """The name of its workload; the first is called as if it were the only one."""
        return f"prometheus-{self.index}" if self.index else "prometheus"

    @property
    def takes_what_is_undivided(self) -> bool:
        """Whether it scrapes what cannot be divided by service: the API server, the gateways, CloudWatch."""
        return self.index == 0

    def has(self, name: str) -> bool:
        """Whether the service of that name is its own. With one shard more, only what moves to it moves."""
        return max(range(self.total), key=lambda index: _weight(name, index)) == self.index

    def of(self, settings: Settings) -> Settings:
        """The settings with those services and addresses alone that it watches."""
        return settings.model_copy(
            update={
                key: tuple(entry for entry in getattr(settings, key) if self.has(entry.name))
                for key in ("services", "targets", "probes")
            }
        )


ALL = Shard(0, 1)
"""What a single Prometheus would watch: everything."""


def shards(settings: Settings) -> Sequence[Shard]:
    """Every shard of the stack; a single one where the services are not divided."""
    first = Shard(0, settings.prometheus.shards)
    return [replace(first, index=index) for index in range(first.total)]


def _weight(name: str, index: int) -> bytes:
    # The highest of a hash for each shard wins (rendezvous hashing).
    return hashlib.sha256(f"{index}/{name}".encode()).digest()
