"""What a stack asks of its cluster: CPU, memory and disk, by what runs once and by what runs on every node."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from components.kubernetes.spec import WorkloadSpec


@dataclass(frozen=True)
class Footprint:
    """Requests of some pods: cores, bytes of memory, bytes of persistent volumes."""

    pods: int = 0
    cores: float = 0.0
    memory: float = 0.0
    disk: float = 0.0

    def __add__(self, other: Footprint) -> Footprint:
        return Footprint(
            self.pods + other.pods,
            self.cores + other.cores,
            self.memory + other.memory,
            self.disk + other.disk,
        )

    def __str__(self) -> str:
        disk = f", {self.disk / 2**30:,.0f} GiB of disk" if self.disk else ""
        return f"{self.pods} pods with {self.cores:.1f} cores and {self.memory / 2**30:.1f} GiB of memory{disk}"


def of_cluster(workloads: Sequence[WorkloadSpec]) -> Footprint:
    """What runs a fixed number of times; where that number follows the load, at its least. Jobs are left out."""
    placed = [spec for spec in workloads if spec.kind in ("Deployment", "StatefulSet")]
    return sum((_of(spec, spec.replicas) for spec in placed), Footprint())


def of_node(workloads: Sequence[WorkloadSpec]) -> Footprint:
    """What runs on every node."""
    return sum((_of(spec, 1) for spec in workloads if spec.kind == "DaemonSet"), Footprint())


def _of(spec: WorkloadSpec, pods: int) -> Footprint:
    cores = sum(_cores(program.resources.cpu) for program in spec.programs)
    memory = sum(_bytes(program.resources.memory) for program in spec.programs)
    disk = spec.volume.size if spec.volume and spec.kind == "StatefulSet" else 0
    return Footprint(pods, cores * pods, memory * pods, disk * pods)


def _cores(text: str) -> float:
    return float(text.removesuffix("m")) / 1000 if text.endswith("m") else float(text)


def _bytes(text: str) -> float:
    return float(text[:-2]) * {"Mi": 2**20, "Gi": 2**30}[text[-2:]]
