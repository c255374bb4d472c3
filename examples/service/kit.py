"""What every part of the service is given: its metrics, its faults, its tracer, its CloudWatch lines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.context import Context
from opentelemetry.trace import Span, SpanKind, Tracer, use_span
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

    def begin(
        self,
        name: str,
        correlation_id: str,
        came_with: Mapping[str, str] | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> Span:
        """A span of the trace that `came_with` (headers `traceparent` and `tracestate`) says, or of a new one; whoever
        begins it ends it."""
        parent = _W3C.extract(dict(came_with)) if came_with else Context()
        return self.tracer.start_span(name, parent, kind, {CORRELATION_ATTRIBUTE: correlation_id})

    @contextmanager
    def work(
        self,
        name: str,
        correlation_id: str | None = None,
        came_with: Mapping[str, str] | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> Iterator[Span]:
        """Do the block in such a span, and under that correlation id or a new one."""
        identity = correlation_id or correlation.new()
        span = self.begin(name, identity, came_with, kind)
        with correlation.under(identity), use_span(span, end_on_exit=True):
            yield span


def to_send() -> dict[str, str]:
    """The headers that take the trace to where the current work goes on."""
    carrier: dict[str, str] = {}
    _W3C.inject(carrier)
    return carrier
