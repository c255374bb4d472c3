"""The service's gRPC side: how much of a product there is. JSON stands for compiled messages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import grpc

from examples.service.interceptor import Context, Instrumentation
from examples.service.state import State

SERVICE = "shop.Inventory"

Message = dict[str, Any]


def encode(message: Message) -> bytes:
    """As it is sent."""
    return json.dumps(message).encode()


def decode(sent: bytes) -> Message:
    """As it was before."""
    message: Message = json.loads(sent)
    return message


class Inventory:
    """What can be asked."""

    def __init__(self, state: State) -> None:
        self._kit = state.kit

    async def stock(self, request: Message, context: Context) -> Message:
        """How much there is of {"product": ...}."""
        await self._kit.wait(0.005)
        await asyncio.sleep(self._kit.faults.value("grpc_latency"))
        if self._kit.faults.strikes("grpc_errors"):
            await context.abort(grpc.StatusCode.INTERNAL, "asked for by the fault `grpc_errors`")
        return {"product": request["product"], "stock": 7}

    async def watch(self, request: Message, context: Context) -> AsyncIterator[Message]:
        """How much there is now, and twice more."""
        for _ in range(3):
            yield await self.stock(request, context)
            await asyncio.sleep(0)


def server(state: State, address: str) -> tuple[grpc.aio.Server, int]:
    """A server that is yet to be started, and its port."""
    made = grpc.aio.server(interceptors=[Instrumentation(state.kit)])
    inventory = Inventory(state)
    handlers = {
        "Stock": grpc.unary_unary_rpc_method_handler(inventory.stock, decode, encode),
        "Watch": grpc.unary_stream_rpc_method_handler(inventory.watch, decode, encode),
    }
    made.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    return made, made.add_insecure_port(address)
