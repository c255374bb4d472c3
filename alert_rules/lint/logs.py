"""Faults of a LogQL expression in what it reads and how it groups."""

from __future__ import annotations

from collections.abc import Iterator

from alert_rules import logql
from alert_rules.lint.told import told
from alert_rules.model import LogAlert
from alert_rules.problems import Problem, listed, nearest

KEY = "expression"


def check(alert: LogAlert) -> Iterator[Problem]:
    """What is in no known form of LogQL, reads labels that log streams have not, or does not group by service."""
    expression = alert.default_query
    try:
        used = logql.streams(expression)
    except ValueError as error:
        yield told(alert, KEY, expression, f"LogQL; {error}")
        return
    for stream in used:
        for label in sorted(stream.labels - set(logql.STREAM_LABELS)):
            allowed = f"a label of log streams: {listed(logql.STREAM_LABELS)}"
            yield told(alert, KEY, label, allowed, nearest(label, logql.STREAM_LABELS))
        for name in sorted(stream.filters - {*logql.STREAM_LABELS, *logql.METADATA}):
            allowed = f"what every line has ({listed(logql.METADATA)}), or a parser before it that finds {name}"
            yield told(alert, KEY, name, allowed, nearest(name, logql.METADATA))
        yield from _grouped(alert, stream)
    if expression.count(alert.sample_selector) != len(used):
        allowed = "$selector once in every stream, so that an override for one service applies to it"
        yield told(alert, KEY, expression, allowed)


def _grouped(alert: LogAlert, stream: logql.Stream) -> Iterator[Problem]:
    if alert.each_service:
        if stream.function != "absent_over_time":
            allowed = "absent_over_time, whose result has the labels that it asks for; else no `each_service`"
            yield told(alert, KEY, stream.function, allowed)
        return
    if stream.grouping is None:
        yield told(alert, KEY, stream.function, "directly in an aggregation such as sum by (service) (...)")
    elif "service" not in stream.grouping or not stream.grouping <= set(logql.STREAM_LABELS):
        allowed = f"service, and nothing that streams have not: {listed(logql.STREAM_LABELS)}"
        yield told(alert, KEY, f"by ({listed(stream.grouping)})", allowed)
