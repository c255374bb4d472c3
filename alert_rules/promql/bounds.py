"""Between what values the series of an expression can be, as far as its form tells, whatever they measure."""

from __future__ import annotations

from math import inf
from typing import TypeAlias

import promql_parser as parser

from alert_rules.promql.conditions import text
from alert_rules.promql.tree import bare, number

Bounds: TypeAlias = tuple[float, float]
"""The least and the greatest value; infinite where the form does not tell."""

ANY: Bounds = (-inf, inf)
_NEVER_NEGATIVE: Bounds = (0.0, inf)

_OF_CALLS: dict[str, Bounds] = {
    **dict.fromkeys(("rate", "irate", "increase", "changes", "resets", "abs", "count_over_time"), _NEVER_NEGATIVE),
    **dict.fromkeys(("stddev_over_time", "stdvar_over_time", "time", "timestamp"), _NEVER_NEGATIVE),
    **dict.fromkeys(("absent", "absent_over_time", "present_over_time"), (1.0, 1.0)),
}
_OF_AGGREGATIONS: dict[str, Bounds] = {
    "count": (1.0, inf),  # of no series there is no count, so 0 is never seen
    "count_values": (1.0, inf),
    "group": (1.0, 1.0),
    "stddev": _NEVER_NEGATIVE,
    "stdvar": _NEVER_NEGATIVE,
}
_WITHIN = ("min", "max", "avg", "topk", "bottomk", "quantile", "limitk", "limit_ratio")
"""Aggregations whose result lies among the values that went in."""


def bounds_of(node: parser.Expr) -> Bounds:
    """The least and the greatest value that the node's series can have."""
    node = bare(node)
    match node:
        case parser.NumberLiteral():
            return node.val, node.val
        case parser.UnaryExpr():
            low, high = bounds_of(node.expr)
            return -high, -low
        case parser.Call():
            return _OF_CALLS.get(node.func.name, ANY)
        case parser.AggregateExpr():
            return _of_aggregation(node)
        case parser.BinaryExpr():
            return _of_operation(node)
    return ANY


def _of_aggregation(node: parser.AggregateExpr) -> Bounds:
    name, inner = str(node.op), bounds_of(node.expr)
    if name == "sum":
        return _NEVER_NEGATIVE if inner[0] >= 0 else ANY
    return inner if name in _WITHIN else _OF_AGGREGATIONS.get(name, ANY)


def _of_operation(node: parser.BinaryExpr) -> Bounds:
    operator, left, right = str(node.op), bounds_of(node.lhs), bounds_of(node.rhs)
    if node.modifier and node.modifier.return_bool:
        return 0.0, 1.0
    match operator:
        case "+":
            return left[0] + right[0], left[1] + right[1]
        case "-":
            return left[0] - right[1], left[1] - right[0]
        case "*" if left[0] >= 0 and right[0] >= 0:
            return left[0] * right[0], left[1] * right[1] if inf not in (left[1], right[1]) else inf
        case "/" if left[0] >= 0 and right[0] >= 0:
            return (0.0, 1.0) if _is_share(node) else _NEVER_NEGATIVE
        case "or":
            return min(left[0], right[0]), max(left[1], right[1])
        case "and" | "unless" | ">" | "<" | ">=" | "<=" | "==" | "!=":
            # A filter. The values are those of its left side, or of the series where a number stands there.
            return right if number(node.lhs) is not None else left
    return ANY


def _is_share(node: parser.BinaryExpr) -> bool:
    """Whether a quotient of what is never negative is a part of a whole: what is divided is one of the terms of the
    divisor, or the same with more matchers."""
    part = bare(node.lhs)
    return text(part) in map(text, _terms(node.rhs)) or _is_part(part, bare(node.rhs))


def _terms(node: parser.Expr) -> list[parser.Expr]:
    node = bare(node)
    if isinstance(node, parser.BinaryExpr) and str(node.op) == "+":
        return [*_terms(node.lhs), *_terms(node.rhs)]
    return [node]


def _is_part(part: parser.Expr, whole: parser.Expr) -> bool:
    """Whether both are of one form around selectors of one metric, of which `part` asks for more."""
    part, whole = bare(part), bare(whole)
    match part, whole:
        case parser.AggregateExpr(), parser.AggregateExpr():
            same = str(part.op) == str(whole.op) in ("sum", "count", "max") and _as_fine(part, whole)
            return same and _is_part(part.expr, whole.expr)
        case parser.Call(), parser.Call() if part.func.name == whole.func.name and len(part.args) == len(whole.args):
            return all(_is_part(ours, theirs) for ours, theirs in zip(part.args, whole.args, strict=True))
        case parser.MatrixSelector(), parser.MatrixSelector():
            return part.range == whole.range and _is_part(part.vector_selector, whole.vector_selector)
        case parser.VectorSelector(), parser.VectorSelector():
            more, fewer = ({str(matcher) for matcher in side.matchers.matchers} for side in (part, whole))
            return (part.name, part.offset) == (whole.name, whole.offset) and more > fewer
    return False


def _as_fine(part: parser.AggregateExpr, whole: parser.AggregateExpr) -> bool:
    """Whether each group of `part` lies within one group of `whole`."""
    kinds = [side.modifier.type if side.modifier else parser.AggModifierType.By for side in (part, whole)]
    ours, theirs = (set(side.modifier.labels if side.modifier else ()) for side in (part, whole))
    finer = theirs <= ours if kinds[0] == parser.AggModifierType.By else ours <= theirs
    return kinds[0] == kinds[1] and finer
