"""The service's HTTP side."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from fastapi.telemetry import TelemetryConfig

from examples.service import operations, routes
from examples.service.dependencies import DependencyDown
from examples.service.middleware import Instrumentation
from examples.service.models import ModelFailed
from examples.service.state import VERSION, State

_ANSWERS: dict[type[Exception], int] = {DependencyDown: 503, ModelFailed: 502}
"""What callers are answered where something that the service depends on fails; 500 for whatever else."""

_NOT_TWICE: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""FastAPI's own spans and metrics would be beside those of the middleware, under other names."""


def create_app(state: State) -> FastAPI:
    """The app over that state. Faults can be set only where the state says so."""
    app = FastAPI(
        title=state.name, version=VERSION, docs_url=None, redoc_url=None, openapi_url=None, telemetry=_NOT_TWICE
    )
    app.state.service = state
    app.include_router(routes.router)
    app.include_router(operations.router)
    if state.faulty:
        app.include_router(operations.switchboard)
    for error, status in _ANSWERS.items():
        app.add_exception_handler(error, _answering(status))
    app.add_middleware(Instrumentation, kit=state.kit)
    return app


def _answering(status: int) -> Callable[[Request, Exception], Awaitable[JSONResponse]]:
    async def answer(_: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"detail": str(error)}, status)

    return answer
