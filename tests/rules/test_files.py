"""Every Prometheus alert has rule tests in the file of its subject."""

from collections.abc import Iterator
from typing import Any

import pytest

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


def test_no_condition_names_an_alert() -> None:
    # Whatever tells of a fault already is said by `told_by`, in one way.
    assert [alert.name for alert in ALERTS if "ALERTS" in alert.expression] == []
