"""What the main dashboard's queries yield, by Prometheus's own engine (promtool)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dashboards.grafana import main
from tests.dashboards.grafana.boards import boards, panel, promql
from tests.validators import promtool

SERIES = {
    'http_requests_total{service="a",instance="1",status_code="200"}': "0+30x60",
    'http_requests_total{service="a",instance="2",status_code="200"}': "0+60x60",
    'http_requests_total{service="a",instance="1",status_code="503"}': "0+30x60",
    'http_requests_total{service="b",instance="3",status_code="404"}': "0+60x60",
    'http_request_duration_seconds_bucket{service="a",instance="1",le="1"}': "0+60x60",
    'http_request_duration_seconds_bucket{service="a",instance="1",le="+Inf"}': "0+60x60",
    'ai_requests_total{service="a",model="m",provider="p",status="success"}': "0+30x60",
    'ai_requests_total{service="a",model="m",provider="p",status="error"}': "0+30x60",
    'ai_request_duration_seconds_bucket{service="a",model="m",provider="p",le="20"}': "0+60x60",
    'ai_request_duration_seconds_bucket{service="a",model="m",provider="p",le="+Inf"}': "0+60x60",
    'cpu_usage_percent{service="a",instance="1"}': "20x60",
    'cpu_usage_percent{service="a",instance="2"}': "90x60",
    'memory_usage_bytes{service="a",instance="1"}': "1024x60",
    'memory_usage_bytes{service="a",instance="2"}': "2048x60",
    'active_connections{service="a",instance="1"}': "3x60",
    'active_connections{service="a",instance="2"}': "4x60",
    'up{service="a",instance="1"}': "1x60",
    'up{service="a",instance="2"}': "1x60",
    'up{service="b",instance="3"}': "0x60",
    'ALERTS{alertname="Watchdog",alertstate="firing",severity="info"}': "1x60",
    'ALERTS{alertname="ServiceDown",alertstate="pending",severity="critical",service="b"}': "1x60",
}

EXPECTED: dict[str, list[dict[str, float]]] = {
    "Instances up": [{"{}": 2}],
    "Instances down": [{"{}": 1}],
    "Probes failing": [{"{}": 0}],
    "Firing alerts": [{'{alertname="Watchdog",severity="info"}': 1}],
    "Request rate": [{'{service="a"}': 2, '{service="b"}': 1}],
    "Error ratio": [{'{service="a"}': 0.25, '{service="b"}': 0}],
    "Response time": [{'{service="a"}': 0.5}, {'{service="a"}': 0.95}, {'{service="a"}': 0.99}],
    "AI request rate": [{'{model="m",provider="p"}': 1}],
    "AI failure ratio": [{'{service="a"}': 0.5}],
    "AI request duration, p95": [{'{model="m",provider="p"}': 19}],
    "CPU usage": [{'{service="a"}': 90}],
    "Memory usage": [{'{service="a"}': 2048}],
    "Active connections": [{'{service="a"}': 7}],
}


def test_every_panel_has_an_expected_value() -> None:
    assert list(EXPECTED) == [shown.title for row in main.ROWS for shown in row.panels]


@pytest.mark.validators
@pytest.mark.parametrize("title", EXPECTED)
def test_a_panels_queries_yield_what_its_title_says(title: str, tmp_path: Path) -> None:
    targets = panel(boards()[main.UID], title)["targets"]
    cases = [
        {
            "expr": promql(target["expr"]),
            "eval_time": "30m",
            "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
        }
        for target, samples in zip(targets, EXPECTED[title], strict=True)
    ]
    series = [{"series": name, "values": values} for name, values in SERIES.items()]
    test = {"interval": "1m", "input_series": series, "promql_expr_test": cases}
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [test]}))
    promtool.test_rules(file)
