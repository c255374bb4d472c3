"""What alert_rules.promql sees in an expression."""

from __future__ import annotations

import pytest

from alert_rules.promql import grouping_labels, lost_labels, metrics_and_labels


def test_every_selector_is_named_with_the_labels_it_matches() -> None:
    expression = 'sum(rate(a_total{x="1",y!~"2"}[5m])) / max_over_time(b{z="3"}[1h:1m]) > bool (c offset 1d)'
    assert metrics_and_labels(expression) == [
        ("a_total", frozenset({"x", "y"})),
        ("b", frozenset({"z"})),
        ("c", frozenset()),
    ]


def test_alternatives_and_the_name_label_are_seen_through() -> None:
    assert metrics_and_labels('up{a="1" or b="2"}') == [("up", frozenset({"a", "b"}))]
    assert metrics_and_labels('{__name__="up",job="x"}') == [("up", frozenset({"job"}))]
    assert metrics_and_labels('{__name__=~"up|down"}') == [("", frozenset())]


def test_grouping_and_matching_labels_are_found_at_every_depth() -> None:
    expression = "sum by (a) (x) / on (b) group_left (c) max without (d) (y) and ignoring (e) topk by (f) (3, (-(z)))"
    assert grouping_labels(expression) == set("abcdef")


@pytest.mark.parametrize("function", [metrics_and_labels, grouping_labels])
@pytest.mark.parametrize("wrong", ["sum(", "rate(up)", ""])
def test_what_is_not_promql_is_refused_with_the_parsers_reason(function: object, wrong: str) -> None:
    assert callable(function)
    with pytest.raises(ValueError, match=r"."):
        function(wrong)


CARRIED = frozenset({"service", "team"})


@pytest.mark.parametrize(
    ("expression", "lost"),
    [
        ("up", ""),
        ("up == 0", ""),
        ("0 == up", ""),
        ("sum(up)", "service team"),
        ("sum by (service) (up)", "team"),
        ("sum without (service) (up)", "service"),
        ("sum without (instance) (up)", ""),
        ("topk(3, up)", ""),
        ("topk(3, sum by (team) (up))", "service"),
        ("sum by (service, team) (sum by (service) (up))", "team"),
        ("histogram_quantile(0.95, sum by (service, team, le) (rate(x_bucket[5m])))", ""),
        ("histogram_quantile(0.95, sum by (le) (rate(x_bucket[5m])))", "service team"),
        ("sum by (service, team) (a) / sum by (service) (b)", "team"),
        ("sum by (service) (a) and sum by (service, team) (b)", "team"),
        ("sum by (service, team) (a) and sum by (service) (b)", ""),
        ("sum by (service, team) (a) or sum by (service) (b)", "team"),
        ("a / on (service) group_left (team) b", ""),
        ("sum by (service) (a) / on (service) group_left (team) b", ""),
        ("a / on (service) b", "team"),
        ("a / ignoring (team) b", "team"),
        ("absent(up)", "service team"),
        ("up / scalar(sum(up))", ""),
        ("-(up)", ""),
        ("max_over_time(sum by (service) (up)[5m:1m])", "team"),
        ("label_replace(up, 'a', '$1', 'b', '(.*)')", ""),
    ],
)
def test_the_labels_that_a_result_does_not_carry_are_found(expression: str, lost: str) -> None:
    assert lost_labels(expression, CARRIED) == set(lost.split())
