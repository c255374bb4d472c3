"""What the service does unasked: it goes on whatever fails, and measures itself as its container sees it."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from examples.service import worker
from examples.service.resources import cores
from examples.service.worker import Worker, loops
from tests.examples.service.running import Service


def test_a_loop_that_fails_tells_so_and_runs_again(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    async def fail() -> None:
        ran.append("failing")
        raise ValueError("a fault of the program")

    async def work() -> None:
        ran.append("working")

    made = [worker.Loop("failing", fail, 0.01), worker.Loop("working", work, 0.01)]
    monkeypatch.setattr(worker, "loops", lambda _: made)

    async def for_a_while() -> None:
        task = asyncio.ensure_future(Worker(service.state).run())
        await asyncio.sleep(0.2)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    service.run(for_a_while())
    assert min(ran.count("failing"), ran.count("working")) > 2
    line = service.lines("failing failed")[0]
    assert line["level"] == "error"
    assert line["correlation_id"]
    assert "a fault of the program" in line["exception"]


def test_the_job_is_run_as_often_as_its_metric_says(service: Service) -> None:
    [report] = [loop for loop in loops(service.state) if loop.step == service.state.report.run]
    service.live()
    assert report.every == service.value("batch_job_interval_seconds", job_name="sales-report")
    assert service.value("batch_job_last_success_timestamp_seconds") == pytest.approx(time.time(), abs=60)


def test_the_age_of_the_queue_is_that_of_its_oldest_message(service: Service) -> None:
    service.set("queue_stuck")
    service.ask("POST", "/orders")
    time.sleep(0.2)
    service.ask("POST", "/orders")
    assert service.value("queue_messages") == 2
    assert service.value("queue_oldest_message_age_seconds") >= 0.2
    service.state.kit.faults.clear("queue_stuck")
    service.live()
    assert service.value("queue_oldest_message_age_seconds") == 0


def test_business_figures_are_those_of_the_metrics(service: Service) -> None:
    before = service.get("/metrics/business").json()["users"]
    service.ask("POST", "/logins?user=somebody-new")
    service.ask("POST", "/logins?user=user-900")
    service.live()
    told = service.get("/metrics/business").json()
    assert told["users"]["total_users"] - before["total_users"] == 1
    assert told["users"]["new_users_today"] - before["new_users_today"] == 1
    assert told["users"]["weekly_active_users"] - before["weekly_active_users"] == 2
    names = {"active_users": "active_users_total", "total_users": "registered_users"}
    for name, figure in told["users"].items():
        assert service.value(names.get(name, name)) == figure
    assert told["ai_operations"]["by_type"] == {"completion": 1}
    assert told["blockchain"]["total"] == 2, "what was asked for and the service's own"


def allowed() -> int:
    return len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("quota", "expected"),
    [("50000 100000", 0.5), ("max 100000", allowed()), (f"{allowed() * 2}00000 100000", allowed()), (None, allowed())],
)
def test_cpu_is_a_share_of_what_the_container_may_use(tmp_path: Path, quota: str | None, expected: float) -> None:
    file = tmp_path / "cpu.max"
    if quota is not None:
        file.write_text(quota + "\n")
    assert cores(file) == expected
