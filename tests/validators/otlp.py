"""Requests of OTLP in JSON, what a collector makes of them, and what it counts."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

from alert_rules import yaml12
from tests.loopback import StandIn, serving
from tests.validators import collector
from tests.validators.mounted import stood_in
from tests.validators.process import HttpServer


def attribute(key: str, value: str) -> dict[str, Any]:
    """An attribute that holds text."""
    return {"key": key, "value": {"stringValue": value}}


def log_request(bodies: list[str], known: Mapping[str, str]) -> dict[str, Any]:
    """A line for each body, of the service checkout, of whose resource this is known besides."""
    now = str(time.time_ns())
    records = [{"timeUnixNano": now, "body": {"stringValue": body}} for body in bodies]
    resource = {"attributes": [attribute("service.name", "checkout"), *(attribute(*each) for each in known.items())]}
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}


def span_request(numbers: range, size: int) -> dict[str, Any]:
    """A failed span for each number, in a trace of its own, of some `size` bytes."""
    now = time.time_ns()
    spans = [
        {
            "traceId": f"{number + 1:032x}",
            "spanId": f"{number + 1:016x}",
            "name": "generate",
            "kind": 2,
            "startTimeUnixNano": str(now - 10**6),
            "endTimeUnixNano": str(now),
            "attributes": [attribute("gen_ai.prompt", "p" * size)],
            "status": {"code": 2},
        }
        for number in numbers
    ]
    resource = {"attributes": [attribute("service.name", "checkout")]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]}


class Store(StandIn):
    """Keeps the logs that it is sent, by resource. What it keeps them in, a test sets anew."""

    logs: ClassVar[list[dict[str, Any]]]

    def do_POST(self) -> None:
        self.logs.extend(json.loads(self.body())["resourceLogs"])
        self.answer(b"", headers={"Content-Type": "application/json"})


@contextmanager
def stored_logs(
    file: Path, content: dict[str, Any], folder: Path
) -> Iterator[tuple[Mapping[int, HttpServer], type[Store]]]:
    """A collector of these extensions, receivers and processors of logs, in this order, before a store; yields where
    its ports are, and the store. The configuration is written to `file`."""
    Store.logs = []
    with serving(Store) as address:
        pipeline = {"receivers": list(content["receivers"]), "processors": list(content.get("processors", {}))}
        whole = {
            **content,
            "exporters": {"otlp_http": {"endpoint": f"http://{address}", "compression": "none", "encoding": "json"}},
            "service": {
                "extensions": list(content["extensions"]),
                "pipelines": {"logs": {**pipeline, "exporters": ["otlp_http"]}},
            },
        }
        stood_in(whole, folder)
        file.write_text(yaml12.dump(whole), encoding="utf-8")
        with collector.server(file) as ports:
            yield ports, Store


def wait_for(seconds: float, reached: Callable[[], object]) -> None:
    """Until it is so, or for so many seconds."""
    ends = time.monotonic() + seconds
    while not reached() and time.monotonic() < ends:
        time.sleep(0.2)


def counted(metrics: HttpServer, name: str, exporter: str) -> float:
    """A counter of the collector about an exporter; 0 where it has not counted yet."""
    lines = metrics.text("/metrics").splitlines()
    wanted = (line for line in lines if line.startswith(f"{name}{{") and f'exporter="{exporter}"' in line)
    return sum(float(line.rpartition(" ")[2]) for line in wanted)
