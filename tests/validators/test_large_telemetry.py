"""What is large reaches its store: the rendered gateway before the rendered Jaeger, and before a stand-in for Loki that
refuses what Loki would."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest

from alert_rules import yaml12
from components.kubernetes.loki_configuration import LONGEST_LINE
from tests.loopback import StandIn, serving
from tests.validators import collector, jaeger
from tests.validators.mounted import mounted, stood_in
from tests.validators.otlp import counted, log_request, span_request, wait_for
from tests.validators.process import HttpServer
from tests.validators.stacks import tree

pytestmark = pytest.mark.validators

SPANS, SPAN_BYTES = 1_600, 5_000
"""Together more than gRPC takes at once unless it is told to, in fewer spans than were once sent at once."""
LINES, LINE_BYTES = 600, 20_000
"""Together more than the burst of the smallest Loki, in fewer lines than were once sent at once."""


class Loki(StandIn):
    """Takes pushes below the burst and refuses others as Loki does, which asks to try again."""

    burst: ClassVar[int]
    taken: ClassVar[bytearray]
    refused: ClassVar[list[int]]

    def do_POST(self) -> None:
        body = self.body()
        pushed = gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body
        if len(pushed) > self.burst:
            self.refused.append(len(pushed))
            self.answer(b"", status=429)
            return
        self.taken.extend(pushed)
        self.answer(b"", headers={"Content-Type": "application/x-protobuf"})


def configured(file: str, folder: Path) -> tuple[Path, dict[str, Any]]:
    """A rendered file of dev's gateway or Jaeger, and what it holds."""
    (path,) = [path for path in mounted("dev", file) if "otel-agent" not in path]
    place = tree("dev", folder) / path
    return place, yaml12.load(place.read_text(encoding="utf-8"))


def gateway(folder: Path, *, loki: str = "127.0.0.1:9", jaeger_at: str = "127.0.0.1:9") -> Path:
    """The gateway's configuration, with its stores at these addresses."""
    file, content = configured("collector.yaml", folder)
    stood_in(content, folder)
    content["exporters"]["otlp_http/loki"]["endpoint"] = f"http://{loki}/otlp"
    content["exporters"]["otlp_grpc/jaeger"]["endpoint"] = jaeger_at
    # The limit is a share of the machine's memory, of which this test does not own as much as a pod does of its own.
    content["processors"]["memory_limiter"] = {"check_interval": "1s", "limit_mib": 1024}
    file.write_text(yaml12.dump(content), encoding="utf-8")
    return file


@pytest.fixture
def loki(tmp_path: Path) -> type[Loki]:
    """A Loki with the burst of the smallest size."""
    _, content = configured("loki.yaml", tmp_path / "loki")
    megabytes = content["limits_config"]["ingestion_burst_size_mb"]
    state = {"burst": megabytes * 2**20, "taken": bytearray(), "refused": []}
    return type("LokiOfThisTest", (Loki,), state)


def test_long_lines_come_in_pushes_that_loki_can_take(loki: type[Loki], tmp_path: Path) -> None:
    with (
        serving(loki) as address,
        collector.server(gateway(tmp_path, loki=address), variables={"POD_IP": "127.0.0.1"}) as ports,
    ):
        for first in range(0, LINES, 100):
            ports[4318].post("/v1/logs", log_request([f"line {first + n} " + "x" * LINE_BYTES for n in range(100)]))
        wait_for(30, lambda: loki.taken.count(b"line ") == LINES)
    assert not loki.refused
    assert loki.taken.count(b"line ") == LINES


def test_a_line_that_is_larger_than_a_push_is_cut_and_costs_no_other(loki: type[Loki], tmp_path: Path) -> None:
    with (
        serving(loki) as address,
        collector.server(gateway(tmp_path, loki=address), variables={"POD_IP": "127.0.0.1"}) as ports,
    ):
        ports[4318].post("/v1/logs", log_request(["line before", "line " + "x" * 3 * 2**20, "line after"]))
        wait_for(30, lambda: loki.taken.count(b"line ") == 3)
    assert [word for word in (b"line before", b"line after") if word not in loki.taken] == []
    assert loki.taken.count(b"x") in range(LONGEST_LINE - 100, LONGEST_LINE + 1)


def test_large_spans_reach_jaeger(tmp_path: Path) -> None:
    file, content = configured("jaeger.yaml", tmp_path / "jaeger")
    content["extensions"]["jaeger_storage"]["backends"]["main"] = {"memory": {"max_traces": 2 * SPANS}}
    content["extensions"]["remote_sampling"]["file"]["path"] = str(file.with_name("sampling.json"))
    content["processors"]["memory_limiter"] = {"check_interval": "1s", "limit_mib": 1024}
    file.write_text(yaml12.dump(content), encoding="utf-8")
    with (
        jaeger.server(file) as store,
        collector.server(gateway(tmp_path, jaeger_at=store[4317].address), variables={"POD_IP": "127.0.0.1"}) as ports,
    ):
        for first in range(0, SPANS, 400):
            ports[4318].post("/v1/traces", span_request(range(first, first + 400), SPAN_BYTES))
        # A trace is judged once it has been gathered.
        wait_for(60, lambda: sent(ports) == SPANS)
        assert counted(ports[8888], "otelcol_exporter_send_failed_spans", "otlp_grpc/jaeger") == 0
        assert sent(ports) == SPANS


def sent(ports: Mapping[int, HttpServer]) -> float:
    """How many spans Jaeger has taken of the gateway."""
    return counted(ports[8888], "otelcol_exporter_sent_spans", "otlp_grpc/jaeger")
