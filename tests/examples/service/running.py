"""The example service in the test's own process: its callers, its worker, and what it exported, logged and traced."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import grpc
import httpx
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families

from examples.service import load, logs, rpc
from examples.service.app import create_app
from examples.service.state import State
from examples.service.worker import Worker

Value = TypeVar("Value")


class Service:
    """Made by `running`."""

    def __init__(self, state: State, spans: InMemorySpanExporter, log: io.StringIO, runner: asyncio.Runner) -> None:
        self.state, self._spans, self._log, self._runner = state, spans, log, runner
        self.app = create_app(state)
        self._worker = Worker(state)
        self._turn = 0
        self._channel: grpc.aio.Channel | None = None
        self._ends: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()

    def run(self, work: Coroutine[Any, Any, Value]) -> Value:
        """Wait for that."""
        return self._runner.run(work)

    def ask(self, method: str, path: str, headers: Sequence[tuple[str, str]] = ()) -> httpx.Response:
        """The answer to a request."""

        encoded = [(name.encode(), value.encode()) for name, value in headers]

        async def send() -> httpx.Response:
            async with self._client() as client:
                return await client.request(method, path, headers=encoded)

        return self.run(send())

    def get(self, path: str, headers: Sequence[tuple[str, str]] = ()) -> httpx.Response:
        """The answer to a GET."""
        return self.ask("GET", path, headers)

    def set(self, fault: str, value: float | None = None) -> None:
        """Turn a fault on."""
        self.state.kit.faults.set(fault, value)

    def live(self, turns: int = 1) -> None:
        """A round of load over HTTP and gRPC and a round of the worker, some times."""
        for _ in range(turns):
            self.run(self._live())

    async def _live(self) -> None:
        if self._channel is None:
            server, port = rpc.server(self.state, "127.0.0.1:0")
            await server.start()
            self._channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
            self._ends = [self._channel.close, lambda: server.stop(grace=None)]
        async with self._client() as client:
            for send in load.round_of(client, self._channel, self._turn):
                await send()
        await self._worker.round()
        self._turn += 1

    def close(self) -> None:
        """End its gRPC side, where it has begun."""
        for end in self._ends:
            self.run(end())

    def _client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://service")

    def families(self) -> dict[str, Metric]:
        """What /metrics exports, by the name of each family as the text format has it."""
        return {family_name(each): each for each in text_string_to_metric_families(self.get("/metrics").text)}

    def value(self, sample: str, **labels: str) -> float:
        """The sum of the exported samples of that name that have those labels; 0 where there is none."""
        return sum(
            each.value
            for family in self.families().values()
            for each in family.samples
            if each.name == sample and labels.items() <= each.labels.items()
        )

    def lines(self, message: str | None = None) -> list[dict[str, Any]]:
        """What was logged since the last call, or that of it that has the message."""
        lines = [json.loads(line) for line in self._log.getvalue().splitlines()]
        self._log.seek(0)
        self._log.truncate()
        return [line for line in lines if message in (None, line["message"])]

    def spans(self) -> dict[str, ReadableSpan]:
        """The spans that have ended since the last call, by name."""
        return {span.name: span for span in self.spans_in_order()}

    def spans_in_order(self) -> Sequence[ReadableSpan]:
        """The spans that have ended since the last call, in the order in which they did."""
        ended = self._spans.get_finished_spans()
        self._spans.clear()
        return ended


def family_name(family: Metric) -> str:
    """The family's name; the parser leaves out what counters' names end with."""
    return f"{family.name}_total" if family.type == "counter" else family.name


@contextmanager
def running(*, faulty: bool = False, emf: io.StringIO | None = None) -> Iterator[Service]:
    """The service, whose imagined dependencies take no time."""
    exporter, spans, log = InMemorySpanExporter(), TracerProvider(), io.StringIO()
    spans.add_span_processor(SimpleSpanProcessor(exporter))
    root = logging.getLogger()
    handlers, level, root.handlers = root.handlers, root.level, []
    try:
        logs.configure("example-service", log)
        with asyncio.Runner() as runner:
            service = Service(State(faulty=faulty, emf=emf, pace=0, spans=spans), exporter, log, runner)
            yield service
            service.close()
    finally:
        root.handlers = handlers
        root.setLevel(level)
        logging.disable(logging.NOTSET)
        spans.shutdown()
