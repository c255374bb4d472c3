"""The Prometheus rules as promtool judges them: well formed, and firing when and only when they should."""

from pathlib import Path

import pytest

from alert_rules.model import PrometheusAlert
from tests.rules.files import ALERTS, SUBJECTS
from tests.rules.harness import Form, cases_of, compiled, judge, rules_of, run, written, written_alone
from tests.validators import promtool

pytestmark = pytest.mark.validators

RECORDING = [alert for alert in ALERTS if alert.recorded]
"""Alerts for which something is recorded."""


def test_prometheus_takes_the_rules_without_a_remark(tmp_path: Path) -> None:
    report = promtool.check_rules(*written(compiled(), tmp_path))
    assert report.count("SUCCESS") == len(SUBJECTS)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_does_what_its_rule_tests_say(alert: PrometheusAlert, tmp_path: Path) -> None:
    judge(alert, Form(), tmp_path)


@pytest.mark.parametrize("alert", RECORDING, ids=lambda alert: alert.name)
def test_an_alert_does_the_same_by_what_is_recorded_for_it_at_the_moment(
    alert: PrometheusAlert, tmp_path: Path
) -> None:
    own = [
        rule
        for rule in rules_of(compiled(), alert.subject)
        if rule.get("alert") == alert.name or rule.get("record", "").startswith(f"{alert.name}:")
    ]
    # The compiled rule also takes what was recorded some evaluations before; that would be there when it is over.
    of_the_moment = [rule | {"expr": rule["expr"].replace("[25m]", "[1s]")} for rule in own]
    file = written_alone(alert, sorted(of_the_moment, key=lambda rule: "alert" in rule), tmp_path)
    run(cases_of(alert, by_recordings=False), [file], tmp_path)


@pytest.mark.parametrize(
    ("alert", "part", "hours"),
    [
        ("TrafficDropped", "last_week", 168),
        ("TrafficDropped", "week_before", 336),
        ("PredictionsStopped", "yesterday", 24),
        ("PredictionsStopped", "last_week", 168),
    ],
)
def test_what_was_up_and_had_nothing_is_recorded_as_0(alert: str, part: str, hours: int, tmp_path: Path) -> None:
    """Else what it had before would be read for longer than the alert waits."""
    [found] = [one for one in ALERTS if one.name == alert]
    rules = [r for r in rules_of(compiled(), found.subject) if r.get("record") == f"{alert}:{part}"]
    asked = {
        "expr": f"{alert}:{part}",
        "eval_time": f"{hours}h5m",
        "exp_samples": [{"labels": f'{alert}:{part}{{service="shop",team="web"}}', "value": 0}],
    }
    up = [
        {"series": 'up{service="shop",team="web",instance="pod-1",job="shop"}', "values": "1x5"},
        {"series": 'up{service="probed",team="web",instance="https://probed",job="probes"}', "values": "1x5"},
    ]
    group = {"interval": "1m", "input_series": up, "promql_expr_test": [asked]}
    run({"evaluation_interval": "5m", "tests": [group]}, [written_alone(found, rules, tmp_path)], tmp_path)
