"""Spans: of requests, of what they ask, and of what goes on from them; sent where the standard variables say."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from examples.service import traces
from tests.examples.service.running import Service
from tests.loopback import StandIn, serving

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def trace_id(span: ReadableSpan) -> str:
    context = span.get_span_context()
    assert context is not None
    return f"{context.trace_id:032x}"


def test_a_request_is_a_span_named_by_its_route_with_the_correlation_id(service: Service) -> None:
    service.get("/products/1", [("x-correlation-id", "abc")])
    span = service.spans()["GET /products/{product_id}"]
    assert span.kind is SpanKind.SERVER
    assert dict(span.attributes or {}) == {
        "correlation_id": "abc",
        "http.request.method": "GET",
        "http.route": "/products/{product_id}",
        "http.response.status_code": 200,
    }


def test_the_ids_of_a_line_are_those_of_its_span(service: Service) -> None:
    service.get("/products/1")
    [line] = service.lines()
    context = service.spans()["GET /products/{product_id}"].get_span_context()
    assert context is not None
    assert (line["trace_id"], line["span_id"]) == (f"{context.trace_id:032x}", f"{context.span_id:016x}")


def test_a_trace_that_a_caller_began_goes_on_through_queries(service: Service) -> None:
    service.get("/products/1", [("traceparent", PARENT)])
    spans = service.spans()
    assert {trace_id(spans[name]) for name in ("GET /products/{product_id}", "select products")} == {
        PARENT.split("-")[1]
    }


def test_an_order_is_processed_in_the_trace_of_its_request(service: Service) -> None:
    service.ask("POST", "/orders", [("traceparent", PARENT)])
    service.spans()
    service.run(service.state.orders.consume())
    # The queue's first; the consumer's own comes after it.
    processed = next(span for span in service.spans_in_order() if span.name == "process order")
    assert processed.kind is SpanKind.CONSUMER
    assert trace_id(processed) == PARENT.split("-")[1]


@pytest.mark.parametrize("broken", ["", "00-abc", "zz-" + "0" * 32 + "-b7ad6b7169203331-01"])
def test_a_broken_trace_of_a_caller_begins_a_new_one(service: Service, broken: str) -> None:
    assert service.get("/products/1", [("traceparent", broken)]).status_code == 200
    assert service.spans()["GET /products/{product_id}"].parent is None


def test_a_failure_is_a_span_with_the_status_and_the_exception(service: Service) -> None:
    service.set("errors", 1)
    service.get("/products/1")
    span = service.spans()["GET /products/{product_id}"]
    assert span.status.status_code is StatusCode.ERROR
    assert [event.name for event in span.events] == ["exception"]


@pytest.mark.parametrize("path", ["/metrics", "/health", "/readiness"])
def test_probes_and_scrapes_are_no_traces(service: Service, path: str) -> None:
    service.get(path, [("traceparent", PARENT)])
    assert service.spans() == {}


class Collector(StandIn):
    paths: list[str] = []

    def do_POST(self) -> None:
        self.paths.append(self.path)
        self.body()
        self.answer(b"")


def test_spans_are_sent_to_where_the_standard_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    Collector.paths.clear()
    with serving(Collector) as address:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://{address}")
        provider = traces.provider("example-service", "1")
        provider.get_tracer("test").start_span("any").end()
        assert provider.force_flush()
        provider.shutdown()
    assert Collector.paths == ["/v1/traces"]


def test_spans_are_sent_nowhere_where_no_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in traces.ENDPOINTS:
        monkeypatch.delenv(name, raising=False)
    made: list[object] = []
    monkeypatch.setattr(traces, "BatchSpanProcessor", lambda exporter: made.append(exporter))
    traces.provider("example-service", "1").shutdown()
    assert made == []
