"""What the rules that count must record: scenes of raw counters, and rates by arithmetic that owes nothing to the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import TypeAlias

from tests.alert_rules.slos.alone import Sample, Scene

AT = 1200.0
"""When each scene is looked at; events are counted over the five minutes before."""

INTERVAL = 10.0


@dataclass(frozen=True)
class Counter:
    """A counter, and how often an objective counts it among all events and among the bad ones: bad events are all less
    the good ones where these are counted."""

    name: str
    labels: str
    events: int
    bad: int


def _of(name: str, counters: Mapping[str, tuple[int, int]]) -> Iterator[Counter]:
    for labels, (events, bad) in counters.items():
        yield Counter(name, f",{labels}" if labels else "", events, bad)


GOOD, BAD, NEITHER = (1, 0), (1, 1), (0, 0)
WHOLE, WITHIN = (1, 1), (0, -1)

COUNTERS: Mapping[str, Sequence[Counter]] = {
    "availability": [
        *_of("http_requests_total", {'status_code="200"': GOOD, 'status_code="404"': GOOD}),
        *_of("http_requests_total", {'status_code="500"': BAD, 'status_code="503"': BAD, 'code="500"': NEITHER}),
    ],
    "latency": [
        *_of("http_request_duration_seconds_count", {'status_code="200"': WHOLE, 'status_code="404"': WHOLE}),
        *_of("http_request_duration_seconds_count", {'status_code="503"': NEITHER}),
        *_of("http_request_duration_seconds_bucket", {'status_code="200",le="0.3"': WITHIN}),
        *_of("http_request_duration_seconds_bucket", {'status_code="404",le="0.3"': WITHIN}),
        *_of("http_request_duration_seconds_bucket", {'status_code="503",le="0.3"': NEITHER}),
        *_of("http_request_duration_seconds_bucket", {'status_code="200",le="+Inf"': NEITHER}),
    ],
    "grpc-availability": [
        *_of("grpc_server_handled_total", {'grpc_code="OK"': GOOD, 'grpc_code="NotFound"': GOOD, "": NEITHER}),
        *_of("grpc_server_handled_total", {'grpc_code="Unknown"': BAD, 'grpc_code="DeadlineExceeded"': BAD}),
        *_of("grpc_server_handled_total", {'grpc_code="Unimplemented"': BAD, 'grpc_code="Internal"': BAD}),
        *_of("grpc_server_handled_total", {'grpc_code="Unavailable"': BAD, 'grpc_code="DataLoss"': BAD}),
    ],
    "grpc-latency": [
        *_of("grpc_server_handling_seconds_count", {'grpc_type="unary"': WHOLE, 'grpc_type="server_stream"': NEITHER}),
        *_of("grpc_server_handling_seconds_bucket", {'grpc_type="unary",le="1.0"': WITHIN}),
        *_of("grpc_server_handling_seconds_bucket", {'grpc_type="unary",le="1"': WITHIN}),
        *_of("grpc_server_handling_seconds_bucket", {'grpc_type="server_stream",le="1.0"': NEITHER}),
        *_of("grpc_server_handling_seconds_bucket", {'grpc_type="unary",le="+Inf"': NEITHER}),
    ],
    "inference": [*_of("ai_requests_total", {'status="success"': GOOD, 'status="error"': BAD, "": NEITHER})],
    "quality": [
        *_of("data_pipeline_records_total", {'status="success"': GOOD, 'status="error"': BAD}),
        *_of("data_pipeline_records_total", {'status="failed"': BAD, "": NEITHER}),
    ],
    "orders": [*_of("orders_total", {'status="kept"': GOOD, "": GOOD, 'status="lost"': BAD})],
}


@cache
def scene(record: str, name: str) -> Scene:
    """What the rule must record that records events or bad events of the objective `name`."""
    what = record.split(":")[1]
    return _freshness(what) if name == "freshness" else _counted(what, name)


def _scene(name: str, series: Mapping[str, Sequence[Sample]], expected: Mapping[str, float]) -> Scene:
    labels = {f'{{service="shop",team="{team}",slo="{name}"}}': value for team, value in expected.items()}
    return Scene(INTERVAL, AT, series, labels)


# --- counters ---------------------------------------------------------------------------------------------

Course: TypeAlias = Callable[[int, int], Sequence[Sample]]
"""The samples of a counter by its number and that of its instance."""


def _counted(what: str, name: str) -> Scene:
    counters = COUNTERS[name]
    harmless = [each for each in counters if (each.events, each.bad) == GOOD]
    unknown = [each for each in counters if (each.events, each.bad) == NEITHER]
    series = {**_series("else", "web", counters, _risen), **_series("shop", "web", counters, _risen)}
    expected = {"web": _rate(what, counters)}
    if harmless:  # what is bad is counted, and a counter that has never counted has no series
        series |= _series("shop", "calm", harmless, _risen)
        series |= _series("shop", "idle", harmless, _idle)
        series |= _series("shop", "seen", harmless, _seen(290))
        series |= _series("shop", "lost", harmless, _seen(320))
        series |= _series("shop", "renamed", unknown, _risen)
        # Two samples ten seconds apart stand for themselves, a step before and half a step after: 25 of 300 seconds.
        seen = sum(2 * number for number, _ in enumerate(harmless)) * 2.5 / 300
        expected |= {"calm": _rate(what, harmless), "idle": 0, "seen": seen if what == "events" else 0}
    return _scene(name, series, expected)


def _series(service: str, team: str, counters: Sequence[Counter], course: Course) -> dict[str, Sequence[Sample]]:
    return {
        f'{each.name}{{service="{service}",team="{team}",instance="{instance}"{each.labels}}}': course(number, index)
        for number, each in enumerate(counters)
        for index, instance in enumerate("ab")
    }


def _risen(number: int, instance: int) -> list[float]:
    """Steady but for a ripple, and a spike within the last five minutes; no two counters alike."""
    rises = (
        1000 // (number + 1) + (sample * sample * (instance + 3) + number) % 29 + 700 * (sample == 100)
        for sample in range(int(AT / INTERVAL))
    )
    return list(accumulate(rises, initial=5000.0))


def _idle(number: int, instance: int) -> list[float]:
    return [5000.0] * (int(AT / INTERVAL) + 1)


def _seen(ago: float) -> Course:
    """A counter of which there are two samples, the first so many seconds ago, and no more."""
    return lambda number, instance: [*[None] * int((AT - ago) / INTERVAL), 5000.0, 5000.0 + number, "stale"]


def _rate(what: str, counters: Sequence[Counter]) -> float:
    """What counts, a second: how far each counter rises from its first sample of the five minutes to its last."""
    first, last = (int(at / INTERVAL) for at in (AT - 300 + INTERVAL, AT))
    return sum(
        (each.events if what == "events" else each.bad) * (samples[last] - samples[first]) / (300 - INTERVAL)
        for number, each in enumerate(counters)
        for samples in (_risen(number, 0), _risen(number, 1))
    )


# --- freshness --------------------------------------------------------------------------------------------


def _freshness(what: str) -> Scene:
    """Data are stale when the last success is more than five minutes ago: the share of ten looks, one each 30 seconds."""
    times = [sample * INTERVAL for sample in range(int(AT / INTERVAL) + 1)]
    never, once, now = [0.0] * len(times), [1.0] * len(times), times
    # Of p there is no success from 690 to 1080: those looks find it stale that are later than 990, at 1020 and 1050.
    # Of q there is none from 720 on, so that only the last of these does.
    p, q = ([start if start <= time < 1080 else time for time in times] for start in (690.0, 720.0))
    glimpse: list[Sample] = [600.0, "stale"]
    series: dict[str, dict[tuple[str, str], Sequence[Sample]]] = {
        "web": {("p", "a"): p, ("p", "b"): [60.0] * len(times), ("q", "a"): q},
        "calm": {("p", "a"): now, ("p", "b"): never},  # an instance that leaves the work to another
        "new": {("p", "a"): never},
        "old": {("p", "a"): once},  # in 1970
        "seen": {("p", "a"): [*[None] * int((AT - 270) / INTERVAL), *glimpse]},
        "lost": {("p", "a"): [*[None] * int((AT - 300) / INTERVAL), *glimpse]},
    }
    stale = {"web": 0.2, "calm": 0, "old": 1, "seen": 1}
    metric = "data_pipeline_last_success_timestamp_seconds"
    named = {
        f'{metric}{{service="shop",team="{team}",pipeline="{pipeline}",instance="{instance}"}}': samples
        for team, pipelines in series.items()
        for (pipeline, instance), samples in pipelines.items()
    }
    other = {f'{metric}{{service="else",team="web",pipeline="p",instance="a"}}': [7.0] * len(times)}
    expected = stale if what == "errors" else dict.fromkeys(stale, 1)
    return _scene("freshness", {**named, **other}, expected)
