"""LogQL in the strict form that rules are written in, and the faults of log alerts that are found when they are loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from alert_rules import logql, promql
from alert_rules.loader import load
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
    expression: sum by (service) (rate({$selector} |~ `^panic [{]` | detected_level="error" [5m])) > $threshold
    parameters:
      threshold: {default: 1/s, unit: rate, min: 0/s, max: 9/s, reason: a reason that is long enough}
"""
SILENT = GOOD.replace("    for: 2m", "    for: 2m\n    each_service: true").replace(
    'sum by (service) (rate({$selector} |~ `^panic [{]` | detected_level="error" [5m])) > $threshold',
    "absent_over_time({$selector}[5m]) > $threshold",
)


@pytest.mark.parametrize("text", [GOOD, SILENT])
def test_the_examples_are_free_of_faults(text: str, tmp_path: Path) -> None:
    assert [alert.name for alert in load(written(tmp_path, "loki", text)).loki] == ["Probe"]


FAULTS = {
    **OF_ANY_ENGINE,
    "label that streams have not": (
        "{$selector}",
        '{$selector,pod="a"}',
        "a label of log streams: namespace, node, service",
    ),
    "misspelt label": ("{$selector}", '{$selector,namespac="a"}', "did you mean 'namespace'?"),
    "stream without $selector": (
        "> $threshold",
        '> sum by (service) (rate({service="b"}[5m])) * $threshold',
        "$selector once in every stream",
    ),
    "no selector": ("{$selector}", '{service="b"}', "to hold $selector"),
    "matcher without quotes": ("{$selector}", "{$selector,namespace=a}", "is no list of matchers"),
    "bracket that is never closed": ("[5m]))", "[5m])", "is never closed"),
    "bracket that closes nothing": ("[5m]))", "[5m])))", "a ) that closes nothing"),
    "quote that does not end": ('"error"', '"error', "a quote that does not end"),
    "no range": (" [5m]", "", "no range such as [5m]"),
    "service lost in aggregation": ("by (service)", "by (namespace)", "service, and nothing that streams have not"),
    "label of a line kept": ("by (service)", "by (service, k8s_pod_name)", "by (k8s_pod_name, service)"),
    "no aggregation": ("sum by (service) (rate(", "(rate(", "directly in an aggregation"),
    "aggregation that drops the service later": (
        'sum by (service) (rate({$selector} |~ `^panic [{]` | detected_level="error" [5m]))',
        "sum(sum by (service) (rate({$selector}[5m])))",
        "an aggregation that is not written sum by",
    ),
    "sides matched on less": (
        "> $threshold",
        "> on (namespace) sum by (service) (rate({$selector}[5m])) * $threshold",
        "only sides of the same labels",
    ),
    "misspelt metadata": ("detected_level=", "detected_levl=", "did you mean 'detected_level'?"),
    "each_service of what is not absent": (
        "    for: 2m",
        "    for: 2m\n    each_service: true",
        "absent_over_time, whose result has the labels",
    ),
    "lone dollar": ("^panic [{]", "panic$", "to write a $ that begins no placeholder as $$"),
    "placeholder of a text that nothing fills": ("{{ $value }} above $threshold", "above $treshold", "'threshold'?"),
    "for shorter than two evaluations": ("for: 2m", "for: 119s", "from two evaluations (2m) to 1d"),
    "default outside its range": ("default: 1/s", "default: 10/s", "at most 9/s"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_and_told(fault: str, tmp_path: Path) -> None:
    assert_told(tmp_path, "loki", GOOD, FAULTS[fault])


def test_what_a_parser_finds_in_a_line_may_be_called_anything(tmp_path: Path) -> None:
    text = GOOD.replace('| detected_level="error"', '| json | status="500"')
    assert load(written(tmp_path, "loki", text)).loki


def test_two_alerts_of_one_condition_are_found(tmp_path: Path) -> None:
    twin = GOOD.replace("alerts:\n", "").replace("  Probe:", "  Twin:")
    assert "the condition of Probe" in told(tmp_path, "loki", GOOD + twin)


def test_one_name_in_two_engines_is_found(tmp_path: Path) -> None:
    metric = GOOD.replace(
        'sum by (service) (rate({$selector} |~ `^panic [{]` | detected_level="error" [5m]))',
        "max by (service, team) (rate(http_requests_total{$selector}[5m]))",
    )
    written(tmp_path, "prometheus", metric)
    assert "Probe: given '2 alerts of this name'" in told(tmp_path, "loki", GOOD)


def test_what_is_quoted_is_not_read_as_logql() -> None:
    [stream] = logql.streams(r'sum by (service) (rate({service="a{\"["} |~ `[{(` != "on (x) [" [5m]))')
    assert stream == logql.Stream(frozenset({"service"}), frozenset(), "rate", frozenset({"service"}))


def test_queries_for_lines_have_selectors_too() -> None:
    found = logql.selector_labels('{service="a", namespace=~"b|c"} |= "x" | json')
    assert found == [frozenset({"service", "namespace"})]


def test_counts_of_lines_read_as_promql_and_fewer_lines_as_more_matchers() -> None:
    found = logql.as_promql(
        'sum by (service) (rate({service="a"} |= "x (" | json\n [5m])) / sum by (service) (rate({ service="a", }[5m])) > 1'
    )
    assert found == (
        'sum by (service) (count_over_time(log{service="a", function="rate", pipeline="|= \\"x (\\" | json"}[5m])) / '
        'sum by (service) (count_over_time(log{service="a", function="rate"}[5m])) > 1'
    )
    assert promql.metrics_and_labels(found)[1] == ("log", frozenset({"service", "function"}))


def test_a_value_taken_out_of_lines_may_be_negative() -> None:
    found = logql.as_promql('sum by (service) (sum_over_time({service="a"} | json | unwrap x [5m])) < 0')
    assert [each.bounds[0] for each in promql.comparisons(found)] == [float("-inf")]


@pytest.mark.parametrize("wrong", ["", '{service="a"}', 'rate({service="a"})', 'rate({service="a"[5m])'])
def test_what_is_no_count_of_lines_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        logql.as_promql(wrong)
