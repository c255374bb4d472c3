"""Every fault moves the metric that tells of it, and no fault is set where nobody allowed it."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from examples.service.faults import FAULTS, MIB, Faults
from tests.examples.service.running import Service, running


@dataclass(frozen=True)
class Moves:
    """A sample of /metrics, and what must be true of its value before and after rounds with the fault, and must not be
    of those before and after rounds without."""

    sample: str
    true: Callable[[float, float], bool]
    labels: tuple[tuple[str, str], ...] = ()
    value: float | None = None


def grows(before: float, after: float) -> bool:
    return after > before


def falls(before: float, after: float) -> bool:
    return after < before


def stands(before: float, after: float) -> bool:
    return after == before


def more_than(least: float) -> Callable[[float, float], bool]:
    return lambda before, after: after - before >= least


TURNS = 3
ERRORS = (("status", "error"),)
SHOWN_BY: dict[str, Moves] = {
    "errors": Moves("http_requests_total", grows, (("status_code", "500"),)),
    "latency": Moves("http_request_duration_seconds_sum", more_than(0.2), value=0.05),
    "grpc_latency": Moves("grpc_server_handling_seconds_sum", more_than(0.1), value=0.05),
    "grpc_errors": Moves("grpc_server_handled_total", grows, (("grpc_code", "Internal"),)),
    "database_down": Moves("dependency_up", falls, (("dependency", "database"),)),
    "redis_down": Moves("dependency_up", falls, (("dependency", "redis"),)),
    "external_down": Moves("dependency_up", falls, (("dependency", "external"),)),
    "model_down": Moves("dependency_up", falls, (("dependency", "model"),)),
    "dependency_hang": Moves("dependency_up", falls, value=0.1),
    "database_errors": Moves("database_query_errors_total", grows),
    "database_connections": Moves("database_connections_active", lambda _, after: after == 19),
    "database_latency": Moves("database_query_duration_seconds_sum", more_than(0.1), value=0.05),
    "cache_misses": Moves("cache_hit_ratio", falls, value=1),
    "queue_stuck": Moves("queue_messages", grows),
    "queue_errors": Moves("queue_messages_processed_total", grows, ERRORS),
    "job_failing": Moves("batch_job_runs_total", grows, ERRORS),
    "job_stuck": Moves("batch_job_last_success_timestamp_seconds", stands),
    "pipeline_stuck": Moves("data_pipeline_last_success_timestamp_seconds", stands),
    "data_quality": Moves("data_quality_ratio", lambda _, after: after == 0.8),
    "ai_errors": Moves("ai_requests_total", grows, ERRORS),
    "ai_latency": Moves("ai_request_duration_seconds_sum", more_than(0.1), value=0.05),
    "prediction_errors": Moves("ml_predictions_total", stands, value=1),
    "prediction_drift": Moves("ml_prediction_relative_error", lambda _, after: after == 0.5),
    "sync_lag": Moves("blockchain_block_height", falls),
    "sync_stuck": Moves("blockchain_block_height", stands),
    "transactions_failing": Moves("blockchain_transactions_total", grows, ERRORS),
    "transactions_stuck": Moves("transaction_queue_size", grows),
}
OF_THE_PROCESS = {"memory", "memory_leak", "cpu", "file_descriptors"}
OF_THE_LOG = {"log_errors", "log_flood", "panic", "silence"}
OF_CLOUDWATCH = {"engine_red"}


def test_every_fault_is_shown_by_something() -> None:
    assert {*SHOWN_BY, *OF_THE_PROCESS, *OF_THE_LOG, *OF_CLOUDWATCH} == FAULTS.keys()


@pytest.mark.parametrize("fault", SHOWN_BY)
def test_a_fault_moves_its_metric(service: Service, fault: str) -> None:
    shown = SHOWN_BY[fault]
    service.live(TURNS)
    values = [service.value(shown.sample, **dict(shown.labels))]
    for turn_on in (False, True):
        if turn_on:
            assert service.ask("POST", f"/faults/{fault}{asked(shown.value)}").status_code == 200
        service.live(TURNS)
        values.append(service.value(shown.sample, **dict(shown.labels)))
    before, without, faulty = values
    assert not shown.true(before, without), f"{shown.sample} moves without the fault: {before} -> {without}"
    assert shown.true(without, faulty), f"{shown.sample} does not move: {without} -> {faulty}"


def asked(value: float | None) -> str:
    return "" if value is None else f"?value={value}"


def carried(service: Service) -> None:
    service.run(service.state.burdens.carry())


def test_memory_is_held_and_given_back(service: Service) -> None:
    def measured() -> float:
        service.run(service.state.resources.sample())
        return service.value("memory_usage_bytes")

    before = measured()
    service.set("memory", 100 * MIB)
    for _ in range(3):
        carried(service)
    assert measured() - before == pytest.approx(100 * MIB, rel=0.1)
    service.state.kit.faults.clear("memory")
    carried(service)
    assert measured() - before < 50 * MIB


def test_memory_leaks_a_little_more_each_second(service: Service) -> None:
    def measured() -> float:
        service.run(service.state.resources.sample())
        return service.value("memory_usage_bytes")

    before = measured()
    service.set("memory_leak", 20 * MIB)
    for _ in range(5):
        carried(service)
    assert measured() - before == pytest.approx(100 * MIB, rel=0.1)
    service.state.kit.faults.clear("memory_leak")
    carried(service)
    assert measured() - before < 50 * MIB


def test_cores_are_burnt_until_the_fault_is_off(service: Service) -> None:
    def measured() -> float:
        service.run(service.state.resources.sample())
        time.sleep(0.5)
        service.run(service.state.resources.sample())
        return service.value("cpu_usage_percent")

    idle = measured()
    service.set("cpu", 1)
    carried(service)
    try:
        busy = measured()
    finally:
        service.state.kit.faults.clear("cpu")
    assert busy > idle + 20  # a busy machine leaves this process less than all of it
    threads = service.state.burdens._burning
    for thread in threads:
        thread.join(timeout=5)
    assert not any(thread.is_alive() for thread in threads)


def test_files_are_held_and_closed(service: Service) -> None:
    before = service.value("process_open_fds")
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    service.set("file_descriptors", 200 / limit)
    carried(service)
    assert service.value("process_open_fds") - before == pytest.approx(200, abs=20)
    service.state.kit.faults.clear("file_descriptors")
    carried(service)
    assert service.value("process_open_fds") - before == pytest.approx(0, abs=20)


@pytest.mark.parametrize(
    ("fault", "level", "count"), [("log_errors", "error", 5), ("panic", "fatal", 1), ("log_flood", "info", 2097)]
)
def test_lines_are_written(service: Service, fault: str, level: str, count: int) -> None:
    service.set(fault)
    carried(service)
    assert [line["level"] for line in service.lines()] == [level] * count


def test_silence_leaves_no_line_until_it_is_off(service: Service) -> None:
    service.set("silence")
    carried(service)
    service.get("/products/1")
    assert service.lines() == []
    service.state.kit.faults.clear("silence")
    carried(service)
    service.get("/products/1")
    assert len(service.lines()) == 1


def test_scrapes_and_probes_are_spared(service: Service) -> None:
    service.set("errors", 1)
    service.set("latency", 60)
    assert [service.get(path).status_code for path in ("/metrics", "/health", "/readiness")] == [200, 200, 200]


def test_without_the_switch_no_fault_can_be_set() -> None:
    with running(faulty=False) as service:
        answers = [service.ask(method, "/faults/errors").status_code for method in ("GET", "POST", "DELETE")]
        assert [*answers, service.get("/faults").status_code] == [404] * 4
        assert service.state.kit.faults.on() == {}


def test_a_fault_is_set_listed_and_cleared(service: Service) -> None:
    assert service.ask("POST", "/faults/errors?value=0.25").json() == {"errors": 0.25}
    assert service.get("/faults").json()["on"] == {"errors": 0.25}
    assert service.ask("DELETE", "/faults/errors").status_code == 204
    assert service.get("/faults").json()["on"] == {}


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "nan", "inf", "much"])
def test_a_value_that_makes_no_sense_is_refused(service: Service, value: str) -> None:
    answer = service.ask("POST", f"/faults/errors?value={value}")
    assert answer.status_code == 422
    assert service.state.kit.faults.on() == {}


def test_what_is_refused_says_what_is_allowed(service: Service) -> None:
    assert service.ask("POST", "/faults/errors?value=2").json()["detail"] == (
        "errors takes a value above 0 and at most 1 (share of requests that fail with 500); got 2"
    )
    for method in ("POST", "DELETE"):
        answer = service.ask(method, "/faults/latancy")
        assert (answer.status_code, answer.json()["detail"]) == (404, "no fault 'latancy'; did you mean latency?")


@pytest.mark.parametrize(("share", "strikes"), [(0.1, 10), (0.5, 50), (0.333, 33), (0.9, 90), (1, 100)])
def test_a_share_strikes_as_often_as_it_says(share: float, strikes: int) -> None:
    faults = Faults()
    faults.set("errors", share)
    assert sum(faults.strikes("errors") for _ in range(100)) == strikes


def test_a_share_strikes_each_kind_by_itself() -> None:
    faults = Faults()
    faults.set("errors", 0.5)
    struck = [(kind, faults.strikes("errors", kind)) for kind in ("orders", "logins") * 10]
    assert [struck.count((kind, True)) for kind in ("orders", "logins")] == [5, 5]


def test_no_fault_strikes_while_it_is_off() -> None:
    faults = Faults()
    faults.set("errors", 0.9)
    faults.strikes("errors")
    faults.clear("errors")
    assert not any(faults.strikes("errors") for _ in range(100))


def test_a_fault_that_the_code_misspells_is_noticed() -> None:
    with pytest.raises(KeyError, match="did you mean latency"):
        Faults().value("latancy")
