"""What is noted of every request: its metrics, its span, its line in the log, its correlation id."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind, StatusCode
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from examples.service import correlation
from examples.service.kit import Kit

logger = logging.getLogger(__name__)

UNMATCHED = "unmatched"
"""The route of requests that no route takes: their paths are anything that anybody may think of."""
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
CLIENT_CLOSED_REQUEST = 499
"""What nginx calls a request whose caller did not wait for the answer."""
QUIET = ("/metrics", "/health", "/readiness", "/liveness")
"""Asked by machines every few seconds: counted and timed, but neither traced nor told of in the log."""


class Exchange:
    """A request's answer on its way: what it was, and the correlation id put into it."""

    def __init__(self, send: Send, identity: str) -> None:
        self._send, self._identity, self.status = send, identity, 0

    async def send(self, message: Message) -> None:
        """Pass the message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[correlation.HEADER] = self._identity
        await self._send(message)

    async def fail(self) -> None:
        """Answer 500, where no answer has begun."""
        if self.status:
            return
        body = json.dumps({"detail": "Internal Server Error", "correlation_id": self._identity}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await self.send({"type": "http.response.start", "status": 500, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})


class Instrumentation:
    """The outermost middleware, so that nothing of a request escapes it."""

    def __init__(self, app: ASGIApp, kit: Kit) -> None:
        self._app, self._kit, self._metrics = app, kit, kit.metrics.http

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        brought = headers.getlist(correlation.HEADER)
        identity = correlation.accepted(brought) or correlation.new()
        exchange = Exchange(send, identity)
        with self._noted(scope, headers, identity) as span, self._measured(scope, exchange, span):
            if brought and brought != [identity]:
                logger.warning("a correlation id was replaced", extra={"brought": len(brought)})
            try:
                await self._app(scope, receive, exchange.send)
            except Exception as error:
                logger.exception("request failed")
                span.record_exception(error)
                await exchange.fail()

    @contextmanager
    def _noted(self, scope: Scope, headers: Headers, identity: str) -> Iterator[Span]:
        if _quiet(scope):
            with correlation.under(identity), trace.use_span(trace.INVALID_SPAN):
                yield trace.INVALID_SPAN
        else:
            came_with = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
            with self._kit.work(_method(scope), identity, came_with, SpanKind.SERVER) as span:
                yield span

    @contextmanager
    def _measured(self, scope: Scope, exchange: Exchange, span: Span) -> Iterator[None]:
        start = time.perf_counter()
        self._metrics.active.inc()
        try:
            yield
        except asyncio.CancelledError:
            exchange.status = exchange.status or CLIENT_CLOSED_REQUEST
            raise
        finally:
            self._metrics.active.dec()
            self._record(scope, exchange.status or 500, time.perf_counter() - start, span)

    def _record(self, scope: Scope, status: int, seconds: float, span: Span) -> None:
        method, route = _method(scope), route_of(scope)
        labels = (method, route, str(status))
        self._metrics.requests.labels(*labels).inc()
        context = span.get_span_context()
        exemplar = {"trace_id": trace.format_trace_id(context.trace_id)} if context.trace_flags.sampled else None
        self._metrics.duration.labels(*labels).observe(seconds, exemplar)
        if span.is_recording():
            span.update_name(f"{method} {route}")
            span.set_attributes(
                {"http.request.method": method, "http.route": route, "http.response.status_code": status}
            )
            if status >= 500:
                span.set_status(StatusCode.ERROR)
        if not _quiet(scope):
            told = {"method": method, "route": route, "status_code": status, "duration_ms": round(seconds * 1000, 1)}
            logger.log(logging.ERROR if status >= 500 else logging.INFO, "request", extra=told)


def route_of(scope: Scope) -> str:
    """The template of the route that took the request, such as /products/{product_id}."""
    return getattr(scope.get("route"), "path", None) or UNMATCHED


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else "OTHER"


def _quiet(scope: Scope) -> bool:
    return str(scope["path"]).startswith(QUIET)
