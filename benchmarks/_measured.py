"""Times commands as a person at a prompt would, and counts what they rendered."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
VIGIL = Path(sys.executable).with_name("vigil")
BUSY_FACTOR = 0.25
"""Waiting for a core beyond this share of the CPU time means that something else was using the cores."""

_COUNTED = ("kubernetes:", "aws:", "pulumi:providers:")


@dataclass(frozen=True)
class Run:
    """One run of a command: what passed on the clock and what it used of the processor, in seconds."""

    wall: float
    user: float
    system: float

    @property
    def cpu(self) -> float:
        """Seconds of processor time, its own and the system's for it."""
        return self.user + self.system


@dataclass(frozen=True)
class Runs:
    """Several runs of one command."""

    each: Sequence[Run]

    @property
    def wall(self) -> float:
        """Median time on the clock, in seconds."""
        return statistics.median(run.wall for run in self.each)

    @property
    def fastest(self) -> float:
        """Shortest time on the clock, in seconds."""
        return min(run.wall for run in self.each)

    @property
    def user(self) -> float:
        """Median user CPU time, in seconds."""
        return statistics.median(run.user for run in self.each)

    @property
    def least_cpu(self) -> float:
        """Least CPU time (user and system), in seconds: noise only ever adds to it."""
        return min(run.cpu for run in self.each)

    @property
    def disturbed(self) -> bool:
        """Whether the typical run waited for a core, so that its time on the clock says little of the command."""
        return statistics.median(run.wall - run.cpu for run in self.each) > BUSY_FACTOR * self.least_cpu


def timed(command: Sequence[str | Path], folder: Path = ROOT) -> Run:
    """Runs the command in that folder, its output thrown away. Raises RuntimeError with its complaint if it fails."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return Run(wall, after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime)


def preview(project: Path, output: Path) -> list[str | Path]:
    """The command that renders the project's prod stack below `output`."""
    return [VIGIL, "preview", "--stack", "prod", "--project", project, "--output", output]


def resources(output: Path) -> int:
    """How many resources the prod stack below `output` would deploy, counted as `vigil preview` counts them."""
    plan: Mapping[str, Any] = json.loads((output / "prod" / "plan.json").read_text(encoding="utf-8"))
    return sum(1 for each in plan["resources"] if each["type"].startswith(_COUNTED))


def machine() -> str:
    """The cores that this process may use, and how many processes wanted one over the last minute."""
    return f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f}"
