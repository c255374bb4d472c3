"""A batch job: the report of sales, once a minute."""

from __future__ import annotations

import time

from examples.service.kit import Kit
from examples.service.metrics import Outcome

JOB = "sales-report"
INTERVAL_S = 60


class JobFailed(Exception):
    """A run that did not get to its end."""


class SalesReport:
    """The job. Its last success is unknown until there is one, so that a restart does not look like one."""

    def __init__(self, kit: Kit) -> None:
        self._kit, self._metrics = kit, kit.metrics.background
        self._metrics.interval.labels(job_name=JOB).set(INTERVAL_S)
        self._run = Outcome(self._metrics.runs, self._metrics.run_duration, job_name=JOB)

    async def run(self) -> None:
        """One run. Raises JobFailed."""
        if self._kit.faults.value("job_stuck"):
            return
        with self._run.noted():
            await self._kit.wait(0.5)
            if self._kit.faults.value("job_failing"):
                raise JobFailed(f"{JOB}: no figures of yesterday")
        self._metrics.last_success.labels(job_name=JOB).set(time.time())
