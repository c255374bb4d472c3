"""Checks of the rules themselves, whatever the environment. They run whenever the rules are loaded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alert_rules import logql, promql
from alert_rules.model import LogAlert, PrometheusAlert, RuleAlert, placeholders
from alert_rules.problems import Problem, listed, nearest
from alert_rules.registry import exporters_of, known_metrics, metric_of

CARRIED_LABELS = frozenset({"service", "team"})
"""Labels that an alert must keep, since routing, overrides and inhibition go by them."""


def lint(alerts: Sequence[RuleAlert]) -> list[Problem]:
    """Every fault found in the alerts' expressions and texts."""
    return [problem for alert in alerts for problem in _lint_one(alert)] + list(_alike(alerts))


def needed_exporters(alert: RuleAlert) -> frozenset[str]:
    """What must be run for the alert to have any data: exporters of metrics, or Loki. It must be free of lint."""
    if isinstance(alert, LogAlert):
        return frozenset({"loki"})
    return exporters_of(alert.default_query)


def _lint_one(alert: RuleAlert) -> Iterator[Problem]:
    file, key = f"{alert.source}/{alert.subject}.yaml", f"alerts.{alert.name}"
    if isinstance(alert, LogAlert):
        yield from _logql(alert, file, f"{key}.expression")
    elif isinstance(alert, PrometheusAlert):
        yield from _promql(alert, file, f"{key}.expression")
    if alert.hold_problem(alert.hold.value):
        yield Problem(file, f"{key}.for", str(alert.hold), str(alert.hold_problem(alert.hold.value)))
    yield from _texts(alert, file, key)


def _promql(alert: PrometheusAlert, file: str, key: str) -> Iterator[Problem]:
    expression = alert.default_query
    try:
        used = promql.metrics_and_labels(expression)
    except ValueError as error:
        yield Problem(file, key, expression, f"PromQL; {error}")
        return
    for metric, labels in used:
        yield from _known(metric, labels, file, key)
    # absent() gives its result the labels that it asks for, which $selector holds for each service.
    if not alert.each_service and (lost := promql.lost_labels(expression, CARRIED_LABELS)):
        yield Problem(file, key, f"drops {listed(lost)}", "a result that carries service and team")


def _logql(alert: LogAlert, file: str, key: str) -> Iterator[Problem]:
    expression = alert.default_query
    try:
        used = logql.streams(expression)
    except ValueError as error:
        yield Problem(file, key, expression, f"LogQL; {error}")
        return
    for stream in used:
        for label in sorted(stream.labels - set(logql.STREAM_LABELS)):
            allowed = f"a label of log streams: {listed(logql.STREAM_LABELS)}"
            yield Problem(file, key, label, allowed, nearest(label, logql.STREAM_LABELS))
        for name in sorted(stream.filters - {*logql.STREAM_LABELS, *logql.METADATA}):
            allowed = f"what every line has ({listed(logql.METADATA)}), or a parser before it that finds {name}"
            yield Problem(file, key, name, allowed, nearest(name, logql.METADATA))
        yield from _grouped(alert, stream, file, key)
    if expression.count(alert.sample_selector) != len(used):
        yield Problem(
            file, key, expression, "$selector once in every stream, so that an override for one service applies to it"
        )


def _grouped(alert: LogAlert, stream: logql.Stream, file: str, key: str) -> Iterator[Problem]:
    if alert.each_service:
        if stream.function != "absent_over_time":
            allowed = "absent_over_time, whose result has the labels that it asks for; else no `each_service`"
            yield Problem(file, key, stream.function, allowed)
        return
    if stream.grouping is None:
        yield Problem(file, key, stream.function, "directly in an aggregation such as sum by (service) (...)")
    elif "service" not in stream.grouping or not stream.grouping <= set(logql.STREAM_LABELS):
        allowed = f"service, and nothing that streams have not: {listed(logql.STREAM_LABELS)}"
        yield Problem(file, key, f"by ({listed(stream.grouping)})", allowed)


def _known(series: str, labels: frozenset[str], file: str, key: str) -> Iterator[Problem]:
    metric = metric_of(series)
    if metric is None:
        yield Problem(file, key, series, "a metric of alert_rules/metrics.yaml", nearest(series, known_metrics()))
        return
    for label in sorted(labels - metric.labels):
        allowed = f"a label of {metric.name}: {listed(metric.labels)}"
        yield Problem(file, key, f"{series}{{{label}}}", allowed, nearest(label, metric.labels))
    if "service" not in labels:
        yield Problem(file, key, series, "$selector in every metric, so that an override for one service applies to it")


def _texts(alert: RuleAlert, file: str, key: str) -> Iterator[Problem]:
    """Placeholders of the texts that nothing fills in: they would reach people as `$thresold`."""
    filled = {*alert.parameters, "for"}
    for name, text, also in (
        ("condition", alert.condition, set()),
        ("summary", alert.summary, {"labels", "value"}),
        ("description", alert.description, {"labels", "value"}),
    ):
        for placeholder in placeholders(text):
            if placeholder not in filled | also:
                yield Problem(
                    file, f"{key}.{name}", f"${placeholder}", listed(filled | also), nearest(placeholder, filled)
                )


def _alike(alerts: Sequence[RuleAlert]) -> Iterator[Problem]:
    """Two alerts of one condition would tell the same people the same thing twice."""
    seen: dict[str, str] = {}
    for alert in alerts:
        expression = " ".join(alert.default_query.split())
        if expression in seen:
            key = f"alerts.{alert.name}.expression"
            yield Problem(
                f"{alert.source}/{alert.subject}.yaml",
                key,
                "the condition of " + seen[expression],
                "a condition that no other alert has",
            )
        seen.setdefault(expression, alert.name)
