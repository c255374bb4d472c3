"""What a workload runs, reads, keeps, serves and calls: all that a component says of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from components.access import AwsAccess
from components.kubernetes import network
from components.kubernetes.secrets import SecretDirectory, SecretFile
from components.kubernetes.sizes import Resources
from components.naming import content_name
from components.versions import Image

NOBODY = 65534

METRICS = "http-metrics"
"""Name of a port that answers /metrics to Prometheus; a sidecar's is this with a suffix, since names are the pod's."""


@dataclass(frozen=True)
class ConfigFiles:
    """Files mounted into a directory. A program that watches its files gets them `live`, in place; for any other they
    are immutable and named by their content, so that new content rolls the pods."""

    directory: str
    files: Mapping[str, str | bytes]
    live: bool = False
    name: str = "config"

    def object_name(self, workload: str) -> str:
        """The name of the ConfigMap that holds the files for a workload."""
        base = f"{workload}-{self.name}"
        return base if self.live else content_name(base, self.data)

    @property
    def data(self) -> dict[str, dict[str, str]]:
        """The files as a ConfigMap holds them: text as `data`, bytes as `binaryData`, by key."""
        text = {_key(path): content for path, content in sorted(self.files.items()) if isinstance(content, str)}
        binary = {
            _key(path): base64.b64encode(content).decode()
            for path, content in sorted(self.files.items())
            if isinstance(content, bytes)
        }
        return {name: values for name, values in (("data", text), ("binaryData", binary)) if values}

    @property
    def items(self) -> list[dict[str, str]]:
        """The paths of files in subdirectories, which a ConfigMap's keys cannot spell; none where there are none."""
        nested = any("/" in path for path in self.files)
        return [{"key": _key(path), "path": path} for path in sorted(self.files)] if nested else []


def _key(path: str) -> str:
    return path.replace("/", ".")


@dataclass(frozen=True)
class Port:
    """A port that a container listens on."""

    name: str
    number: int
    protocol: Literal["TCP", "UDP"] = "TCP"

    @property
    def for_metrics(self) -> bool:
        """Whether it answers /metrics to Prometheus."""
        return self.name.startswith(METRICS)


@dataclass(frozen=True)
class Probe:
    """How a container is asked whether it is well: an HTTP path, or whether the port takes a connection at all."""

    port: str
    path: str | None = None


@dataclass(frozen=True)
class Volume:
    """A persistent volume for each replica; size in bytes."""

    path: str
    size: int
    storage_class: str | None


@dataclass(frozen=True)
class HostAccess:
    """What a host agent needs of its node, and why no less will do. `mounts` (path on the node → path in the container)
    are read-only, `writable` are not; `root` reads what only root may read, without any capability of root's."""

    reason: str
    mounts: Mapping[str, str]
    writable: Mapping[str, str] = field(default_factory=dict)
    network: bool = False
    root: bool = False


@dataclass(frozen=True)
class Autoscale:
    """Between how many replicas a workload is kept, by its CPU use in per cent of its request."""

    least: int
    most: int
    cpu_percent: int = 70


@dataclass(frozen=True, kw_only=True)
class Program:
    """One container: what it runs, how it is asked whether it is well, what it reads.

    `scratch` maps a directory to the most that may be written there (`256Mi`); it is lost with the pod. `pod_fields`
    maps a variable to the pod's field that it holds. A program without ports runs to its end.
    """

    name: str
    image: Image
    resources: Resources
    command: Sequence[str] = ()
    args: Sequence[str] = ()
    ports: Sequence[Port] = ()
    ready: Probe | None = None
    live: Probe | None = None
    config: Sequence[ConfigFiles] = ()
    secrets: Sequence[SecretFile | SecretDirectory] = ()
    scratch: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    pod_fields: Mapping[str, str] = field(default_factory=dict)
    reads_volume: bool = False

    @property
    def is_scraped(self) -> bool:
        """Whether Prometheus reads metrics of it."""
        return any(port.for_metrics for port in self.ports)


@dataclass(frozen=True, kw_only=True)
class WorkloadSpec(Program):
    """One workload of the stack: its main program, those beside it (`sidecars`) and those that run to their end before
    it (`prepared_by`), and all that is needed around them.

    `finds_peers` is for replicas that must know each other before any of them is ready; `headless` gives the pods names
    of their own where the kind does not. `shared` maps a directory to the most that may be written there: what one
    container prepares for the others, each of which finds it at the same place. It is in memory, so that a secret among
    it is on no disk.
    """

    namespace: str
    kind: Literal["Deployment", "StatefulSet", "DaemonSet", "CronJob"]
    replicas: int = 1
    autoscale: Autoscale | None = None
    schedule: str | None = None
    sidecars: Sequence[Program] = ()
    prepared_by: Sequence[Program] = ()
    shared: Mapping[str, str] = field(default_factory=dict)
    user: int = NOBODY
    volume: Volume | None = None
    host: HostAccess | None = None
    uses_kubernetes_api: bool = False
    sticky: bool = False
    headless: bool = False
    finds_peers: bool = False
    grace_seconds: int = 30
    aws: Sequence[AwsAccess] = ()
    calls: Sequence[network.Call] = ()
    admits: Sequence[network.Admit] = ()

    @property
    def programs(self) -> tuple[Program, ...]:
        """Every container that serves, the main one first."""
        return (self, *self.sidecars)

    @property
    def every_program(self) -> tuple[Program, ...]:
        """Every container of the pod."""
        return (*self.programs, *self.prepared_by)

    @property
    def every_port(self) -> tuple[Port, ...]:
        """The ports of all its containers."""
        return tuple(port for program in self.programs for port in program.ports)

    @property
    def metrics_ports(self) -> tuple[int, ...]:
        """Numbers of the ports that Prometheus reads."""
        return tuple(port.number for port in self.every_port if port.for_metrics)

    @property
    def several(self) -> bool:
        """Whether more than one replica runs, now or under load."""
        return self.kind in ("Deployment", "StatefulSet") and (self.replicas > 1 or self.autoscale is not None)
