"""The interceptor, around handlers of a real server that real clients call."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
import pytest
from opentelemetry.trace import StatusCode

from examples.service import rpc
from examples.service.interceptor import Context, Instrumentation
from examples.service.rpc import decode, encode
from tests.examples.service.running import Service

SERVICE = "test.Calls"
Calls = Callable[[grpc.aio.Channel], Awaitable[Any]]


async def answer(request: Any, context: Context) -> Any:
    return request


async def drain(requests: AsyncIterator[Any], context: Context) -> Any:
    return {"count": len([each async for each in requests])}


async def repeat(request: Any, context: Context) -> AsyncIterator[Any]:
    for _ in range(3):
        yield request


async def echo(requests: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
    async for each in requests:
        yield each


async def refuse(request: Any, context: Context) -> Any:
    await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "no")


async def say_so(request: Any, context: Context) -> Any:
    context.set_code(grpc.StatusCode.NOT_FOUND)
    return {}


async def crash(request: Any, context: Context) -> Any:
    raise ValueError("a fault of the program")


async def break_off(request: Any, context: Context) -> AsyncIterator[Any]:
    yield request
    raise ValueError("a fault of the program")


async def dawdle(request: Any, context: Context) -> Any:
    await asyncio.sleep(10)


HANDLERS: dict[str, tuple[Any, Any]] = {
    "Answer": (grpc.unary_unary_rpc_method_handler, answer),
    "Drain": (grpc.stream_unary_rpc_method_handler, drain),
    "Repeat": (grpc.unary_stream_rpc_method_handler, repeat),
    "Echo": (grpc.stream_stream_rpc_method_handler, echo),
    "Refuse": (grpc.unary_unary_rpc_method_handler, refuse),
    "SaySo": (grpc.unary_unary_rpc_method_handler, say_so),
    "Crash": (grpc.unary_unary_rpc_method_handler, crash),
    "BreakOff": (grpc.unary_stream_rpc_method_handler, break_off),
    "Dawdle": (grpc.unary_unary_rpc_method_handler, dawdle),
}


def called(service: Service, calls: Calls) -> Any:
    """What the calls bring, from a server with those handlers."""

    async def run() -> Any:
        server = grpc.aio.server(interceptors=[Instrumentation(service.state.kit)])
        handlers = {name: make(handle, decode, encode) for name, (make, handle) in HANDLERS.items()}
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            found = await calls(channel)
        await server.stop(grace=1)
        return found

    return service.run(run())


def path(name: str) -> str:
    return f"/{SERVICE}/{name}"


async def unary(channel: grpc.aio.Channel, name: str, **options: Any) -> grpc.StatusCode:
    try:
        await channel.unary_unary(path(name), encode, decode)({}, **options)
    except grpc.aio.AioRpcError as error:
        return error.code()
    return grpc.StatusCode.OK


async def sent() -> AsyncIterator[Any]:
    for number in range(3):
        yield {"number": number}


def counted(service: Service, **labels: str) -> float:
    return service.value("grpc_server_handled_total", grpc_service=SERVICE, **labels)


def test_a_call_of_each_kind_is_counted_and_timed(service: Service) -> None:
    async def calls(channel: grpc.aio.Channel) -> Any:
        first = await channel.unary_unary(path("Answer"), encode, decode)({"a": 1})
        second = await channel.stream_unary(path("Drain"), encode, decode)(sent())
        third = [each async for each in channel.unary_stream(path("Repeat"), encode, decode)({"a": 1})]
        fourth = [each async for each in channel.stream_stream(path("Echo"), encode, decode)(sent())]
        return first, second, len(third), len(fourth)

    assert called(service, calls) == ({"a": 1}, {"count": 3}, 3, 3)
    kinds = {"Answer": "unary", "Drain": "client_stream", "Repeat": "server_stream", "Echo": "bidi_stream"}
    for name, kind in kinds.items():
        assert counted(service, grpc_method=name, grpc_type=kind, grpc_code="OK") == 1
        assert service.value("grpc_server_handling_seconds_count", grpc_method=name, grpc_type=kind) == 1


@pytest.mark.parametrize(
    ("name", "status", "code"),
    [
        ("Refuse", grpc.StatusCode.INVALID_ARGUMENT, "InvalidArgument"),
        ("SaySo", grpc.StatusCode.NOT_FOUND, "NotFound"),
        ("Crash", grpc.StatusCode.UNKNOWN, "Unknown"),
    ],
)
def test_a_call_that_fails_is_counted_under_the_code_that_its_caller_sees(
    service: Service, name: str, status: grpc.StatusCode, code: str
) -> None:
    assert called(service, lambda channel: unary(channel, name)) is status
    assert counted(service) == counted(service, grpc_method=name, grpc_code=code) == 1
    assert service.spans()[f"{SERVICE}/{name}"].status.status_code is StatusCode.ERROR
    assert [line["level"] for line in service.lines("call")] == ["error"]


def test_a_stream_that_breaks_off_is_counted_as_failed(service: Service) -> None:
    async def calls(channel: grpc.aio.Channel) -> grpc.StatusCode:
        stream = channel.unary_stream(path("BreakOff"), encode, decode)({})
        try:
            async for _ in stream:
                pass
        except grpc.aio.AioRpcError as error:
            return error.code()
        return grpc.StatusCode.OK

    assert called(service, calls) is grpc.StatusCode.UNKNOWN
    assert counted(service) == counted(service, grpc_code="Unknown") == 1


def test_a_caller_who_goes_away_is_no_failure(service: Service) -> None:
    async def calls(channel: grpc.aio.Channel) -> None:
        call = channel.unary_unary(path("Dawdle"), encode, decode)({})
        await asyncio.sleep(0.1)
        call.cancel()
        await asyncio.sleep(0.1)

    called(service, calls)
    assert counted(service) == counted(service, grpc_code="Canceled") == 1
    assert [line["level"] for line in service.lines("call")] == ["info"]


def test_a_call_that_takes_too_long_is_counted_as_late(service: Service) -> None:
    async def calls(channel: grpc.aio.Channel) -> grpc.StatusCode:
        status = await unary(channel, "Dawdle", timeout=0.1)
        await asyncio.sleep(0.1)
        return status

    assert called(service, calls) is grpc.StatusCode.DEADLINE_EXCEEDED
    assert counted(service) == counted(service, grpc_code="DeadlineExceeded") == 1


def test_methods_that_the_server_has_not_are_not_counted(service: Service) -> None:
    async def calls(channel: grpc.aio.Channel) -> set[grpc.StatusCode]:
        return {await unary(channel, f"Guess{number}") for number in range(20)}

    assert called(service, calls) == {grpc.StatusCode.UNIMPLEMENTED}
    assert service.value("grpc_server_handled_total") == 0


@pytest.mark.parametrize(("brought", "kept"), [("order-17", True), ('x", "level": "fatal', False), ("a" * 129, False)])
def test_the_correlation_id_comes_from_metadata_and_goes_back(service: Service, brought: str, kept: bool) -> None:
    async def calls(channel: grpc.aio.Channel) -> str:
        call = channel.unary_unary(path("Answer"), encode, decode)({}, metadata=(("x-correlation-id", brought),))
        await call
        return str(dict(await call.trailing_metadata() or ())["x-correlation-id"])

    back = called(service, calls)
    [line] = service.lines("call")
    span = service.spans()[f"{SERVICE}/Answer"]
    assert line["correlation_id"] == (span.attributes or {})["correlation_id"] == back
    assert back == brought if kept else uuid.UUID(back)


def test_a_handler_that_would_block_the_loop_is_refused(service: Service) -> None:
    handler: Any = grpc.unary_unary_rpc_method_handler(lambda request, context: request)

    async def found(_: Any) -> Any:
        return handler

    details = type("Details", (), {"method": path("Blocking"), "invocation_metadata": ()})
    with pytest.raises(TypeError, match=r"test\.Calls/Blocking is no coroutine"):
        service.run(Instrumentation(service.state.kit).intercept_service(found, details()))


def test_the_service_answers_what_its_load_calls(service: Service) -> None:
    service.live()
    labels = {"grpc_service": rpc.SERVICE, "grpc_code": "OK"}
    assert service.value("grpc_server_handled_total", grpc_method="Stock", **labels) == 1
    assert service.value("grpc_server_handled_total", grpc_method="Watch", **labels) == 1
