"""What the service depends on. Nothing real: each is as well as the faults let it be."""

from __future__ import annotations

import asyncio

from examples.service.kit import Kit


class DependencyDown(Exception):
    """A dependency that does not answer."""


async def reach(kit: Kit, name: str) -> None:
    """Wait for the dependency's answer. Raises DependencyDown where it gives none."""
    await asyncio.sleep(kit.faults.value("dependency_hang"))
    if kit.faults.value(f"{name}_down"):
        raise DependencyDown(f"{name} does not answer")
