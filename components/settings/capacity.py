"""What each size of the stack is meant for, and the room that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.settings.kubernetes import Size

DAY = 86400

BYTES_PER_SAMPLE = 1.7
"""On disk, with its index. Prometheus' storage documentation: 1 to 2 bytes a sample."""

SCRAPE_SECONDS = 15
"""Between two samples of a series, by default."""

LOG_COMPRESSION = 5
"""Bytes of log lines in a byte of Loki's chunks and index: reckoned for JSON lines, which snappy makes 5 to 10 times
smaller."""

INDEX_EXPANSION = 1.0
"""Bytes of an Elasticsearch index, in one copy, for a byte of log lines: reckoned, not measured; fields and index add
about what best_compression takes away."""

BYTES_PER_SPAN = 500
"""On disk in Badger, indexes included: reckoned, not measured."""

FILLED = 0.85
"""Share of a volume that may be filled: compaction writes what is new before it removes what is old."""


@dataclass(frozen=True)
class Load:
    """What a size is meant for: series in one Prometheus, bytes of log lines a day, spans a second that are kept, and
    nodes of the cluster."""

    series: int
    log_bytes: int
    spans: int
    nodes: int


LOADS: Mapping[Size, Load] = {
    Size.SMALL: Load(series=100_000, log_bytes=2 * 2**30, spans=50, nodes=5),
    Size.MEDIUM: Load(series=1_000_000, log_bytes=100 * 2**30, spans=2_000, nodes=50),
    Size.LARGE: Load(series=2_500_000, log_bytes=1024 * 2**30, spans=20_000, nodes=500),
}


def bytes_text(value: float) -> str:
    """A number of bytes for people, in whole GiB."""
    return f"{value / 2**30:.0f}GiB"


def least_volume(needed: float) -> str:
    """The volume, for people, that has room for so many bytes when it is as full as it may be."""
    return bytes_text(needed / FILLED + 2**30)


def series_meant(size: Size) -> str:
    """How many series a size is meant for, in words."""
    return f"size {size} is meant for {LOADS[size].series:,} series in one Prometheus"


def logs_meant(size: Size) -> str:
    """How much logs a size is meant for, in words."""
    return f"size {size} is meant for {bytes_text(LOADS[size].log_bytes)} of logs a day"


def metric_bytes(size: Size, seconds: float) -> float:
    """Bytes that one Prometheus writes in so many seconds."""
    return LOADS[size].series / SCRAPE_SECONDS * BYTES_PER_SAMPLE * seconds


def compaction_bytes(size: Size) -> float:
    """Bytes of disk that Thanos' compactor works in: the blocks of two weeks, which it makes one, and that one (Thanos,
    components/compact.md, "Disk")."""
    return 2 * metric_bytes(size, 14 * DAY)


def log_bytes(size: Size, seconds: float) -> float:
    """Bytes that Loki keeps of so many seconds of logs."""
    return LOADS[size].log_bytes / LOG_COMPRESSION * seconds / DAY


def span_bytes(size: Size, seconds: float) -> float:
    """Bytes that Jaeger keeps of so many seconds of traces."""
    return LOADS[size].spans * BYTES_PER_SPAN * seconds


def indexed_bytes(size: Size, seconds: float, copies: int) -> float:
    """Bytes that Elasticsearch keeps, on all its nodes, of so many seconds of logs in so many copies."""
    return LOADS[size].log_bytes * INDEX_EXPANSION * copies * seconds / DAY
