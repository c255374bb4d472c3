"""What the service does without being asked: it consumes its queue, runs its job, delivers data, follows the chain."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from examples.service import correlation
from examples.service.batch import INTERVAL_S
from examples.service.state import State

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Loop:
    """Something that is done again and again: its name, what it is, the seconds between two of it, and whether each is
    a trace of its own."""

    name: str
    step: Callable[[], Awaitable[None]]
    every: float
    traced: bool = True


def loops(state: State) -> Sequence[Loop]:
    """All of them."""
    return (
        Loop("consume orders", state.orders.consume, 1, traced=False),
        Loop("sales report", state.report.run, INTERVAL_S),
        Loop("deliver sensor readings", state.pipeline.deliver, 10),
        Loop("sync blocks", state.chain.sync, 5),
        Loop("evaluate predictions", state.models.evaluate, 60),
        Loop("collect users", _collecting(state), 15, traced=False),
        Loop("probe dependencies", state.health.probe, 10, traced=False),
        Loop("measure resources", state.resources.sample, 5, traced=False),
        Loop("carry burdens", state.burdens.carry, 1, traced=False),
    )


class Worker:
    """Runs the loops. One that fails tells so and goes on."""

    def __init__(self, state: State) -> None:
        self._kit, self._loops = state.kit, loops(state)

    async def round(self) -> None:
        """One step of each."""
        for loop in self._loops:
            await self._step(loop)

    async def run(self) -> None:
        """All of them, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for loop in self._loops:
                group.create_task(self._repeat(loop))

    async def _repeat(self, loop: Loop) -> None:
        while True:
            await self._step(loop)
            await asyncio.sleep(loop.every)

    async def _step(self, loop: Loop) -> None:
        with self._kit.work(loop.name) if loop.traced else correlation.under(correlation.new()):
            try:
                await loop.step()
            except Exception:
                logger.exception("%s failed", loop.name)


def _collecting(state: State) -> Callable[[], Awaitable[None]]:
    async def collect() -> None:
        state.users.collect()

    return collect
