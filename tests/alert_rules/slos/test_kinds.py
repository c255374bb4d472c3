"""What each kind of objective counts, and that nothing to count is told of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alert_rules.quantities import Unit, parse
from alert_rules.slos import HOUR, Objective
from tests.alert_rules.slos.harness import AVAILABILITY, EACH_KIND, judge

COUNTED = {
    'http_requests_total{service="shop",team="web",status_code="200"}': "0+540x60",
    'http_requests_total{service="shop",team="web",status_code="404"}': "0+30x60",
    'http_requests_total{service="shop",team="web",status_code="503"}': "0+30x60",
    'http_requests_total{service="else",team="web",status_code="503"}': "0+999x60",
    'http_request_duration_seconds_count{service="shop",team="web",status_code="200"}': "0+600x60",
    'http_request_duration_seconds_bucket{service="shop",team="web",status_code="200",le="0.3"}': "0+480x60",
    'http_request_duration_seconds_bucket{service="shop",team="web",status_code="200",le="0.30000001"}': "0+600x60",
    'http_request_duration_seconds_count{service="shop",team="web",status_code="500"}': "0+60x60",
    'http_request_duration_seconds_bucket{service="shop",team="web",status_code="500",le="0.3"}': "0+60x60",
    'grpc_server_handled_total{service="shop",team="web",grpc_code="OK"}': "0+540x60",
    'grpc_server_handled_total{service="shop",team="web",grpc_code="NotFound"}': "0+48x60",
    'grpc_server_handled_total{service="shop",team="web",grpc_code="Unavailable"}': "0+12x60",
    'grpc_server_handling_seconds_count{service="shop",team="web",grpc_type="unary"}': "0+60x60",
    'grpc_server_handling_seconds_bucket{service="shop",team="web",grpc_type="unary",le="0.3"}': "0+45x60",
    'grpc_server_handling_seconds_count{service="shop",team="web",grpc_type="server_stream"}': "0+60x60",
    'grpc_server_handling_seconds_bucket{service="shop",team="web",grpc_type="server_stream",le="0.3"}': "0x60",
    'ai_requests_total{service="shop",team="web",status="success"}': "0+60x60",
    'data_pipeline_records_total{service="shop",team="web",pipeline="p",status="success"}': "0+45x60",
    'data_pipeline_records_total{service="shop",team="web",pipeline="p",status="error"}': "0+15x60",
    'data_pipeline_last_success_timestamp_seconds{service="shop",team="web",pipeline="fresh"}': "0+60x60",
    'data_pipeline_last_success_timestamp_seconds{service="shop",team="web",pipeline="stale"}': "1x60",
    'orders_total{service="shop",team="web",status="kept"}': "0+54x60",
    'orders_total{service="shop",team="web",status="lost"}': "0+6x60",
}
MEASURED = {  # bad events and events a second
    "availability": (0.5, 10),
    "latency": (2, 10),
    "grpc-availability": (0.2, 10),
    "grpc-latency": (0.25, 1),
    "inference": (0, 1),
    "quality": (0.25, 1),
    "freshness": (1, 1),
    "orders": (0.1, 1),
}


@pytest.mark.validators
@pytest.mark.parametrize("objective", EACH_KIND, ids=lambda objective: objective.name)
def test_events_are_counted_as_the_kind_says(objective: Objective, tmp_path: Path) -> None:
    bad, events = MEASURED[objective.name]
    labels = f'{{service="shop",team="web",slo="{objective.name}"}}'
    values = {
        (HOUR / 2, f"round(slo:{what}:rate5m, 0.001)"): {labels: value}
        for what, value in (("errors", bad), ("events", events))
    }
    judge([objective], COUNTED, tmp_path, values=values)


@pytest.mark.validators
def test_data_are_fresh_while_any_instance_has_succeeded(tmp_path: Path) -> None:
    [fresh] = [objective for objective in EACH_KIND if objective.kind == "freshness"]
    name = 'data_pipeline_last_success_timestamp_seconds{service="shop",team="web",pipeline="p",instance="'
    series = {f'{name}leader"}}': "0+60x60", f'{name}idle"}}': "60x60", f'{name}new"}}': "0x60"}
    labels = '{service="shop",team="web",slo="freshness"}'
    fresh = replace(fresh, threshold=parse("5m", Unit.DURATION))
    judge([fresh], series, tmp_path, values={(HOUR / 2, "slo:errors:rate5m + 0"): {labels: 0}})


@pytest.mark.validators
def test_a_label_that_was_renamed_is_missed(tmp_path: Path) -> None:
    renamed = {
        'http_requests_total{service="shop",team="web",code="500"}': "0+60x60",
        'up{service="shop",team="web"}': "1x60",
    }
    judge([AVAILABILITY], renamed, tmp_path, alerts={(HOUR / 2, "SliMissing"): True})
