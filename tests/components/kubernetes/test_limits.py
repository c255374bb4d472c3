"""Limits that must fit each other: of batches and who takes them, of queries and who waits, of memory and who is told."""

from __future__ import annotations

import re
from typing import Any

import pytest

from alert_rules import quantities
from alert_rules.quantities import Unit
from components.kubernetes.collector_parts import MESSAGE_MIB
from components.kubernetes.loki_configuration import LARGEST_PUSH, LARGEST_RESOURCE
from components.kubernetes.sizes import SIZES, Resources
from components.settings.capacity import LOADS
from components.settings.kubernetes import Size
from components.settings.model import Settings
from tests.components.kubernetes.examples import every_spec, file, of_size
from tests.settings.examples import parsed

BY_SIZE: dict[str, Settings] = {"small": parsed("dev"), "medium": parsed("prod"), "large": of_size("large")}
by_size = pytest.mark.parametrize("settings", BY_SIZE.values(), ids=BY_SIZE)


def exporters(settings: Settings) -> dict[str, Any]:
    """Every exporter of the agents and the gateway that has a queue, by its name."""
    specs = every_spec(settings)
    found = {
        name: body
        for workload in ("otel-agent", "otel-gateway")
        for name, body in file(specs[workload], "collector.yaml")["exporters"].items()
    }
    return {name: body for name, body in found.items() if "sending_queue" in body}


@by_size
def test_no_batch_is_larger_than_a_receiver_takes(settings: Settings) -> None:
    batches = {name: body["sending_queue"].get("batch") for name, body in exporters(settings).items()}
    # This one sends what it is given, which a receiver has taken: the gateway takes twice as much.
    assert batches.pop("load_balancing/traces") is None
    assert {"otlp_grpc/logs", "otlp_grpc/jaeger", "otlp_http/loki"} <= set(batches)
    for name, batch in batches.items():
        assert batch["sizer"] == "bytes", name
        assert batch["min_size"] < batch["max_size"] <= MESSAGE_MIB * 2**20 / 2, name


@by_size
def test_loki_takes_what_a_push_becomes_with_the_attributes_of_every_line(settings: Settings) -> None:
    (burst,) = {file(spec, "loki.yaml")["limits_config"]["ingestion_burst_size_mb"] for spec in lokis(settings)}
    assert exporters(settings)["otlp_http/loki"]["sending_queue"]["batch"]["max_size"] == LARGEST_PUSH
    # A line of nothing takes some 25 bytes of a push.
    assert burst * 2**20 > LARGEST_PUSH / 25 * LARGEST_RESOURCE + LARGEST_PUSH
    assert {file(spec, "loki.yaml")["limits_config"]["per_stream_rate_limit_burst"] for spec in lokis(settings)} == {
        "48MB"
    }


@by_size
def test_what_waits_on_a_disk_is_counted_in_bytes(settings: Settings) -> None:
    queues = {name: body["sending_queue"] for name, body in exporters(settings).items()}
    assert {queue["sizer"] for queue in queues.values()} == {"bytes"}
    of_agent = {name: queues.pop(name)["queue_size"] for name in ("otlp_grpc/logs", "load_balancing/traces")}
    assert sum(of_agent.values()) <= 2**30, "a node's disk is not the stack's"
    assert sum(queue["queue_size"] for queue in queues.values()) <= settings.opentelemetry.volume.value * 0.8


@by_size
def test_a_trace_is_given_time_and_a_gateway_to_judge_it(settings: Settings) -> None:
    sampling = file(every_spec(settings)["otel-gateway"], "collector.yaml")["processors"]["tail_sampling"]
    wait = quantities.parse(sampling["decision_wait"], Unit.DURATION).value
    assert wait == settings.opentelemetry.keep.wait.value
    # Of ten spans, and as many as there are where what is kept is what the size is meant to keep.
    begun = LOADS[settings.kubernetes.size].spans * wait / settings.opentelemetry.keep.share.value / 10
    scaled = 4 if settings.kubernetes.size is Size.LARGE else 1
    assert sampling["num_traces"] * settings.opentelemetry.replicas * scaled >= begun
    assert every_spec(settings)["otel-gateway"].grace_seconds > wait


@by_size
def test_nothing_on_a_disk_is_tried_for_ever(settings: Settings) -> None:
    for name, body in exporters(settings).items():
        longest = quantities.parse(body["retry_on_failure"]["max_elapsed_time"], Unit.DURATION).value
        assert 0 < longest <= 86400, name


def lokis(settings: Settings) -> list[Any]:
    return [spec for spec in every_spec(settings).values() if re.match(r"loki(-|$)", spec.name)]


@by_size
def test_grafana_waits_for_as_long_as_a_query_may_take(settings: Settings) -> None:
    sources = file(every_spec(settings)["grafana"], "datasources.yaml")["datasources"]
    waits = {source["uid"]: source["jsonData"].get("timeout") for source in sources}
    limits = {file(spec, "loki.yaml")["limits_config"]["query_timeout"] for spec in lokis(settings)}
    for limit in limits:
        longest = quantities.parse(limit, Unit.DURATION).value
        assert waits["loki"] > longest
        assert waits["prometheus"] > longest


@pytest.mark.parametrize(("memory", "told"), [("512Mi", "409MiB"), ("2Gi", "1638MiB")])
def test_a_go_program_is_told_of_four_fifths_of_its_memory(memory: str, told: str) -> None:
    assert Resources("1", memory).go_memory_limit == {"GOMEMLIMIT": told}


@by_size
def test_what_holds_spans_and_lines_in_memory_is_told_of_its_limit(settings: Settings) -> None:
    held = [spec for spec in every_spec(settings).values() if spec.name.startswith(("jaeger", "otel-"))]
    told = {spec.name for spec in held if "GOMEMLIMIT" in spec.environment}
    assert told == {spec.name for spec in held if spec.kind != "CronJob"}


@pytest.mark.parametrize("size", Size)
def test_the_caches_of_the_store_leave_half_of_its_memory(size: Size) -> None:
    store = every_spec(of_size(size))["thanos-store"]
    flags = dict(argument.split("=", 1) for argument in store.args if "=" in argument)
    sizes = [flags[name] for name in ("--chunk-pool-size", "--index-cache-size")]
    taken = sum(int(each.removesuffix("MB")) * 10**6 for each in sizes)
    number, unit = int(SIZES[size]["thanos-store"].memory[:-2]), SIZES[size]["thanos-store"].memory[-2:]
    assert taken <= number * {"Mi": 2**20, "Gi": 2**30}[unit] / 2
    assert flags["--store.grpc.downloaded-bytes-limit"] == flags["--chunk-pool-size"]
