"""What an alert measures: what is found of every alert, and what is refused with a reason.

That a measured value is right, real PromQL says in tests/rules/test_measured.py."""

from __future__ import annotations

from dataclasses import replace

import promql_parser
import pytest

from alert_rules.loader import builtin
from alert_rules.model import PrometheusAlert
from alert_rules.promql import SENTINEL, Unmeasurable, measured
from alert_rules.promql.conditions import text
from alert_rules.quantities import plain_number

# Alerts that no single comparison with their threshold decides, and why.
REFUSED = {
    "MemoryGrowing": "it is compared by <= and >",
    "BlockSyncLagging": "it is compared by < and >",
    "DeployRegression": "it is part of a calculation",
}

WITH_THRESHOLD = [alert for alert in builtin().prometheus if "threshold" in alert.parameters]


def with_sentinel(alert: PrometheusAlert) -> str:
    threshold = replace(alert.defaults["threshold"], value=SENTINEL)
    return alert.query({**alert.defaults, "threshold": threshold}, alert.sample_selector)


@pytest.mark.parametrize("alert", WITH_THRESHOLD, ids=lambda alert: alert.name)
def test_every_alert_with_a_threshold_is_measured_or_has_a_reason_not_to_be(alert: PrometheusAlert) -> None:
    if alert.name in REFUSED:
        with pytest.raises(Unmeasurable, match=REFUSED[alert.name]):
            measured(with_sentinel(alert))
        return
    found = measured(with_sentinel(alert))
    assert plain_number(SENTINEL) not in found.expression
    for expression in (found.expression, *found.compared):
        promql_parser.parse(expression)


def test_no_alert_writes_the_sentinel_itself() -> None:
    assert not [a.name for a in builtin().prometheus if plain_number(SENTINEL) in a.default_query]


@pytest.mark.parametrize("alert", builtin().prometheus, ids=lambda alert: alert.name)
def test_the_parsers_own_text_of_an_alert_means_the_same(alert: PrometheusAlert) -> None:
    node = promql_parser.parse(alert.default_query)
    assert text(promql_parser.parse(node.prettify())) == text(node)


@pytest.mark.parametrize(
    ("expression", "compared"),
    [
        ("a > $t", "a"),
        ("(a > 1) / on (service) b > $t", "(a)\nand on (service)\n(b)"),
        ("1 - (a > 1) / b < $t", "((a)\nand\n(b))"),
        ("time() - (a > 0) > $t", "(a)"),
        ("(a > 1) * (60 * 60) > $t", "(a)"),
        ("a / -(time() % 60) > $t", "(a)"),
        ("a / (b > bool 1) > $t", "(a)\nand\n(b > bool 1)"),
        ("max(a > 1) > $t", "max(a > 1)"),
    ],
)
def test_whether_a_value_is_there_is_asked_without_filters_on_its_parts(expression: str, compared: str) -> None:
    [found] = measured(expression.replace("$t", plain_number(SENTINEL))).compared
    assert text(promql_parser.parse(found)) == text(promql_parser.parse(compared))


@pytest.mark.parametrize(
    ("expression", "operator", "expected"),
    [
        ("a > $t", ">", "a"),
        ("$t > a", "<", "a"),
        ("(a >= $t)", ">=", "a"),
        ('rate(a{b="\\\\."}[5m]) < $t', "<", 'rate(a{b="\\\\."}[5m])'),
        ("a > $t and b > 3", ">", "(a) and (b > 3)"),
        ("a > $t unless on (x) b", ">", "(a) unless on (x) (b)"),
        ("max by (x) (a > $t)", ">", "max by (x) (a)"),
        ("count without (x) (a < $t)", "<", "min without (x) (a)"),
        ("sum(a > $t)", ">", "max by () (a)"),
    ],
)
def test_the_comparison_gives_way_to_what_it_compares(expression: str, operator: str, expected: str) -> None:
    found = measured(expression.replace("$t", plain_number(SENTINEL)))
    assert (found.operator, " ".join(found.expression.split())) == (operator, expected)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("a > 5", "no value is compared with it"),
        ("a", "no value is compared with it"),
        ("a > 1 - $t", "it is part of a calculation: a > 1 - $threshold"),
        ("a > -$t", "it is part of a calculation: a > -$threshold"),
        ("a > b * $t", "it is part of a calculation"),
        ("clamp_min(a, $t) > 5", "it is part of a calculation"),
        ("quantile($t, a) > 5", "it is part of a calculation"),
        ("count(quantile($t, a) > 5)", "it is part of a calculation"),
        ("topk(3, a > $t)", "it is part of a calculation"),
        ("(a > $t) > 5", "it is part of a calculation"),
        ("(a > $t) * b", "it is part of a calculation"),
        ("max_over_time((a > $t)[1h:1m]) > 5", "it is part of a calculation"),
        ("a > bool $t", "decides nothing by being greater or less"),
        ("a == $t", "decides nothing by being greater or less"),
        ("a + $t > $t", "decides nothing by being greater or less"),
        ("a > $t and b < $t", "compared by < and >"),
        ("a > $t or b >= $t", "compared by > and >="),
        ("a > $t unless b > $t", "compared by <= and >"),
        ("a and on (x) b > $t", "far side of a match"),
        ("a unless ignoring (x) b > $t", "far side of a match"),
        ("a > $t or on (x) b", "far side of a match"),
    ],
)
def test_a_figure_that_no_single_comparison_decides_by_is_refused_with_the_reason(expression: str, reason: str) -> None:
    with pytest.raises(Unmeasurable) as raised:
        measured(expression.replace("$t", plain_number(SENTINEL)))
    assert reason in str(raised.value)


def test_a_reason_stays_on_a_line_of_its_own() -> None:
    with pytest.raises(Unmeasurable) as raised:
        measured(f"{' + '.join(['very_long_name'] * 40)} > 2 * {plain_number(SENTINEL)}")
    assert "> 2 * $threshold" in str(raised.value)
    assert len(str(raised.value)) < 150


def test_what_is_no_promql_is_an_error_of_its_own() -> None:
    with pytest.raises(ValueError, match=r"\S") as raised:
        measured("a >")
    assert not isinstance(raised.value, Unmeasurable)
