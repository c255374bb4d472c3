"""Puts the samples of made-up series into a Prometheus: each series for just the times that some rule reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks._cluster import INSTANCES
from benchmarks._reads import LOOKBACK, Read
from benchmarks._remote_write import Writer, labels, samples, series
from benchmarks._series import FAILING, VARIANTS, Block

SLICE = 1800
"""Seconds that are written for all series before the next ones: Prometheus takes nothing that is an hour older than its
newest sample."""
RUN = 5400
"""Seconds for which measuring may go on: the times that lie back from it move along."""
SLACK = 120
"""Seconds by which a series begins before it is read."""

_CLUSTER = labels({"cluster": "load"})

Span = tuple[float, float]
"""From and to, in seconds since 1970."""


class Load:
    """Series, and the times at which rules that are evaluated from `origin` on, in seconds since 1970, read them."""

    def __init__(self, blocks: Sequence[Block], read: Sequence[Read], origin: float) -> None:
        by_metric: dict[str, list[Read]] = {}
        for each in read:
            by_metric.setdefault(each.metric, []).append(each)
        self._blocks = [
            (block, labels(block.labels), spans(block, by_metric.get(block.metric, ()), origin)) for block in blocks
        ]
        self._encoded: dict[int, list[bytes]] = {}
        self.series = sum(len(block.objects) for block in blocks)
        self.samples = 0

    @property
    def begin(self) -> float:
        """The first time that is read, in seconds since 1970; infinite where there are no series."""
        return min((start for *_, found in self._blocks for start, _ in found), default=float("inf"))

    def write(self, writer: Writer, start: float, end: float) -> None:
        """Writes what lies from `start` up to, not with, `end`, which are less than SLICE apart."""
        made: dict[tuple[object, ...], bytes] = {}
        moments: dict[tuple[object, ...], list[int]] = {}
        for block, own, found in self._blocks:
            if (found, block.step) not in moments:
                moments[found, block.step] = list(_times(found, block.step, start, end))
            times = moments[found, block.step]
            if times:
                self._block(writer, block, own, times, made)
        writer.flush()

    def _block(
        self, writer: Writer, block: Block, own: bytes, times: Sequence[int], made: dict[tuple[object, ...], bytes]
    ) -> None:
        """Writes the block's samples at these times. Those of one course are `made` once for all blocks."""
        for index, encoded in enumerate(self._objects(block)):
            key = (block.course, id(times), variant_of(index))
            if key not in made:
                made[key] = samples(times, [block.course.value(time, key[2]) for time in times])
            writer.add(series(encoded, own, made[key]))
        self.samples += len(times) * len(block.objects)

    def _objects(self, block: Block) -> list[bytes]:
        """The objects' labels. Lists of objects are shared by blocks, and live as long as these."""
        key = id(block.objects)
        if key not in self._encoded:
            self._encoded[key] = [_CLUSTER + labels(each) for each in block.objects]
        return self._encoded[key]


def write_all(loads: Sequence[Load], writer: Writer, start: float, end: float) -> None:
    """Writes what lies from `start` up to, not with, `end`, one slice of all after the other."""
    while start < end:
        upto = min(end, (start // SLICE + 1) * SLICE)
        for load in loads:
            load.write(writer, start, upto)
        start = upto


def variant_of(index: int) -> int:
    """The variant of an object by its place: all instances of one service in a hundred fail."""
    return FAILING if index // INSTANCES % 100 == 7 else index % VARIANTS


def spans(block: Block, read: Sequence[Read], origin: float) -> tuple[Span, ...]:
    """When the block's series have samples. They exist now, whether or not anything reads them."""
    wanted = {(each.newest, each.oldest) for each in read if each.among(block.labels)} | {(0.0, LOOKBACK)}
    now = max(oldest for newest, oldest in wanted if newest <= LOOKBACK)
    past = {(origin - oldest - SLACK, origin - newest + RUN) for newest, oldest in wanted if newest > LOOKBACK}
    return ((origin - now - SLACK, float("inf")), *sorted(past))


def _times(found: Sequence[Span], step: int, start: float, end: float) -> Iterator[int]:
    for time in range(-(-int(start) // step) * step, int(end), step):
        if start <= time and any(first <= time < last for first, last in found):
            yield time
