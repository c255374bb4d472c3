"""What the metrics say of requests: by route and not by path, whatever callers send."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest

from examples.service.middleware import Instrumentation
from tests.examples.service.running import Service


def routes(service: Service) -> set[str]:
    return {sample.labels["route"] for sample in service.families()["http_requests_total"].samples}


def test_a_thousand_paths_that_no_route_takes_are_one_series(service: Service) -> None:
    service.get("/metrics")
    for number in range(1000):
        service.get(f"/{hashlib.sha256(bytes(number)).hexdigest()}/{number}%2f..%00")
    unknown = [
        sample for sample in service.families()["http_requests_total"].samples if sample.labels["route"] != "/metrics"
    ]
    assert [(sample.labels["route"], sample.labels["status_code"]) for sample in unknown] == [("unmatched", "404")]
    assert unknown[0].value == 1000


def test_a_thousand_products_are_one_route(service: Service) -> None:
    for number in range(1000):
        service.get(f"/products/{number}")
    assert routes(service) == {"/products/{product_id}"}


def test_methods_that_nobody_knows_are_one_series(service: Service) -> None:
    for number in range(20):
        service.ask(f"BREW{number}", "/products/1")
    assert service.value("http_requests_total", method="OTHER", route="/products/{product_id}", status_code="405") == 20


def test_a_path_with_a_slash_too_many_is_redirected_and_counted_once(service: Service) -> None:
    assert service.get("/health/").status_code == 307
    assert service.value("http_requests_total", route="unmatched", status_code="307") == 1


def test_what_fails_without_an_answer_is_answered_and_counted_as_500(service: Service) -> None:
    service.set("errors", 1)
    answer = service.get("/products/1", [("x-correlation-id", "abc")])
    assert (answer.status_code, answer.json()["correlation_id"]) == (500, "abc")
    assert answer.headers["x-correlation-id"] == "abc"
    assert service.value("http_requests_total", route="/products/{product_id}", status_code="500") == 1
    assert service.value("http_request_duration_seconds_count", status_code="500") == 1


@pytest.mark.parametrize(
    ("fault", "method", "path", "status"),
    [
        ("database_down", "POST", "/orders", 503),
        ("redis_down", "GET", "/products/1", 503),
        ("external_down", "POST", "/completions", 503),
        ("ai_errors", "POST", "/completions", 502),
        ("prediction_errors", "GET", "/engines/engine-1/prediction", 502),
    ],
)
def test_a_dependency_that_fails_is_told_of_by_the_status(
    service: Service, fault: str, method: str, path: str, status: int
) -> None:
    service.set(fault, 1)
    assert service.ask(method, path).status_code == status


def test_a_queue_that_is_away_is_no_failure_of_the_database(service: Service) -> None:
    service.set("redis_down")
    assert service.ask("POST", "/orders").status_code == 503
    assert service.value("database_query_errors_total") == 0


def test_requests_are_counted_while_they_are_answered(service: Service) -> None:
    service.set("latency", 0.2)

    async def busy() -> float:
        waiting = [asyncio.ensure_future(call(service)) for _ in range(3)]
        await asyncio.sleep(0.05)
        seen = service.state.kit.metrics.registry.get_sample_value("active_connections")
        await asyncio.gather(*waiting)
        return seen or 0

    assert service.run(busy()) == 3
    assert service.value("active_connections") == 1, "the scrape itself"


def test_a_caller_who_does_not_wait_is_counted_apart(service: Service) -> None:
    service.set("latency", 5)

    async def impatient() -> None:
        task = asyncio.ensure_future(call(service))
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])

    service.run(impatient())
    assert service.value("http_requests_total", status_code="499") == 1


def test_a_failure_after_the_answer_has_begun_sends_no_second_answer(service: Service) -> None:
    sent: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise ValueError("too late")

    async def note(message: Any) -> None:
        sent.append(message["type"])

    service.run(Instrumentation(app, service.state.kit)(SCOPE, nothing, note))
    assert sent == ["http.response.start"]
    assert len(service.lines("request failed")) == 1


SCOPE = {"type": "http", "method": "GET", "path": "/products/1", "query_string": b"", "headers": []}


async def nothing() -> Any:
    await asyncio.sleep(60)


async def call(service: Service) -> None:
    async def ignore(_: Any) -> None:
        pass

    await service.app({**SCOPE, "raw_path": b"/products/1", "root_path": "", "scheme": "http"}, nothing, ignore)
