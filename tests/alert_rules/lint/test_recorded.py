"""What is recorded for an alert can be recorded, and read as if it stood in the condition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alert_rules.lint import recorded
from alert_rules.loader import builtin
from tests.alert_rules.faults import entry, found

FILE = "prometheus/probe.yaml: alerts.Probe."
NOW = "sum by (service, team) (rate(http_requests_total{$selector}[5m]))"
YESTERDAY = "sum by (service, team) (rate(http_requests_total{$selector}[5m] offset 1d))"


def probe(expression: str, **parts: str) -> dict[str, Any]:
    return {"Probe": entry(expression) | ({"recorded": parts} if parts else {})}


def test_no_rule_that_vigil_ships_records_what_it_cannot_or_reads_far_back_each_time() -> None:
    assert [str(problem) for alert in builtin().prometheus for problem in recorded.check(alert)] == []


def test_what_is_recorded_and_read_as_it_stands_is_no_fault(tmp_path: Path) -> None:
    assert found(tmp_path, probe(f"{NOW} > 2 * $yesterday", yesterday=YESTERDAY)) == []


@pytest.mark.parametrize(
    ("expression", "parts", "told"),
    [
        (
            f"{NOW} > 2 * {YESTERDAY}",
            {},
            "expression: given 'reads what was up to 1445m ago'; allowed: `recorded` for what reaches a day back",
        ),
        (
            "max by (service, team) (max_over_time(up{$selector}[1d])) == 0",
            {},
            "expression: given 'reads what was up to 1d ago'; allowed: `recorded`",
        ),
        (
            "sum by (service, team) (rate($day)) > 1",
            {"day": "http_requests_total{$selector}[1d]"},
            "recorded.day: given 'http_requests_total{service!=\"\"}[1d]'; allowed: an instant vector",
        ),
        (
            "sum by (service, team) (rate($day)) > 1",
            {"day": "http_requests_total{$selector}[1d]"},
            "allowed: PromQL where what is recorded is an instant vector; ",
        ),
        (
            f"{NOW} > $limit",
            {"limit": "scalar(up{$selector})"},
            "recorded.limit: given 'scalar(up{service!=\"\"})'; allowed: an instant vector",
        ),
        (
            f"{NOW} / on () group_left () $all > 1",
            {"all": "sum(increase(http_requests_total{$selector}[1d]))"},
            "recorded.all: given 'drops service, team'; allowed: a result that carries service and team",
        ),
        (
            "max_over_time($hourly[6h:1h]) > 1",
            {"hourly": "sum by (service, team) (increase(http_requests_total{$selector}[1h]))"},
            "expression: given 'a subquery over hourly'; allowed: a subquery within `recorded`",
        ),
    ],
)
def test_what_prometheus_could_not_record_or_read_is_told(
    expression: str, parts: dict[str, str], told: str, tmp_path: Path
) -> None:
    problems = found(tmp_path, probe(expression, **parts))
    assert any(problem.startswith(FILE) and told in problem for problem in problems), problems
