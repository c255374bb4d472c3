"""The comparisons with a number in an expression, and between what values the other side can be at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import promql_parser as parser

from alert_rules.promql.bounds import Bounds, bounds_of
from alert_rules.promql.conditions import TURNED
from alert_rules.promql.tree import bare, nodes, number

NEGATED = {">": "<=", "<=": ">", ">=": "<", "<": ">=", "==": "!=", "!=": "=="}
"""Each comparison and the one that is true where it is false, but for values that are no numbers."""

_THERE = ("count", "group", "absent", "absent_over_time", "present_over_time")
"""What has a value wherever it has a series: `count(...) > 0` asks for no value, it says that there is one."""


@dataclass(frozen=True)
class Comparison:
    """What is compared, as text, how, and with which number on its right; between what values it can be; whether it
    divides one thing by another that it need be no part of; and whether it has a value just by being there."""

    compared: str
    operator: str
    limit: float
    bounds: Bounds
    quotient: bool
    mere_presence: bool

    def never(self, limit: float, bounds: Bounds) -> bool:
        """Whether the comparison is false for every value within the bounds, with that number for its limit."""
        return _never(self.operator, limit, bounds)

    def always(self, limit: float, bounds: Bounds) -> bool:
        """Whether the comparison is true for every value within the bounds, with that number for its limit."""
        return not self.mere_presence and _never(NEGATED[self.operator], limit, bounds)


def comparisons(expression: str) -> list[Comparison]:
    """Every comparison of something with a number that is written out, in order of appearance; the number on the
    right."""
    return [found for node in nodes(expression) if isinstance(node, parser.BinaryExpr) for found in _of(node)]


def _of(node: parser.BinaryExpr) -> Iterator[Comparison]:
    operator, left, right = str(node.op), node.lhs, node.rhs
    if operator not in TURNED:
        return
    if number(left) is not None:
        operator, left, right = TURNED[operator], right, left
    limit = number(right)
    if limit is None or number(left) is not None:
        return
    yield Comparison(str(left), operator, limit, bounds_of(left), _quotient(left), _mere_presence(bare(left)))


def _quotient(node: parser.Expr) -> bool:
    found: list[parser.Expr] = []
    parser.walk(node, found.append)
    return any(isinstance(part, parser.BinaryExpr) and str(part.op) == "/" for part in found)


def _mere_presence(node: parser.Expr) -> bool:
    if isinstance(node, parser.AggregateExpr):
        return str(node.op) in _THERE
    return isinstance(node, parser.Call) and node.func.name in _THERE


def _never(operator: str, limit: float, bounds: Bounds) -> bool:
    low, high = bounds
    return {
        ">": high <= limit,
        ">=": high < limit,
        "<": low >= limit,
        "<=": low > limit,
        "==": not low <= limit <= high,
        "!=": low == limit == high,
    }[operator]
