"""Health: alive, ready, and what is wrong, in less than 100 ms whatever dependencies do."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from examples.service.faults import DEPENDENCIES
from examples.service.health import TIMEOUT_S, Check, Health
from tests.examples.service.running import Service

ALIVE = ["/health", "/liveness", "/health/liveness"]
READY = ["/readiness", "/health/readiness"]
REQUIRED, OPTIONAL = ("database", "redis"), ("external", "model")
GOAL_S = 0.1


@pytest.mark.parametrize("path", [*ALIVE, *READY, "/health/detailed"])
def test_all_is_well_by_default(service: Service, path: str) -> None:
    assert service.get(path).status_code == 200


def test_every_dependency_is_told_of(service: Service) -> None:
    told = service.get("/health/detailed").json()
    assert told["status"] == "healthy"
    assert {check["name"]: (check["status"], check["message"]) for check in told["checks"]} == dict.fromkeys(
        ("database", "redis", "external", "model"), ("healthy", "OK")
    )
    assert [service.value("dependency_up", dependency=name) for name in DEPENDENCIES] == [1, 1, 1, 1]


@pytest.mark.parametrize("name", REQUIRED)
def test_without_a_required_dependency_no_request_is_wanted(service: Service, name: str) -> None:
    service.set(f"{name}_down")
    detailed = service.get("/health/detailed")
    assert (detailed.status_code, detailed.json()["status"], detailed.json()["failed_checks"]) == (
        503,
        "unhealthy",
        [name],
    )
    for path in READY:
        assert (service.get(path).status_code, service.get(path).json()["failed_checks"]) == (503, [name])
    assert [service.get(path).status_code for path in ALIVE] == [200] * len(ALIVE)
    assert service.value("dependency_up", dependency=name) == 0


@pytest.mark.parametrize("name", OPTIONAL)
def test_without_another_the_service_is_degraded_and_still_wanted(service: Service, name: str) -> None:
    service.set(f"{name}_down")
    detailed = service.get("/health/detailed")
    assert (detailed.status_code, detailed.json()["status"], detailed.json()["failed_checks"]) == (
        200,
        "degraded",
        [name],
    )
    assert [service.get(path).status_code for path in READY] == [200] * len(READY)
    assert service.value("dependency_up", dependency=name) == 0


@pytest.mark.parametrize("path", [*ALIVE, *READY, "/health/detailed"])
def test_an_answer_comes_within_100_ms_while_every_dependency_hangs(service: Service, path: str) -> None:
    service.set("dependency_hang", 30)
    times = []
    for _ in range(3):
        start = time.perf_counter()
        assert service.get(path).status_code == (200 if path in ALIVE else 503)
        times.append(time.perf_counter() - start)
    assert min(times) < GOAL_S, "others may use the cores, hence the fastest of three"


def test_a_dependency_that_comes_back_is_seen_at_once(service: Service) -> None:
    service.set("database_down")
    assert service.get("/readiness").status_code == 503
    service.state.kit.faults.clear("database_down")
    assert service.get("/readiness").status_code == 200


def report(service: Service, *checks: Check) -> Any:
    return service.run(Health(service.state.kit, checks).report())


async def well() -> None:
    await asyncio.sleep(0.001)


async def stubborn() -> None:
    """Does not stop when it is told to."""
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        try:
            await asyncio.sleep(0.3)
        except asyncio.CancelledError:
            continue


async def broken() -> None:
    raise OSError("connection refused")


def test_checks_run_at_once(service: Service) -> None:
    many = [Check(f"check-{number}", well, required=True) for number in range(100)]
    assert len(many) * 0.001 > TIMEOUT_S, "one after another they would be late"
    assert report(service, *many).status == "healthy"


def test_a_check_that_does_not_stop_holds_up_nobody(service: Service) -> None:
    start = time.perf_counter()
    found = report(service, Check("stubborn", stubborn, required=True), Check("well", well, required=True))
    assert time.perf_counter() - start < GOAL_S
    assert found.failed == ["stubborn"]
    assert found.checks[0].message == "no answer within 50 ms"


def test_whatever_a_check_raises_is_its_message(service: Service) -> None:
    found = report(service, Check("any", broken, required=False))
    assert (found.status, found.checks[0].message) == ("degraded", "OSError: connection refused")
