"""What is noted of every request: its metrics, its span, its line in the log, its correlation id."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Mapping

from opentelemetry import trace
from opentelemetry.context import attach, detach
from opentelemetry.trace import Span, SpanKind, StatusCode
from prometheus_client import Counter, Histogram
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

_CORRELATION = correlation.HEADER.encode()
_TRACE = (b"traceparent", b"tracestate")


class Exchange:
    """A request's answer on its way: what it was, and the correlation id put into it."""

    def __init__(self, send: Send, identity: str) -> None:
        self._send, self._identity, self.status = send, identity, 0

    async def send(self, message: Message) -> None:
        """Pass the message on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            others = [each for each in message.get("headers", ()) if each[0].lower() != _CORRELATION]
            message["headers"] = [*others, (_CORRELATION, self._identity.encode())]
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
    """The outermost middleware, so that nothing of a request escapes it. Its cost is a claim of benchmarks/, hence one
    function without a context manager for each thing that it notes."""

    def __init__(self, app: ASGIApp, kit: Kit) -> None:
        self._app, self._kit, self._metrics = app, kit, kit.metrics.http
        self._series: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        start = time.perf_counter()
        brought, trace_headers = _of_interest(scope)
        identity = correlation.accepted(brought) or correlation.new()
        exchange, span = Exchange(send, identity), self._span(scope, trace_headers, identity)
        correlated, traced = correlation.current.set(identity), attach(trace.set_span_in_context(span))
        self._metrics.active.inc()
        try:
            if brought and brought != [identity]:
                logger.warning("a correlation id was replaced", extra={"brought": len(brought)})
            await self._app(scope, receive, exchange.send)
        except asyncio.CancelledError:
            exchange.status = exchange.status or CLIENT_CLOSED_REQUEST
            raise
        except Exception as error:
            logger.exception("request failed")
            span.record_exception(error)
            await exchange.fail()
        finally:
            self._metrics.active.dec()
            self._record(scope, exchange.status or 500, time.perf_counter() - start, span)
            detach(traced)
            correlation.current.reset(correlated)
            span.end()

    def _span(self, scope: Scope, came_with: Mapping[str, str], identity: str) -> Span:
        if _quiet(scope):
            return trace.INVALID_SPAN
        return self._kit.begin(_method(scope), identity, came_with, SpanKind.SERVER)

    def _record(self, scope: Scope, status: int, seconds: float, span: Span) -> None:
        method, route = _method(scope), route_of(scope)
        requests, duration = self._of(method, route, status)
        context = span.get_span_context()
        exemplar = {"trace_id": trace.format_trace_id(context.trace_id)} if context.trace_flags.sampled else None
        requests.inc()
        duration.observe(seconds, exemplar)
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

    def _of(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        """The two series of such requests, looked up in the registry once."""
        key = (method, route, status)
        if key not in self._series:
            labels = (method, route, str(status))
            self._series[key] = self._metrics.requests.labels(*labels), self._metrics.duration.labels(*labels)
        return self._series[key]


def route_of(scope: Scope) -> str:
    """The template of the route that took the request, such as /products/{product_id}."""
    return getattr(scope.get("route"), "path", None) or UNMATCHED


def _of_interest(scope: Scope) -> tuple[list[str], dict[str, str]]:
    """The correlation ids and the headers of a trace that the request brings; ASGI's names are in lower case."""
    ids: list[str] = []
    came_with: dict[str, str] = {}
    for name, value in scope["headers"]:
        if name == _CORRELATION:
            ids.append(value.decode("latin-1"))
        elif name in _TRACE:
            came_with[name.decode("latin-1")] = value.decode("latin-1")
    return ids, came_with


def _method(scope: Scope) -> str:
    return scope["method"] if scope["method"] in METHODS else "OTHER"


def _quiet(scope: Scope) -> bool:
    return str(scope["path"]).startswith(QUIET)
