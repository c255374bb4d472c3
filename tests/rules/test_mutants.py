"""The rule tests notice when a rule is no longer what it was."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from alert_rules.model import PrometheusAlert
from alert_rules.quantities import Quantity, Unit, seconds_text
from alert_rules.timing import EVALUATION_INTERVAL
from tests.rules import mutation
from tests.rules.files import ALERTS
from tests.rules.harness import EVERY_SERVICE, Form, judge

pytestmark = pytest.mark.validators


def mutants(alert: PrometheusAlert) -> Iterator[tuple[str, Form]]:
    """A rule with one thing about it changed, and what that is."""
    values = {name: parameter.resolve(parameter.default) for name, parameter in alert.parameters.items()}

    def both(change: Callable[[str], str]) -> Form:
        return Form(*({"expr": change(form(values, EVERY_SERVICE))} for form in (alert.query, alert.reading)))

    expression = alert.query(values, EVERY_SERVICE)
    for seconds in (-EVALUATION_INTERVAL, EVALUATION_INTERVAL):
        if alert.default_hold + seconds >= 0:  # an alert that fires at once cannot fire sooner
            hold = {"for": seconds_text(alert.default_hold + seconds)}
            yield f"for {seconds:+.0f}s", Form(hold, hold)
    for name, value in values.items():
        # A tenth of a small count is no whole thing: to an alert on 2 or more, 1.8 and 2 are the same.
        step = max(1, value.value / 10) if value.unit is Unit.COUNT else value.value / 10
        for change in (-step, step):
            changed = values | {name: replace(value, value=value.value + change)}
            forms = ({"expr": form(changed, EVERY_SERVICE)} for form in (alert.query, alert.reading))
            yield f"{name} {change:+g}", Form(*forms)
    # All at once, wherever one stands: both sides of a quotient are of the same series.
    for matcher in mutation.written_matchers(expression):
        if matcher != EVERY_SERVICE:
            yield f"without {matcher}", both(partial(re.sub, re.escape(f",{matcher}"), ""))
    yield from without_clauses(alert, values)
    yield "any series", both(lambda text: text.replace(EVERY_SERVICE, 'service!="nobody"'))
    if "service, team" in expression:  # what a recording rule has grouped has no grouping of its own
        yield "no team", both(lambda text: text.replace("service, team", "service"))
    has_instance = "team, instance" in expression
    regrouped = ("team, instance", "team") if has_instance else ("service, team", "service, team, instance")
    if regrouped[0] in expression:
        yield "other instances", both(lambda text: text.replace(*regrouped))


def without_clauses(alert: PrometheusAlert, values: Mapping[str, Quantity]) -> Iterator[tuple[str, Form]]:
    """The rule without one clause of what is evaluated, or of what is recorded for it."""
    parts = {record: f"(\n{part}\n)" for record, part in alert.recordings(values, EVERY_SERVICE).items()}

    def whole(reading: str, parts: Mapping[str, str]) -> str:
        for record, part in parts.items():
            reading = reading.replace(f"last_over_time({record}{{{EVERY_SERVICE}}}[25m])", part)
        return reading

    reading = alert.reading(values, EVERY_SERVICE)
    assert whole(reading, parts) == alert.query(values, EVERY_SERVICE)
    for what, shorter in mutation.without_clauses(reading):
        yield what, Form({"expr": whole(shorter, parts)}, {"expr": shorter})
    for record, part in parts.items():
        for what, shorter in mutation.without_clauses(part):
            if "without `or 0 * max by (service, team) (up" in what:
                continue  # shows in what is recorded alone: test_what_was_up_and_had_nothing_is_recorded_as_0
            yield f"{record} {what}", Form({"expr": whole(reading, {**parts, record: shorter})}, None)


MUTANTS = [pytest.param(alert, form, id=f"{alert.name}: {what}") for alert in ALERTS for what, form in mutants(alert)]


@pytest.mark.parametrize(("alert", "form"), MUTANTS)
def test_the_rule_tests_notice_a_change_of_a_rule(alert: PrometheusAlert, form: Form, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=f"alertname: {alert.name}"):
        judge(alert, form, tmp_path)
