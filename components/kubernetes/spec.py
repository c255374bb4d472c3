"""What a workload runs, reads, keeps, serves and calls: all that a component says of it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from components.kubernetes import network
from components.kubernetes.secrets import SecretFile
from components.kubernetes.sizes import Resources
from components.naming import content_name
from components.versions import Image

NOBODY = 65534


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
class Volume:
    """A persistent volume for each replica; size in bytes."""

    path: str
    size: int
    storage_class: str | None


@dataclass(frozen=True)
class HostAccess:
    """What a host agent needs of its node, and why no less will do."""

    reason: str
    mounts: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class WorkloadSpec:
    """One program of the stack: what it runs, reads, keeps, serves and calls."""

    name: str
    namespace: str
    kind: Literal["Deployment", "StatefulSet", "DaemonSet"]
    image: Image
    args: Sequence[str]
    resources: Resources
    port: int
    ready: str
    live: str
    replicas: int = 1
    peer_port: int | None = None
    user: int = NOBODY
    config: Sequence[ConfigFiles] = ()
    secrets: Sequence[SecretFile] = ()
    scratch: Sequence[str] = ()
    volume: Volume | None = None
    host: HostAccess | None = None
    uses_kubernetes_api: bool = False
    uses_pod_name: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    sticky: bool = False
    calls: Sequence[network.Call] = ()
    admits: Sequence[network.Admit] = ()
