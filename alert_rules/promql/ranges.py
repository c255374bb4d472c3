"""The ranges over which an expression looks at how its series change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import promql_parser as parser

from alert_rules.promql.tree import bare, is_scalar, nodes, within

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


@cache
def looks_back(expression: str) -> float:
    """How many seconds back the farthest offset of the expression leads, with the range that it is of; 0 where it has
    none. Without samples from so long ago it has no result."""
    if "offset" not in expression:
        return 0.0
    return max(offset + length if offset > 0 else 0.0 for offset, length in map(_back, nodes(expression)))


@cache
def reach(expression: str) -> float:
    """How many seconds back the expression reaches, by its offsets and ranges."""
    return max(map(_reach, nodes(expression)))


def _reach(node: parser.Expr) -> float:
    below = max(map(_reach, within(node.expr))) if isinstance(node, parser.SubqueryExpr) else 0.0
    return sum(_back(node)) + below


def _back(node: parser.Expr) -> tuple[float, float]:
    """The offset and the range of a node, in seconds; 0 for what it has none of."""
    ranged = isinstance(node, parser.MatrixSelector | parser.SubqueryExpr) and node.range
    moved = node.vector_selector if isinstance(node, parser.MatrixSelector) else node
    offset = moved.offset if isinstance(moved, parser.VectorSelector | parser.SubqueryExpr) else None
    return offset.total_seconds() if offset else 0.0, ranged.total_seconds() if ranged else 0.0


def in_subqueries(expression: str) -> set[str]:
    """The names of the series over whose past a subquery goes."""
    subqueries = [node for node in nodes(expression) if isinstance(node, parser.SubqueryExpr)]
    below = (node for subquery in subqueries for node in within(subquery.expr))
    return {node.name for node in below if isinstance(node, parser.VectorSelector) and node.name}


def is_instant_vector(expression: str) -> bool:
    """Whether the expression has series with one value each, as a rule can record or compare them."""
    node = bare(parser.parse(expression))
    others = parser.MatrixSelector | parser.SubqueryExpr | parser.StringLiteral
    return not isinstance(node, others) and not is_scalar(node)
