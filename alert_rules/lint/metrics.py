"""Faults of a PromQL expression in what it reads and in the labels that it loses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alert_rules import promql
from alert_rules.lint.told import told
from alert_rules.model import PrometheusAlert
from alert_rules.problems import Problem, listed, nearest
from alert_rules.registry import Metric, metric_of

CARRIED_LABELS = frozenset({"service", "team"})
"""Labels that an alert must keep, since routing, overrides and inhibition go by them."""


def check(alert: PrometheusAlert, known: Mapping[str, Metric]) -> Iterator[Problem]:
    """What is no PromQL, reads what is not `known`, or loses the labels by which alerts are told apart."""
    expression = alert.default_query
    try:
        used = promql.metrics_and_labels(expression)
    except ValueError as error:
        yield told(alert, "expression", expression, f"PromQL; {error}")
        return
    for metric, labels in used:
        yield from _known(alert, metric, labels, known)
    if lost := promql.lost_labels(expression, CARRIED_LABELS):
        yield told(alert, "expression", f"drops {listed(lost)}", "a result that carries service and team")
    if "service" not in lost:
        yield from _mixed(alert)


def _mixed(alert: PrometheusAlert) -> Iterator[Problem]:
    """Services thrown together and told apart again, or compared by a label that one side has lost."""
    for aggregation in promql.dropping(alert.default_query, "service"):
        allowed = (
            "an aggregation that keeps service, unless its result is only looked up by other labels: "
            "to the right of `and on (...)` or `unless on (...)`, or on the one side of group_left or group_right"
        )
        yield told(alert, "expression", " ".join(aggregation.split()), allowed)


def _known(
    alert: PrometheusAlert, series: str, labels: frozenset[str], known: Mapping[str, Metric]
) -> Iterator[Problem]:
    metric = metric_of(series, known)
    if metric is None:
        allowed = "a metric of alert_rules/metrics.yaml, or of a metrics.yaml beside the rules"
        yield told(alert, "expression", series, allowed, nearest(series, known))
        return
    for label in sorted(labels - metric.labels):
        allowed = f"a label of {metric.name}: {listed(metric.labels)}"
        yield told(alert, "expression", f"{series}{{{label}}}", allowed, nearest(label, metric.labels))
    if "service" not in labels:
        allowed = "$selector in every metric, so that an override for one service applies to it"
        yield told(alert, "expression", series, allowed)
