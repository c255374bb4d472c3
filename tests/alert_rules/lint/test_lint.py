"""Faults in rule files are found when they are loaded, each told by file, key, value and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from alert_rules.loader import HERE, load
from alert_rules.problems import InvalidFiles
from tests.alert_rules.faults import OF_ANY_ENGINE, assert_told, told, written

GOOD = """
alerts:
  Probe:
    severity: high
    for: 2m
    dashboard: main
    condition: above $threshold for $for
    summary: '{{ $labels.service }} is bad'
    description: '{{ $value }} above $threshold'
    reason: a reason that is long enough to be one
    expression: max by (service, team) (cpu_usage_percent{$selector}) > $threshold
    parameters:
      threshold: {default: 80%, unit: percent, min: 1%, max: 99%, reason: a reason that is long enough}
"""


def test_the_example_is_free_of_faults(tmp_path: Path) -> None:
    assert [alert.name for alert in load(written(tmp_path, "prometheus", GOOD)).prometheus] == ["Probe"]


def test_the_files_that_vigil_ships_are_free_of_faults() -> None:
    assert load(HERE).alerts


FAULTS = {
    **OF_ANY_ENGINE,
    "expression that is no PromQL": ("max by (service, team) (", "max by service, team) (", "expression: given"),
    "metric that nothing exports": ("cpu_usage_percent{", "cpu_usage_percents{", "did you mean 'cpu_usage_percent'?"),
    "label that the metric has not": ("{$selector}", '{$selector,status_code="500"}', "cpu_usage_percent{status_code}"),
    "team lost in aggregation": ("by (service, team)", "by (service)", "drops team"),
    "no selector": ("{$selector}", "", "$selector in every metric"),
    "placeholder of a text that nothing fills": (
        "{{ $value }} above $threshold",
        "above $treshold",
        "did you mean 'threshold'?",
    ),
    "for shorter than two evaluations": (
        "for: 2m",
        "for: 29s",
        "for: given '29s'; allowed: 0s, or from two evaluations (30s) to 1d",
    ),
    "bare number": ("default: 80%", "default: 80", "a percentage such as 80%"),
    "default outside its range": ("default: 80%", "default: 180%", "at most 99%"),
    "name in another form": ("  Probe:", "  probe_bad:", "a PascalCase name"),
    "no reason": ("reason: a reason that is long enough to be one", "reason: because", "reason: given 'because'"),
    "malformed YAML": ("alerts:", "alerts: [", "well-formed YAML"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_told(fault: str, tmp_path: Path) -> None:
    assert_told(tmp_path, "prometheus", GOOD, FAULTS[fault])


def test_two_alerts_of_one_condition_are_found(tmp_path: Path) -> None:
    twin = GOOD.replace("alerts:\n", "").replace("  Probe:", "  Twin:")
    assert "the condition of Probe" in told(tmp_path, "prometheus", GOOD + twin)


def test_one_name_in_two_engines_is_found(tmp_path: Path) -> None:
    (tmp_path / "cloudwatch").mkdir()
    alarm = (HERE / "cloudwatch" / "data_pipeline.yaml").read_text(encoding="utf-8")
    (tmp_path / "cloudwatch" / "data_pipeline.yaml").write_text(alarm.replace("DataQualityDegradation", "Probe"))
    assert "Probe: given '2 alerts of this name'" in told(tmp_path, "prometheus", GOOD)


def test_an_unreadable_file_is_told_and_not_skipped(tmp_path: Path) -> None:
    (tmp_path / "prometheus").mkdir()
    (tmp_path / "prometheus" / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InvalidFiles, match="binary.yaml: file: given .* allowed: a readable UTF-8 file"):
        load(tmp_path)


FORM = {
    "list of alerts": ("alerts: []", "alerts: given []; allowed: a mapping of alerts by name"),
    "text for an alert": (
        "alerts: {Probe: up == 0}",
        "alerts.Probe: given 'up == 0'; allowed: a mapping of the alert's keys",
    ),
    "Prometheus' own form": ("groups: []", "groups: given 'groups'; allowed: alerts"),
    "misspelt key": ("alert: {}", "alert: given 'alert'; allowed: alerts; did you mean 'alerts'?"),
}


@pytest.mark.parametrize("fault", FORM)
def test_a_file_in_another_form_is_told_and_not_skipped(fault: str, tmp_path: Path) -> None:
    text, expected = FORM[fault]
    assert told(tmp_path, "prometheus", text) == f"prometheus/probe.yaml: {expected}"


def test_alarms_in_another_form_are_told(tmp_path: Path) -> None:
    assert "cloudwatch/probe.yaml: alarms: given 'none'; allowed: a mapping of alerts by name" in told(
        tmp_path, "cloudwatch", "alarms: none"
    )


OWN = GOOD.replace("cpu_usage_percent", "pumps_running")


def test_rules_of_their_own_may_use_metrics_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "metrics.yaml").write_text("pumps: {pumps_running: {type: gauge, labels: [site]}}", encoding="utf-8")
    other = GOOD.replace("alerts:\n", "").replace("  Probe:", "  Other:")
    assert len(load(written(tmp_path, "prometheus", OWN + other)).prometheus) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pumps: {pumps_running: gauge}", "metrics.yaml: pumps.pumps_running: given 'gauge'; allowed: {type: gauge, "),
        ("pumps: {pumps_running: {type: gauge}}", "metrics.yaml: pumps.pumps_running: given {'type': 'gauge'}; "),
        ("pumps: {pumps_running: {type: gauge, labels: site}}", "metrics.yaml: pumps.pumps_running: given {'type"),
        ("pumps: gauge", "metrics.yaml: pumps: given 'gauge'; allowed: a mapping of metrics by name"),
        ("pumps: [", "allowed: well-formed YAML"),
        ("{}", "given 'pumps_running'; allowed: a metric of alert_rules/metrics.yaml, or of a metrics.yaml beside"),
    ],
)
def test_mistakes_in_metrics_of_their_own_are_told(text: str, expected: str, tmp_path: Path) -> None:
    (tmp_path / "metrics.yaml").write_text(text, encoding="utf-8")
    assert expected in told(tmp_path, "prometheus", OWN)
