"""What is large reaches its store: the rendered agent before the rendered gateway, before the rendered Jaeger and a
stand-in for Loki that refuses what Loki would."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from alert_rules import yaml12
from alert_rules.logql import STREAM_LABELS
from components.kubernetes.loki_configuration import LONGEST_LINE
from tests.loopback import StandIn, serving
from tests.validators import collector, jaeger
from tests.validators.mounted import mounted, stood_in
from tests.validators.otlp import attribute, counted, log_request, span_request, wait_for
from tests.validators.process import HttpServer
from tests.validators.stacks import tree

pytestmark = pytest.mark.validators

SPANS, SPAN_BYTES = 1_600, 5_000
"""Together more than gRPC takes at once unless it is told to, in fewer spans than were once sent at once."""
LONG, SHORT = (600, 20_000), (60_000, 7)
"""Lines, and the bytes of each: many bytes in few lines, and many lines that say little beside their resource."""
RESOURCE = {f"{space}.attribute.{number}": "r" * 40 for space in ("process", "shop") for number in range(40)}
"""Five kilobytes, of which an SDK says a half of its process by itself."""
MOST_METADATA = (128, 65_536)
"""Entries and bytes of a line's structured metadata that Loki takes (reference, limits_config)."""


class Loki(StandIn):
    """Takes pushes below the burst and refuses others as Loki does, which asks to try again. It counts as Loki counts:
    with every line its own attributes and those of its resource, but for the labels of the stream."""

    burst: ClassVar[int]
    lines: ClassVar[list[str]]
    attributes: ClassVar[list[dict[str, str]]]
    services: ClassVar[set[str]]
    refused: ClassVar[list[int]]

    def do_POST(self) -> None:
        body = self.body()
        request = ExportLogsServiceRequest()
        request.ParseFromString(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
        taken = list(entries(request))
        self.services.update(a.value.string_value for a in labels(request) if a.key == "service")
        metadata = [(len(known), sum(map(len, (*known, *known.values())))) for _, known in taken]
        size = sum(len(line.encode()) for line, _ in taken) + sum(each for _, each in metadata)
        too_much = any(number > MOST_METADATA[0] or each > MOST_METADATA[1] for number, each in metadata)
        if size > self.burst or too_much:
            self.refused.append(size)
            self.answer(b"", status=429)
            return
        self.lines.extend(line for line, _ in taken)
        self.attributes.extend(known for _, known in taken)
        self.answer(b"", headers={"Content-Type": "application/x-protobuf"})


def labels(request: ExportLogsServiceRequest) -> Iterator[Any]:
    """The attributes of every resource of a push."""
    return (attribute for resource in request.resource_logs for attribute in resource.resource.attributes)


def entries(request: ExportLogsServiceRequest) -> Iterator[tuple[str, dict[str, str]]]:
    """Each line of a push, and what is known of it beside the labels of its stream."""
    for resource in request.resource_logs:
        common = {a.key: str(a.value.string_value) for a in resource.resource.attributes if a.key not in STREAM_LABELS}
        for scope in resource.scope_logs:
            for record in scope.log_records:
                yield record.body.string_value, common | {a.key: str(a.value) for a in record.attributes}


def configured(file: str, folder: Path, *, of: str = "") -> tuple[Path, dict[str, Any]]:
    """A rendered file of dev, of the workload of that name where several have one, and what it holds."""
    (path,) = [path for path in mounted("dev", file) if f"/{of}" in path]
    place = tree("dev", folder) / path
    return place, yaml12.load(place.read_text(encoding="utf-8"))


def written(file: Path, content: dict[str, Any]) -> Path:
    # The limit is a share of the machine's memory, of which this test does not own as much as a pod does of its own.
    content["processors"]["memory_limiter"] = {"check_interval": "1s", "limit_mib": 1024}
    file.write_text(yaml12.dump(content), encoding="utf-8")
    return file


@contextmanager
def collectors(
    folder: Path, *, loki: str = "127.0.0.1:9", store: str = "127.0.0.1:9"
) -> Iterator[tuple[Mapping[int, HttpServer], Mapping[int, HttpServer]]]:
    """An agent that sends to a gateway, which sends to stores at these addresses; yields where their ports are."""
    file, content = configured("collector.yaml", folder / "gateway", of="otel-gateway")
    stood_in(content, folder / "gateway")
    content["exporters"]["otlp_http/loki"]["endpoint"] = f"http://{loki}/otlp"
    content["exporters"]["otlp_grpc/jaeger"]["endpoint"] = store
    content["processors"]["tail_sampling"]["decision_wait"] = "2s"  # nobody here waits for what ends late
    with collector.server(written(file, content)) as gateway:
        file, content = configured("collector.yaml", folder / "agent", of="otel-agent")
        stood_in(content, folder / "agent")
        for name, exporter in content["exporters"].items():
            if name.startswith("otlp_grpc/"):
                exporter["endpoint"] = gateway[4317].address
        # There is no Kubernetes to ask, and no pod to read.
        del content["receivers"]["file_log"], content["processors"]["k8s_attributes"]
        for pipeline in content["service"]["pipelines"].values():
            pipeline["receivers"] = ["otlp"]
            pipeline["processors"].remove("k8s_attributes")
        with collector.server(written(file, content), variables={"NODE_NAME": "node-1"}) as agent:
            yield agent, gateway


@pytest.fixture
def loki(tmp_path: Path) -> type[Loki]:
    """A Loki with the burst of the smallest size."""
    _, content = configured("loki.yaml", tmp_path / "loki")
    burst = content["limits_config"]["ingestion_burst_size_mb"] * 2**20
    return type(
        "LokiOfThisTest", (Loki,), {"burst": burst, "lines": [], "attributes": [], "services": set(), "refused": []}
    )


@pytest.mark.parametrize(("count", "size"), [LONG, SHORT])
def test_lines_come_in_pushes_that_loki_can_take(count: int, size: int, loki: type[Loki], tmp_path: Path) -> None:
    with serving(loki) as address, collectors(tmp_path, loki=address) as (agent, _):
        for first in range(0, count, count // 6):
            bodies = [f"{number:06d} ".ljust(size, "x") for number in range(first, first + count // 6)]
            agent[4318].post("/v1/logs", log_request(bodies, RESOURCE))
        wait_for(60, lambda: len(loki.lines) >= count or loki.refused)
    assert not loki.refused
    assert sorted(line[:6] for line in loki.lines) == [f"{number:06d}" for number in range(count)]


WIDE = [attribute(f"key-{number:04d}", "v" * 5_000) for number in range(300)]
DEEP = {"key": "deep", "value": {"kvlistValue": {"values": WIDE}}}
TOO_LARGE: dict[str, dict[str, Any]] = {
    "a long text": {"body": {"stringValue": "é" * 2**20}},
    "a large structure": {"body": {"kvlistValue": {"values": WIDE}}},
    "large bytes": {"body": {"bytesValue": "QUJD" * 2**19}},
    "many attributes": {"body": {"stringValue": "line"}, "attributes": WIDE},
    "attributes in an attribute": {"body": {"stringValue": "line"}, "attributes": [DEEP]},
}


@pytest.mark.parametrize("case", TOO_LARGE)
def test_what_is_larger_than_a_push_is_cut_and_costs_nothing_else(case: str, loki: type[Loki], tmp_path: Path) -> None:
    request = log_request(["before", "large", "after"], RESOURCE)
    request["resourceLogs"][0]["scopeLogs"][0]["logRecords"][1] |= TOO_LARGE[case]
    with serving(loki) as address, collectors(tmp_path, loki=address) as (agent, _):
        agent[4318].post("/v1/logs", request)
        wait_for(30, lambda: len(loki.lines) == 3)
    before, large, after = loki.lines
    assert (before, after) == ("before", "after")
    assert 0 < len(large.encode()) <= LONGEST_LINE
    assert not loki.refused


@pytest.mark.parametrize("deep", [False, True])
def test_a_large_resource_is_cut_to_what_names_it_and_costs_no_line(
    deep: bool, loki: type[Loki], tmp_path: Path
) -> None:
    request = log_request(["one", "two"], {})
    request["resourceLogs"][0]["resource"]["attributes"][:0] = [DEEP] if deep else WIDE
    with serving(loki) as address, collectors(tmp_path, loki=address) as (agent, _):
        agent[4318].post("/v1/logs", request)
        wait_for(30, lambda: len(loki.lines) == 2)
    assert (loki.lines, loki.services) == (["one", "two"], {"checkout"})


def test_a_stack_trace_is_kept_to_its_cause(loki: type[Loki], tmp_path: Path) -> None:
    request = log_request(["failed"], RESOURCE)
    trace = "\n".join(f"  at com.example.Shop.method{number}" for number in range(1_000)) + "\nCaused by: the cause"
    record = request["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]
    record["attributes"] = [attribute("exception.stacktrace", trace)]
    with serving(loki) as address, collectors(tmp_path, loki=address) as (agent, _):
        agent[4318].post("/v1/logs", request)
        wait_for(30, lambda: loki.lines)
    assert "Caused by: the cause" in loki.attributes[0]["exception.stacktrace"]


@contextmanager
def jaeger_on_loopback(folder: Path) -> Iterator[Mapping[int, HttpServer]]:
    """The rendered Jaeger of dev, with its traces in memory."""
    file, content = configured("jaeger.yaml", folder / "jaeger")
    content["extensions"]["jaeger_storage"]["backends"]["main"] = {"memory": {"max_traces": 2 * SPANS}}
    content["extensions"]["remote_sampling"]["file"]["path"] = str(file.with_name("sampling.json"))
    with jaeger.server(written(file, content)) as store:
        yield store


def sent(gateway: Mapping[int, HttpServer], what: str = "otelcol_exporter_sent_spans") -> float:
    """How many spans Jaeger has taken of the gateway, or what else that counts of it."""
    return counted(gateway[8888], what, "otlp_grpc/jaeger")


def test_large_spans_reach_jaeger(tmp_path: Path) -> None:
    with (
        jaeger_on_loopback(tmp_path) as store,
        collectors(tmp_path, store=store[4317].address) as (agent, gateway),
    ):
        for first in range(0, SPANS, 400):
            agent[4318].post("/v1/traces", span_request(range(first, first + 400), SPAN_BYTES))
        # A trace is judged once it has been gathered.
        wait_for(90, lambda: sent(gateway) == SPANS)
        assert sent(gateway, "otelcol_exporter_send_failed_spans") == 0
        assert sent(gateway) == SPANS


def test_a_span_that_is_larger_than_a_batch_is_cut_and_costs_no_other(tmp_path: Path) -> None:
    request = span_request(range(3), 10)
    spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    spans[1]["attributes"] = [attribute("gen_ai.prompt", "p" * 5 * 2**20)]
    spans[2]["events"] = [{"name": "gen_ai.content", "attributes": [attribute("text", "t" * 5 * 2**20)]}]
    with (
        jaeger_on_loopback(tmp_path) as store,
        collectors(tmp_path, store=store[4317].address) as (agent, gateway),
    ):
        agent[4318].post("/v1/traces", request)
        wait_for(90, lambda: sent(gateway) == len(spans))
        assert sent(gateway) == len(spans)
