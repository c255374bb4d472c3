"""What the process uses of the machine."""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from examples.service.kit import Kit

CGROUP_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def cores(quota: Path = CGROUP_QUOTA) -> float:
    """How many cores the process may use: its container's limit where there is one, else those that it may run on."""
    allowed = float(len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else float(os.cpu_count() or 1)
    if quota.is_file():
        most, period = quota.read_text(encoding="ascii").split()
        if most != "max":
            return min(allowed, int(most) / int(period))
    return allowed


class ResourceMonitor:
    """Measures this process. Its CPU is a share of what it may use, so that 80 % means the same in every container."""

    def __init__(self, kit: Kit) -> None:
        self._metrics, self._process, self._cores = kit.metrics.process, psutil.Process(), cores()
        self._process.cpu_percent()  # the first says 0: there is nothing before it to compare with

    async def sample(self) -> None:
        """Measure, over the time since the last sample."""
        self._metrics.cpu.set(self._process.cpu_percent() / self._cores)
        self._metrics.memory.set(self._process.memory_info().rss)
