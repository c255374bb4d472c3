"""A load generator: callers of every kind, at a steady rate.

python -m examples.service.load --target http://127.0.0.1:8000 --grpc 127.0.0.1:50051 --rps 20
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import grpc
import httpx

from examples.service import correlation, logs
from examples.service.models import ENGINES
from examples.service.rpc import SERVICE, decode, encode

logger = logging.getLogger(__name__)

Send = Callable[[], Awaitable[str]]

PRODUCTS = 3
_HEADERS = {"user-agent": "example-load"}


def requests(turn: int) -> Sequence[tuple[str, str]]:
    """One request of every kind, whose products, users and engines change with the turn. Products are few, so that the
    cache has them after some seconds."""
    return (
        ("GET", f"/products/p-{turn % PRODUCTS}"),
        ("POST", f"/orders?product_id=p-{turn % PRODUCTS}"),
        ("POST", f"/logins?user=user-{turn % 1200}"),
        ("POST", "/completions?prompt=hello"),
        ("GET", f"/engines/{ENGINES[turn % len(ENGINES)]}/prediction"),
        ("POST", f"/transactions?type={('payment', 'transfer')[turn % 2]}"),
    )


def round_of(client: httpx.AsyncClient, channel: grpc.aio.Channel | None, turn: int) -> list[Send]:
    """What is sent in one turn: every request and, where there is a channel, every call."""
    sends: list[Send] = [_request(client, method, path) for method, path in requests(turn)]
    return [*sends, _stock(channel, turn), _watch(channel, turn)] if channel else sends


def _request(client: httpx.AsyncClient, method: str, path: str) -> Send:
    async def send() -> str:
        try:
            answer = await client.request(method, path, headers={correlation.HEADER: correlation.new()})
        except httpx.HTTPError as error:
            return type(error).__name__
        return str(answer.status_code)

    return send


def _metadata() -> tuple[tuple[str, str], ...]:
    return ((correlation.HEADER, correlation.new()),)


def _stock(channel: grpc.aio.Channel, turn: int) -> Send:
    call = channel.unary_unary(f"/{SERVICE}/Stock", encode, decode)

    async def send() -> str:
        try:
            await call({"product": f"p-{turn % PRODUCTS}"}, metadata=_metadata(), timeout=10)
        except grpc.aio.AioRpcError as error:
            return error.code().name
        return "OK"

    return send


def _watch(channel: grpc.aio.Channel, turn: int) -> Send:
    call = channel.unary_stream(f"/{SERVICE}/Watch", encode, decode)

    async def send() -> str:
        try:
            async for _ in call({"product": f"p-{turn % PRODUCTS}"}, metadata=_metadata(), timeout=10):
                pass
        except grpc.aio.AioRpcError as error:
            return error.code().name
        return "OK"

    return send


async def run(target: str, grpc_target: str | None, rps: float, seconds: float) -> Counter[str]:
    """Send at that rate, whether or not answers come, until the time is over; how often each answer came."""
    answers: Counter[str] = Counter()
    running: set[asyncio.Task[str]] = set()
    channel = grpc.aio.insecure_channel(grpc_target) if grpc_target else None
    end, turn = time.monotonic() + seconds, 0
    async with httpx.AsyncClient(base_url=target, timeout=70, headers=_HEADERS) as client:
        while time.monotonic() < end:
            for send in round_of(client, channel, turn):
                task = asyncio.ensure_future(send())
                running.add(task)
                task.add_done_callback(lambda done: answers.update([done.result()]))
                task.add_done_callback(running.discard)
                await asyncio.sleep(1 / rps)
            turn += 1
            if turn % 50 == 0:
                logger.info("answers", extra={"answers": dict(answers), "waiting": len(running)})
        await asyncio.gather(*running)
    if channel:
        await channel.close()
    return answers


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, and tell the answers."""
    parser = argparse.ArgumentParser(prog="examples.service.load", description="Calls the example service.")
    parser.add_argument("--target", default="http://127.0.0.1:8000", help="address of the service")
    parser.add_argument("--grpc", help="host:port of its gRPC side (default: it is not called)")
    parser.add_argument("--rps", type=float, default=20, help="requests and calls a second")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="how long (default: until stopped)")
    given = parser.parse_args(arguments)
    if given.rps <= 0:
        parser.error(f"--rps takes a number above 0; got {given.rps:g}")
    logs.configure("example-load")
    answers = asyncio.run(run(given.target, given.grpc, given.rps, given.seconds))
    logger.info("answers", extra={"answers": dict(answers)})


if __name__ == "__main__":
    main()
