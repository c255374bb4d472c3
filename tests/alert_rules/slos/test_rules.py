"""The file of recording rules as a whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from alert_rules.registry import known_metrics
from alert_rules.slos import DAY, FILE, recording_rules
from tests.alert_rules.slos.harness import AVAILABILITY, EACH_KIND, rule_files
from tests.validators import promtool


@pytest.mark.validators
def test_prometheus_takes_the_rules_without_a_remark(tmp_path: Path) -> None:
    promtool.check_rules(*rule_files(EACH_KIND, tmp_path, 15 * DAY))


def test_services_that_count_the_same_share_a_rule() -> None:
    objectives = [replace(AVAILABILITY, service=name) for name in ("b", "a")]
    rules = recording_rules(objectives, 31 * DAY)[FILE]["groups"][0]["rules"]
    base = [rule for rule in rules if rule["record"] == "slo:events:rate5m"]
    assert [rule["expr"] for rule in base] == [
        'sum by (service, team) (rate(http_requests_total{service=~"a|b",status_code!=""}[5m]))'
    ]


def test_what_is_recorded_is_known_to_rules_and_boards() -> None:
    groups = recording_rules(EACH_KIND, 31 * DAY)[FILE]["groups"]
    recorded = {rule["record"] for group in groups for rule in group["rules"]}
    known = {name for name, metric in known_metrics().items() if metric.exporter == "slo"}
    assert recorded == known


def test_without_objectives_there_is_no_rule() -> None:
    assert recording_rules([], 15 * DAY) == {}
