"""What a run of the program declared."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pulumi

MASK = "[secret]"


class Violation(Exception):
    """The program did what a real engine or provider would refuse, or would get wrong silently."""


@dataclass(frozen=True)
class Archive:
    """Files that a resource ships, by their path inside the archive."""

    files: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """SHA-256 over the paths and contents."""
        summed = hashlib.sha256()
        for path, content in sorted(self.files.items()):
            summed.update(path.encode() + b"\0" + hashlib.sha256(content).digest())
        return summed.hexdigest()


@dataclass(frozen=True)
class Resource:
    """One declared resource. `inputs` hold plain values; those at `secret_paths` are secret."""

    urn: str
    type: str
    name: str
    parent: str | None
    provider: str | None
    custom: bool
    inputs: Mapping[str, Any]
    secret_paths: frozenset[tuple[str | int, ...]]
    dependencies: tuple[str, ...] = ()

    @cached_property
    def masked(self) -> Any:
        """The inputs with every secret replaced by a mask."""
        return _masked(self.inputs, (), self.secret_paths)


@dataclass
class Recording:
    """Everything that a run declared, in the order of URNs, and what it exported."""

    resources: list[Resource] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    export_secrets: frozenset[tuple[str | int, ...]] = frozenset()
    warnings: list[str] = field(default_factory=list)
    components: list[pulumi.ComponentResource] = field(default_factory=list, repr=False)
    """The program's own components, as objects: what they hold needs no second run to be known."""

    def of_type(self, token: str) -> Iterator[Resource]:
        """Resources of that type token, or of any under it where it ends in a colon (`kubernetes:`, `aws:sns/`)."""
        prefix = token.endswith((":", "/"))
        return (r for r in self.resources if (r.type.startswith(token) if prefix else r.type == token))

    def named(self, token: str, name: str) -> Resource:
        """The one resource of that type and logical name. Raises KeyError with the names that there are."""
        found = [r for r in self.of_type(token) if r.name == name]
        if len(found) != 1:
            raise KeyError(f"{token} {name!r} is not one of {sorted(r.name for r in self.of_type(token))}")
        return found[0]

    @property
    def masked_exports(self) -> Any:
        """The exports with every secret replaced by a mask."""
        return _masked(self.exports, (), self.export_secrets)


def _masked(value: Any, path: tuple[str | int, ...], secrets: frozenset[tuple[str | int, ...]]) -> Any:
    if not secrets:
        return value
    if path in secrets:
        return MASK
    if isinstance(value, Mapping):
        return {key: _masked(item, (*path, key), secrets) for key, item in value.items()}
    if isinstance(value, list):
        return [_masked(item, (*path, index), secrets) for index, item in enumerate(value)]
    return value
