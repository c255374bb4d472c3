"""Nodes of a parsed expression."""

from __future__ import annotations

import promql_parser as parser


def nodes(expression: str) -> list[parser.Expr]:
    """Every node of the expression, outer ones first. Raises ValueError where it is not PromQL."""
    found: list[parser.Expr] = []
    parser.walk(parser.parse(expression), found.append)
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
