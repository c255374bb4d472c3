"""Checks of the rules themselves, whatever the environment. They run whenever the rules are loaded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from alert_rules import promql, yaml12
from alert_rules.model import PrometheusAlert, placeholders
from alert_rules.problems import Problem, listed, nearest

COMMON_LABELS = frozenset({"service", "team", "instance", "job", "le"})
"""Labels that every series has from scraping, and the bucket label of histograms."""

CARRIED_LABELS = frozenset({"service", "team"})
"""Labels that an alert must keep, since routing, overrides and inhibition go by them."""

_SELECTOR = 'service!=""'
_ONE_SERVICE = 'service="a",team="b"'
_HISTOGRAM_SUFFIX = re.compile(r"_(bucket|sum|count)$")

Metrics = Mapping[str, frozenset[str]]


def lint(alerts: Sequence[PrometheusAlert]) -> list[Problem]:
    """Every fault found in the alerts' expressions."""
    metrics = known_metrics()
    return [problem for alert in alerts for problem in _lint_one(alert, metrics)] + list(_alike(alerts))


@cache
def known_metrics(path: Path = Path(__file__).parent / "metrics.yaml") -> Metrics:
    """The labels of every metric that something vigil declares exports, by metric name."""
    content: Mapping[str, Mapping[str, Any]] = yaml12.load(path.read_text(encoding="utf-8"))
    return {
        name: frozenset(entry["labels"]) | COMMON_LABELS
        for exporter in content.values()
        for name, entry in exporter.items()
    }


def default_expression(alert: PrometheusAlert) -> str:
    """The expression with its default figures, for every service."""
    values = {name: parameter.resolve(parameter.default) for name, parameter in alert.parameters.items()}
    return alert.promql(values, _ONE_SERVICE if alert.each_service else _SELECTOR)


def _lint_one(alert: PrometheusAlert, metrics: Metrics) -> Iterator[Problem]:
    file, key = f"prometheus/{alert.subject}.yaml", f"alerts.{alert.name}"
    expression = default_expression(alert)
    try:
        used = promql.metrics_and_labels(expression)
    except ValueError as error:
        yield Problem(file, f"{key}.expression", expression, f"PromQL; {error}")
        return
    for metric, labels in used:
        yield from _known(metric, labels, metrics, file, f"{key}.expression")
    # absent() gives its result the labels that it asks for, which $selector holds for each service.
    if not alert.each_service and (lost := promql.lost_labels(expression, CARRIED_LABELS)):
        yield Problem(file, f"{key}.expression", f"drops {listed(lost)}", "a result that carries service and team")
    if alert.hold_problem(alert.hold.value):
        yield Problem(file, f"{key}.for", str(alert.hold), str(alert.hold_problem(alert.hold.value)))
    yield from _texts(alert, file, key)


def _known(metric: str, labels: frozenset[str], metrics: Metrics, file: str, key: str) -> Iterator[Problem]:
    base = metric if metric in metrics else _HISTOGRAM_SUFFIX.sub("", metric)
    if base not in metrics:
        yield Problem(file, key, metric, "a metric of alert_rules/metrics.yaml", nearest(metric, metrics))
        return
    for label in sorted(labels - metrics[base]):
        allowed = f"a label of {base}: {listed(metrics[base])}"
        yield Problem(file, key, f"{metric}{{{label}}}", allowed, nearest(label, metrics[base]))
    if "service" not in labels:
        yield Problem(file, key, metric, "$selector in every metric, so that an override for one service applies to it")


def _texts(alert: PrometheusAlert, file: str, key: str) -> Iterator[Problem]:
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


def _alike(alerts: Sequence[PrometheusAlert]) -> Iterator[Problem]:
    """Two alerts of one condition would tell the same people the same thing twice."""
    seen: dict[str, str] = {}
    for alert in alerts:
        expression = " ".join(default_expression(alert).split())
        if expression in seen:
            key = f"alerts.{alert.name}.expression"
            yield Problem(
                f"prometheus/{alert.subject}.yaml",
                key,
                "the condition of " + seen[expression],
                "a condition that no other alert has",
            )
        seen.setdefault(expression, alert.name)
