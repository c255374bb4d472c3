"""What machines and operators ask: metrics, health, faults."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Response
from fastapi.responses import JSONResponse
from prometheus_client.exposition import choose_encoder

from examples.service.faults import FAULTS
from examples.service.routes import Service

router = APIRouter()
switchboard = APIRouter()


def _now() -> str:
    return datetime.now(UTC).isoformat()


@router.get("/metrics")
async def metrics(state: Service, accept: Annotated[str, Header()] = "") -> Response:
    """All metrics, in the format that the scraper asks for; exemplars in OpenMetrics alone."""
    encode, content_type = choose_encoder(accept)
    return Response(encode(state.kit.metrics.registry), headers={"content-type": content_type})


@router.get("/metrics/business")
async def business(state: Service) -> dict[str, object]:
    """What the business asks, as JSON."""
    return {
        "timestamp": _now(),
        "users": state.users.collect(),
        "ai_operations": state.completions.of_today(),
        "blockchain": state.transactions.of_today(),
    }


@router.get("/health")
@router.get("/liveness")
@router.get("/health/liveness")
async def alive() -> dict[str, str]:
    """Whether the process answers. Nothing that it depends on is asked: a restart would mend none of it."""
    return {"status": "healthy", "timestamp": _now()}


@router.get("/health/detailed")
async def detailed(state: Service) -> JSONResponse:
    """Every check. 503 where a required dependency fails, 200 where all is well or something else fails."""
    report = await state.health.report()
    content = {
        "status": report.status,
        "timestamp": _now(),
        "checks": [asdict(check) for check in report.checks],
        "failed_checks": report.failed,
    }
    return JSONResponse(content, 503 if report.status == "unhealthy" else 200)


@router.get("/readiness")
@router.get("/health/readiness")
async def ready(state: Service) -> JSONResponse:
    """Whether to send requests here: 503 where a required dependency fails."""
    report = await state.health.report()
    if report.status == "unhealthy":
        return JSONResponse({"status": "not ready", "failed_checks": report.failed}, 503)
    return JSONResponse({"status": "ready"})


@switchboard.get("/faults")
async def faults(state: Service) -> dict[str, object]:
    """What is on, and what there is."""
    return {"on": state.kit.faults.on(), "known": {name: asdict(fault) for name, fault in FAULTS.items()}}


@switchboard.post("/faults/{name}")
async def turn_on(name: str, state: Service, value: float | None = None) -> dict[str, float]:
    """Turn a fault on."""
    try:
        return {name: state.kit.faults.set(name, value)}
    except KeyError as error:
        raise HTTPException(404, error.args[0]) from error
    except ValueError as error:
        raise HTTPException(422, str(error)) from error


@switchboard.delete("/faults/{name}", status_code=204)
async def turn_off(name: str, state: Service) -> None:
    """Turn a fault off."""
    try:
        state.kit.faults.clear(name)
    except KeyError as error:
        raise HTTPException(404, error.args[0]) from error
