"""What the service is for: products, orders, users, completions, predictions and transactions."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request

from examples.service.middleware import route_of
from examples.service.state import State


class Disturbed(Exception):
    """The failure that the fault `errors` asks for."""


async def state_of(request: Request) -> State:
    """The state of the app that the request is for."""
    state: State = request.app.state.service
    return state


Service = Annotated[State, Depends(state_of)]


async def disturbed(request: Request, state: Service) -> None:
    """Let the faults `latency` and `errors` strike the request."""
    await asyncio.sleep(state.kit.faults.value("latency"))
    if state.kit.faults.strikes("errors", route_of(request.scope)):
        raise Disturbed("asked for by the fault `errors`")


router = APIRouter(dependencies=[Depends(disturbed)])


@router.get("/products/{product_id}")
async def product(product_id: str, state: Service) -> object:
    """A product, from the cache or the database."""
    if (known := await state.cache.get(product_id)) is None:
        async with state.database.query("select", "products"):
            known = json.dumps({"id": product_id, "price": 10 + len(product_id)})
        await state.cache.set(product_id, known)
    return json.loads(known)


@router.post("/orders", status_code=202)
async def order(state: Service, product_id: Annotated[str, Query(max_length=64)] = "p-1") -> dict[str, str]:
    """Place an order, to be processed by the consumer of the queue."""
    async with state.database.query("insert", "orders"):
        pass
    await state.orders.place(product_id)
    return {"status": "accepted"}


@router.post("/logins", status_code=204)
async def login(state: Service, user: Annotated[str, Query(max_length=64)]) -> None:
    """Note that a user is there."""
    async with state.database.query("select", "users"):
        state.users.seen(user)


@router.post("/completions")
async def completion(state: Service, prompt: Annotated[str, Query(max_length=1000)] = "") -> dict[str, str]:
    """Ask the AI provider, and the service's own model how friendly the answer is."""
    return {"text": await state.models.complete(prompt), "mood": await state.models.classify()}


@router.get("/engines/{engine_id}/prediction")
async def prediction(engine_id: str, state: Service) -> dict[str, float]:
    """How many cycles an engine has left."""
    return {"remaining_cycles": await state.models.predict(engine_id)}


@router.post("/transactions", status_code=202)
async def transaction(state: Service, type: Literal["payment", "transfer"] = "payment") -> dict[str, str]:
    """Submit a transaction, to be confirmed by the next block."""
    state.chain.submit(type)
    return {"status": "submitted"}
