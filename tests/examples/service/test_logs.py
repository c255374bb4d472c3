"""Logs are lines of JSON with the fields that vigil's collectors and log rules look for."""

from __future__ import annotations

import json
import logging
import re
from datetime import datetime

import pytest

from alert_rules.loader import builtin
from components.kubernetes import collector_agent
from examples.service.logs import FATAL, JsonFormatter
from tests.examples.service.running import Service

FIELDS = {"timestamp", "level", "message", "service", "logger", "correlation_id", "trace_id", "span_id"}
REQUEST = {"method", "route", "status_code", "duration_ms"}


def test_every_line_has_the_fields(service: Service) -> None:
    service.set("errors", 0.5)
    service.live(2)
    lines = service.lines()
    assert len(lines) > 10
    assert [line for line in lines if not line.keys() >= FIELDS] == []
    assert {line["service"] for line in lines} == {"example-service"}
    assert all(datetime.fromisoformat(line["timestamp"]).tzinfo for line in lines)


def test_a_request_is_told_of_in_one_line(service: Service) -> None:
    service.get("/products/secret-17", [("x-correlation-id", "abc")])
    [line] = service.lines()
    assert line.keys() == FIELDS | REQUEST
    assert (line["level"], line["message"], line["correlation_id"]) == ("info", "request", "abc")
    assert (line["method"], line["route"], line["status_code"]) == ("GET", "/products/{product_id}", 200)
    assert "secret-17" not in json.dumps(line)


def test_a_failure_is_told_of_with_its_traceback(service: Service) -> None:
    service.set("errors", 1)
    service.get("/products/1")
    failed, request = service.lines()
    assert "Disturbed: asked for by the fault" in failed["exception"]
    assert [failed["level"], request["level"]] == ["error", "error"]
    assert failed["trace_id"] == request["trace_id"]


@pytest.mark.parametrize("path", ["/metrics", "/health", "/health/detailed", "/readiness", "/liveness"])
def test_probes_and_scrapes_leave_no_line(service: Service, path: str) -> None:
    service.get(path)
    assert service.lines() == []


def formatted(severity: int, message: str, **extra: object) -> str:
    record = logging.getLogger("any").makeRecord("any", severity, "file.py", 1, message, (), None, extra=extra)
    return JsonFormatter("example-service").format(record)


def test_no_message_breaks_out_of_its_line() -> None:
    line = formatted(logging.INFO, 'two\nlines", "level": "fatal')
    assert len(line.splitlines()) == 1
    assert json.loads(line)["level"] == "info"


def test_what_is_given_with_a_line_does_not_replace_its_fields() -> None:
    line = json.loads(formatted(logging.INFO, "hello", level="fatal", service="other", order="p-1"))
    assert (line["level"], line["service"], line["order"]) == ("info", "example-service", "p-1")


def test_the_collector_finds_the_trace_of_a_line(service: Service) -> None:
    service.get("/products/1")
    [line] = service.lines()
    found = re.search(collector_agent._TRACE_ID, json.dumps(line))
    assert found is not None
    assert found["trace_id"] == line["trace_id"]


def test_a_line_with_which_the_program_dies_is_one_for_the_rule_of_panics(service: Service) -> None:
    [rule] = [alert for alert in builtin().loki if alert.name == "PanicsLogged"]
    [pattern] = re.findall(r"\|~ `(.*?)`", rule.expression)
    assert re.search(pattern, formatted(FATAL, "the program dies"))
    assert not re.search(pattern, formatted(logging.ERROR, "the program lives"))
