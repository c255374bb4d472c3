"""Health: whether the service runs, what it depends on, and whether it should be sent requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from examples.service.dependencies import reach
from examples.service.faults import DEPENDENCIES
from examples.service.kit import Kit

Status = Literal["healthy", "degraded", "unhealthy"]

TIMEOUT_S = 0.05
"""Of each check, all of which run at once: half of the 100 ms in which aitbc-observability-plan wants an answer."""
REQUIRED = frozenset({"database", "redis"})
"""Without these no request can be answered well. Without an outside provider or a model most can: taking every instance
out of rotation for it would turn a part that fails into an outage."""


Answer = tuple[str, float]


@dataclass(frozen=True)
class Check:
    """A question to a dependency; it raises where the answer is bad."""

    name: str
    ask: Callable[[], Awaitable[None]]
    required: bool


@dataclass(frozen=True)
class Result:
    """How a check ended, and after how many seconds."""

    name: str
    status: Status
    message: str
    duration: float


@dataclass(frozen=True)
class Report:
    """All the results."""

    checks: Sequence[Result]

    @property
    def failed(self) -> list[str]:
        """Names of the dependencies that did not answer well."""
        return [check.name for check in self.checks if check.status != "healthy"]

    @property
    def status(self) -> Status:
        """The worst of the results."""
        found = {check.status for check in self.checks}
        return "unhealthy" if "unhealthy" in found else "degraded" if "degraded" in found else "healthy"


class Health:
    """Asks the dependencies and tells the metric `dependency_up` what they say."""

    def __init__(self, kit: Kit, checks: Sequence[Check] | None = None) -> None:
        self._up = kit.metrics.process.dependency_up
        self._checks = checks if checks is not None else [_reaching(kit, name) for name in DEPENDENCIES]

    async def report(self) -> Report:
        """Ask all at once. A check that is late is left behind: not even one that cannot be stopped is waited for."""
        start = time.perf_counter()
        tasks = {check.name: asyncio.ensure_future(_timed(check, start)) for check in self._checks}
        if tasks:
            await asyncio.wait(tasks.values(), timeout=TIMEOUT_S)
        results = [self._result(check, tasks[check.name]) for check in self._checks]
        for result in results:
            self._up.labels(dependency=result.name).set(result.status == "healthy")
        return Report(results)

    async def probe(self) -> None:
        """Ask for the sake of the metric."""
        await self.report()

    def _result(self, check: Check, task: asyncio.Task[Answer]) -> Result:
        bad: Status = "unhealthy" if check.required else "degraded"
        if task.done():
            complaint, duration = task.result()
            return Result(check.name, bad if complaint else "healthy", complaint or "OK", duration)
        task.cancel()
        return Result(check.name, bad, f"no answer within {TIMEOUT_S * 1000:g} ms", TIMEOUT_S)


async def _timed(check: Check, start: float) -> Answer:
    """What is wrong, if anything, and the seconds it took to say so."""
    try:
        await check.ask()
    except Exception as error:  # noqa: BLE001 - whatever a dependency's client raises is a bad answer
        return f"{type(error).__name__}: {error}", time.perf_counter() - start
    return "", time.perf_counter() - start


def _reaching(kit: Kit, name: str) -> Check:
    return Check(name, lambda: reach(kit, name), required=name in REQUIRED)
