"""Every Prometheus alert has rule tests in the file of its subject."""

from collections.abc import Iterator
from typing import Any

import pytest

from alert_rules.model import PrometheusAlert
from tests.rules.files import ALERTS, HERE, SUBJECTS, rule_tests


def cases() -> Iterator[tuple[str, dict[str, Any]]]:
    """Each case with the subject in whose file it stands."""
    for subject in SUBJECTS:
        for group in rule_tests(subject)["tests"]:
            yield from ((subject, case) for case in group["alert_rule_test"])


def test_each_subject_has_a_file_of_rule_tests_and_each_file_a_subject() -> None:
    assert sorted(path.stem for path in HERE.glob("*.yaml")) == SUBJECTS


def test_each_case_names_an_alert_of_its_subject() -> None:
    # promtool passes a silent case of an alert that does not exist.
    subjects = {alert.name: alert.subject for alert in ALERTS}
    named = {(subject, case["alertname"]) for subject, case in cases()}
    assert {(subject, name) for subject, name in named if subjects.get(name) != subject} == set()


@pytest.mark.parametrize("alert", [alert.name for alert in ALERTS])
def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_stays_silent(alert: str) -> None:
    outcomes = {bool(case["exp_alerts"]) for _, case in cases() if case["alertname"] == alert}
    assert True in outcomes, f"{alert} fires in no case of tests/rules"
    assert False in outcomes, f"{alert} stays silent in no case of tests/rules"


@pytest.mark.parametrize("alert", [alert for alert in ALERTS if alert.recorded], ids=lambda alert: alert.name)
def test_each_alert_that_reads_what_is_recorded_for_it_has_cases_that_give_all_of_that(alert: PrometheusAlert) -> None:
    of_alert = [
        [series["series"].partition("{")[0] for series in group["input_series"]]
        for group in rule_tests(alert.subject)["tests"]
        if any(case["alertname"] == alert.name for case in group["alert_rule_test"])
    ]
    recorded = {f"{alert.name}:{part}" for part in alert.recorded}
    given = [recorded & set(series) for series in of_alert]
    assert recorded in given, f"no case of tests/rules gives {sorted(recorded)}, for the rule that reads them"
    assert all(some in (set(), recorded) for some in given), "a case that gives some of them and not the others"


def test_no_condition_names_an_alert() -> None:
    # Whatever tells of a fault already is said by `told_by`, in one way.
    assert [alert.name for alert in ALERTS if "ALERTS" in alert.expression] == []
