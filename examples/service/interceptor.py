"""What is noted of every gRPC call: go-grpc-middleware's metrics, a span, a line in the log, the correlation id.

Handlers are those of grpc.aio: coroutines, or asynchronous generators where the answer is a stream.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc
from opentelemetry.trace import SpanKind, StatusCode

from examples.service import correlation
from examples.service.kit import Kit

logger = logging.getLogger(__name__)

Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

_TYPES = {
    (False, False): "unary",
    (True, False): "client_stream",
    (False, True): "server_stream",
    (True, True): "bidi_stream",
}
_CODES = {code: "".join(part.title() for part in code.name.split("_")) for code in grpc.StatusCode} | {
    grpc.StatusCode.OK: "OK",
    grpc.StatusCode.CANCELLED: "Canceled",
}
"""Names of the codes as Go prints them, which is what go-grpc-middleware's metrics have and rules match."""


@dataclass(frozen=True)
class Method:
    """Which method was called, as labels."""

    service: str
    name: str
    type: str

    @classmethod
    def of(cls, path: str, handler: Handler) -> Method:
        """The method at "/package.Service/Method"."""
        service, _, name = path.removeprefix("/").rpartition("/")
        return cls(service, name, _TYPES[handler.request_streaming, handler.response_streaming])


class Instrumentation(grpc.aio.ServerInterceptor):
    """Notes the calls of methods that the server has; paths that it has not are anything that anybody may think of."""

    def __init__(self, kit: Kit) -> None:
        self._kit, self._metrics = kit, kit.metrics.grpc

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Handler | None]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Handler | None:
        """The handler of the call, with what notes it around it; None for a method that the server has not."""
        handler = await continuation(handler_call_details)
        return handler and self._around(handler, Method.of(str(handler_call_details.method), handler))

    def _around(self, handler: Handler, method: Method) -> Handler:
        kind = f"{'stream' if handler.request_streaming else 'unary'}_" + (
            "stream" if handler.response_streaming else "unary"
        )
        behaviour = getattr(handler, kind)
        if not (inspect.iscoroutinefunction(behaviour) or inspect.isasyncgenfunction(behaviour)):
            raise TypeError(f"{method.service}/{method.name} is no coroutine and no asynchronous generator")
        noted = self._stream if inspect.isasyncgenfunction(behaviour) else self._call
        make = getattr(grpc, f"{kind}_rpc_method_handler")
        made: Handler = make(noted(behaviour, method), handler.request_deserializer, handler.response_serializer)
        return made

    def _call(self, behaviour: Callable[..., Awaitable[Any]], method: Method) -> Callable[..., Awaitable[Any]]:
        async def call(request: Any, context: Context) -> Any:
            with self._noted(method, context):
                return await behaviour(request, context)

        return call

    def _stream(
        self, behaviour: Callable[..., AsyncIterator[Any]], method: Method
    ) -> Callable[..., AsyncIterator[Any]]:
        async def stream(request: Any, context: Context) -> AsyncIterator[Any]:
            with self._noted(method, context):
                async for answer in behaviour(request, context):
                    yield answer

        return stream

    @contextmanager
    def _noted(self, method: Method, context: Context) -> Iterator[None]:
        sent = [(key, str(value)) for key, value in context.invocation_metadata() or ()]
        brought = [value for key, value in sent if key == correlation.HEADER]
        identity = correlation.accepted(brought) or correlation.new()
        context.set_trailing_metadata(((correlation.HEADER, identity),))
        start, ended = time.perf_counter(), "OK"
        with self._kit.work(f"{method.service}/{method.name}", identity, dict(sent), SpanKind.SERVER) as span:
            try:
                yield
            except BaseException as error:
                ended = _CODES[_code(error, context)]
                raise
            finally:
                if ended == "OK":  # a handler may also set a code and return
                    ended = _CODES[_set(context) or grpc.StatusCode.OK]
                if ended != "OK":
                    span.set_status(StatusCode.ERROR)
                self._record(method, ended, time.perf_counter() - start)

    def _record(self, method: Method, code: str, seconds: float) -> None:
        labels = (method.service, method.name, method.type)
        self._metrics.handled.labels(*labels, code).inc()
        self._metrics.handling.labels(*labels).observe(seconds)
        told = {"method": f"{method.service}/{method.name}", "code": code, "duration_ms": round(seconds * 1000, 1)}
        logger.log(logging.INFO if code in {"OK", "Canceled"} else logging.ERROR, "call", extra=told)


def _code(error: BaseException, context: Context) -> grpc.StatusCode:
    """The code with which the caller sees a call end that raised."""
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        left = context.time_remaining()
        late = left is not None and left <= 0
        return grpc.StatusCode.DEADLINE_EXCEEDED if late else grpc.StatusCode.CANCELLED
    return _set(context) or grpc.StatusCode.UNKNOWN


def _set(context: Context) -> grpc.StatusCode | None:
    """The code that the handler has set; grpc.aio gives it as a code or as the number of one, and 0 for none."""
    code: Any = context.code()
    return next((each for each in grpc.StatusCode if code in (each, each.value[0]) and each.value[0]), None)
