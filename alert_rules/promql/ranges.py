"""The ranges over which an expression looks at how its series change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser as parser

from alert_rules.promql.tree import bare, nodes

_OF_CHANGE = frozenset(
    {
        *("rate", "irate", "increase", "delta", "idelta", "deriv", "predict_linear", "changes", "resets"),
        *("holt_winters", "double_exponential_smoothing"),
    }
)
"""Functions that see nothing in a single sample."""


@dataclass(frozen=True)
class Range:
    """A range in a function of change: the function's name, how long the range is and, of a subquery, how far apart its
    steps are (None where it names none, and in a range over scraped samples); both in seconds."""

    function: str
    seconds: float
    step: float | None
    subquery: bool


def ranges(expression: str) -> list[Range]:
    """Every range over which the expression takes a rate or another change, in order of appearance."""
    calls = (node for node in nodes(expression) if isinstance(node, parser.Call) and node.func.name in _OF_CHANGE)
    return [found for call in calls for found in _of(call)]


def _of(call: parser.Call) -> Iterator[Range]:
    for argument in map(bare, call.args):
        if isinstance(argument, parser.MatrixSelector):
            yield Range(call.func.name, argument.range.total_seconds(), None, subquery=False)
        elif isinstance(argument, parser.SubqueryExpr) and argument.range:
            step = argument.step.total_seconds() if argument.step else None
            yield Range(call.func.name, argument.range.total_seconds(), step, subquery=True)
