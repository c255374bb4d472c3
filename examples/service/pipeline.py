"""The data pipeline: readings of sensors, in batches, and how good they are."""

from __future__ import annotations

import time

from examples.service.emf import DATA_QUALITY
from examples.service.kit import Kit
from examples.service.metrics import ERROR, SUCCESS

PIPELINE, DATASET = "sensors", "sensor_readings"
_BATCH = 1000
_USUAL_BAD = 0.002


class Pipeline:
    """Delivers a thousand records at a time."""

    def __init__(self, kit: Kit) -> None:
        self._kit, self._metrics = kit, kit.metrics.data
        for status in (SUCCESS, ERROR):
            self._metrics.records.labels(pipeline=PIPELINE, status=status)

    async def deliver(self) -> None:
        """One batch, its bad records counted and left out."""
        if self._kit.faults.value("pipeline_stuck"):
            return
        start = time.perf_counter()
        await self._kit.wait(0.2)
        bad = round(_BATCH * (self._kit.faults.value("data_quality") or _USUAL_BAD))
        quality = 1 - bad / _BATCH
        self._metrics.records.labels(pipeline=PIPELINE, status=SUCCESS).inc(_BATCH - bad)
        self._metrics.records.labels(pipeline=PIPELINE, status=ERROR).inc(bad)
        self._metrics.quality.labels(dataset=DATASET).set(quality)
        self._metrics.latency.labels(pipeline=PIPELINE).observe(time.perf_counter() - start)
        self._metrics.last_success.labels(pipeline=PIPELINE).set(time.time())
        self._kit.emf.send(DATA_QUALITY, {"DataQuality": quality}, Metric="valid_records", Table=DATASET)
