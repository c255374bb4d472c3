"""The service exports every application metric as alert_rules/metrics.yaml declares it, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics

from alert_rules.registry import COMMON_LABELS, known_metrics
from examples.service import metrics
from tests.examples.service.running import Service, family_name, running

DECLARED = {name: metric for name, metric in known_metrics().items() if metric.exporter == "application"}
CLIENT_LIBRARY = ("process_", "python_")
ADDED_BY_SCRAPING = COMMON_LABELS - {"le"}


@pytest.fixture(scope="module")
def exported() -> Iterator[dict[str, Metric]]:
    with running() as service:
        service.live()
        yield service.families()


@pytest.mark.parametrize("name", sorted(DECLARED))
def test_a_declared_metric_is_exported_with_its_type_and_labels(name: str, exported: dict[str, Metric]) -> None:
    assert name in exported, f"{name} is not exported after a round of load"
    assert exported[name].type == DECLARED[name].type
    labels = {frozenset(sample.labels) - {"le"} for sample in exported[name].samples}
    assert labels == {DECLARED[name].labels - COMMON_LABELS}


def test_nothing_else_is_exported(exported: dict[str, Metric]) -> None:
    others = {name for name in exported if not name.startswith(CLIENT_LIBRARY)}
    assert others - DECLARED.keys() == set()


def test_no_series_brings_a_label_that_scraping_adds(exported: dict[str, Metric]) -> None:
    samples = [sample for family in exported.values() for sample in family.samples]
    assert [sample for sample in samples if sample.labels.keys() & ADDED_BY_SCRAPING] == []


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("http_request_duration_seconds", [0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 2, 3, 5, 7, 10]),
        ("grpc_server_handling_seconds", [0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 2, 3, 5, 7, 10]),
        ("ai_request_duration_seconds", [0.5, 1, 2, 5, 10, 30, 60]),
        ("ml_prediction_duration_seconds", [0.01, 0.05, 0.1, 0.2, 0.5, 1]),
    ],
)
def test_histograms_have_the_bounds_of_their_sources(
    name: str, bounds: list[float], exported: dict[str, Metric]
) -> None:
    found = {float(sample.labels["le"]) for sample in exported[name].samples if "le" in sample.labels}
    assert sorted(found) == [*bounds, float("inf")]


@pytest.mark.parametrize("milliseconds", [50, 100, 200, 300, 500, 1000])
def test_a_latency_objective_finds_its_bucket(milliseconds: int) -> None:
    assert milliseconds / 1000 in metrics.HTTP_BUCKETS


def test_a_failure_is_seen_as_an_increase_from_zero(exported: dict[str, Metric]) -> None:
    for name in ("batch_job_runs_total", "queue_messages_processed_total", "ai_requests_total"):
        failed = [sample.value for sample in exported[name].samples if sample.labels["status"] == "error"]
        assert failed == [0.0], name


def test_open_metrics_carries_the_trace_of_a_request_as_its_exemplar(service: Service) -> None:
    service.get("/products/p-1")
    trace_id = service.lines("request")[0]["trace_id"]
    answer = service.get("/metrics", [("accept", "application/openmetrics-text; version=1.0.0")])
    families = {family_name(each): each for each in open_metrics(answer.text)}  # type: ignore[no-untyped-call]
    samples = families["http_request_duration_seconds"].samples
    assert {sample.exemplar.labels["trace_id"] for sample in samples if sample.exemplar} == {trace_id}
