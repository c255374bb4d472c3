"""Checks of the rules themselves, whatever the environment. They run whenever the rules are loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from alert_rules.lint import comparisons, doubles, logs, metrics, recorded, texts, windows
from alert_rules.lint.told import told
from alert_rules.model import LogAlert, PrometheusAlert, RuleAlert
from alert_rules.problems import Problem
from alert_rules.registry import Metric, exporters_of, known_metrics


def lint(alerts: Sequence[RuleAlert], known: Mapping[str, Metric] | None = None) -> list[Problem]:
    """Every fault found in the alerts' expressions and texts. They may use the metrics `known`: those of
    alert_rules/metrics.yaml where none are given."""
    allowed = known_metrics() if known is None else known
    return [problem for alert in alerts for problem in _lint_one(alert, allowed)] + list(doubles.check(alerts))


def needed_exporters(alert: RuleAlert) -> frozenset[str]:
    """What must be run for the alert to have any data: exporters of metrics, or Loki. It must be free of lint."""
    if isinstance(alert, LogAlert):
        return frozenset({"loki"})
    return exporters_of(alert.default_query)


def _lint_one(alert: RuleAlert, known: Mapping[str, Metric]) -> Iterator[Problem]:
    if isinstance(alert, LogAlert):
        yield from logs.check(alert)
    elif isinstance(alert, PrometheusAlert):
        yield from metrics.check(alert, known)
        yield from windows.check(alert)
        yield from recorded.check(alert)
    yield from comparisons.check(alert)
    if hold := alert.hold_problem(alert.hold.value):
        yield told(alert, "for", str(alert.hold), hold)
    yield from texts.check(alert)
