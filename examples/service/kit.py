"""What every part of the service is given: its metrics, its faults, its tracer, its CloudWatch lines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.trace import Span, SpanKind, Tracer
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from examples.service import correlation
from examples.service.emf import Emf
from examples.service.faults import Faults
from examples.service.metrics import Metrics
from examples.service.traces import CORRELATION_ATTRIBUTE

_W3C = TraceContextTextMapPropagator()


@dataclass(frozen=True)
class Kit:
    """One for a service; `pace` is the share of the time that its imagined databases and models take (0: none)."""

    metrics: Metrics
    faults: Faults
    tracer: Tracer
    emf: Emf
    pace: float = 1

    async def wait(self, seconds: float) -> None:
        """Take the time that a real dependency would."""
        await asyncio.sleep(seconds * self.pace)

    @contextmanager
    def work(
        self,
        name: str,
        correlation_id: str | None = None,
        came_with: Mapping[str, str] | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> Iterator[Span]:
        """Do the block under that correlation id, or a new one, in a span of the trace that `came_with` (headers
        `traceparent` and `tracestate`) says, or of a new one."""
        identity = correlation_id or correlation.new()
        attributes = {CORRELATION_ATTRIBUTE: identity}
        parent = _W3C.extract(dict(came_with or {}))
        with correlation.under(identity), self.tracer.start_as_current_span(name, parent, kind, attributes) as span:
            yield span


def to_send() -> dict[str, str]:
    """The headers that take the trace to where the current work goes on."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier
