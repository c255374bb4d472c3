"""Nodes of a parsed expression."""

from __future__ import annotations

import promql_parser as parser


def nodes(expression: str) -> list[parser.Expr]:
    """Every node of the expression, outer ones first. Raises ValueError where it is not PromQL."""
    return within(parser.parse(expression))


def within(node: parser.Expr) -> list[parser.Expr]:
    """The node and every one below it, outer ones first."""
    found: list[parser.Expr] = []
    parser.walk(node, found.append)
    return found


def bare(node: parser.Expr) -> parser.Expr:
    """The node without the parentheses around it."""
    while isinstance(node, parser.ParenExpr):
        node = node.expr
    return node


def number(node: parser.Expr) -> float | None:
    """The number that the node writes out, or None where it is something else."""
    inner = bare(node)
    return inner.val if isinstance(inner, parser.NumberLiteral) else None


def is_scalar(node: parser.Expr) -> bool:
    """Whether the node is one number, without labels."""
    match bare(node):
        case parser.BinaryExpr() as inner:
            return is_scalar(inner.lhs) and is_scalar(inner.rhs)
        case parser.UnaryExpr() as inner:
            return is_scalar(inner.expr)
        case parser.Call() as inner:
            return bool(inner.func.return_type == parser.ValueType.Scalar)
        case inner:
            return number(inner) is not None
