"""The condition that an expression states, whatever the order and the spacing in which it is written."""

from __future__ import annotations

from dataclasses import dataclass

import promql_parser as parser

from alert_rules.promql.tree import bare, number

TURNED = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "==": "==", "!=": "!="}
"""Each comparison as it reads with its sides exchanged."""


@dataclass(frozen=True)
class Condition:
    """What an expression asks for: a text that is the same for all ways to write it, in which a # stands for each limit
    that a comparison decides by, and those limits, made so that a greater one is always the stricter."""

    skeleton: str
    limits: tuple[float, ...] = ()

    def within(self, other: Condition) -> bool:
        """Whether it can only hold where `other` does: the same but for limits, none of them laxer."""
        return self.skeleton == other.skeleton and all(
            own >= its for own, its in zip(self.limits, other.limits, strict=True)
        )


def condition(expression: str) -> Condition:
    """The condition of the expression. Raises ValueError with the parser's message where it is not PromQL."""
    return _condition(parser.parse(expression), 1)


def _condition(node: parser.Expr, sign: int) -> Condition:
    """`sign` is -1 where the whole holds the less, the more this part does: to the right of `unless`."""
    node = bare(node)
    if not isinstance(node, parser.BinaryExpr):
        return Condition(text(node))
    operator = str(node.op)
    if operator in ("and", "or"):
        return _joined(f"{operator}{_modifier(node)}", [_condition(part, sign) for part in _chain(node, node)])
    if operator == "unless":
        left, right = _condition(node.lhs, sign), _condition(node.rhs, -sign)
        return Condition(f"({left.skeleton} unless{_modifier(node)} {right.skeleton})", left.limits + right.limits)
    return _compared(node, sign) or Condition(text(node))


def _joined(operator: str, parts: list[Condition]) -> Condition:
    ordered = sorted(parts, key=lambda part: (part.skeleton, part.limits))
    limits = tuple(limit for part in ordered for limit in part.limits)
    return Condition("(" + f" {operator} ".join(part.skeleton for part in ordered) + ")", limits)


def _compared(node: parser.BinaryExpr, sign: int) -> Condition | None:
    """A comparison with a number in which more or less is stricter, or None where the node is none."""
    turned = number(node.lhs) is not None
    limit, other = (number(node.lhs), node.rhs) if turned else (number(node.rhs), node.lhs)
    operator = TURNED.get(str(node.op), "") if turned else str(node.op)
    if limit is None or operator not in (">", ">=", "<", "<=") or (node.modifier and node.modifier.return_bool):
        return None
    rising = 1 if operator[0] == ">" else -1
    return Condition(f"({text(other)} {operator} #)", (limit * rising * sign,))


def _chain(node: parser.Expr, like: parser.BinaryExpr) -> list[parser.Expr]:
    """The operands of a chain of one operator, whichever of them stand in parentheses together."""
    node = bare(node)
    if isinstance(node, parser.BinaryExpr) and (str(node.op), _modifier(node)) == (str(like.op), _modifier(like)):
        return [*_chain(node.lhs, like), *_chain(node.rhs, like)]
    return [node]


def text(node: parser.Expr) -> str:
    """The node as text that is the same for all orders, spacings and parentheses in which it may be written."""
    node = bare(node)
    match node:
        case parser.BinaryExpr():
            return _binary(node)
        case parser.AggregateExpr():
            arguments = [*([text(node.param)] if node.param is not None else []), text(node.expr)]
            kept = node.modifier
            by = f" {str(kept.type).rsplit('.', 1)[-1].lower()} ({', '.join(sorted(kept.labels))})" if kept else ""
            return f"{node.op}{by} ({', '.join(arguments)})"
        case parser.Call():
            return f"{node.func.name}({', '.join(map(text, node.args))})"
        case parser.UnaryExpr():
            return f"-({text(node.expr)})"
        case parser.SubqueryExpr():
            return f"({text(node.expr)})[{node.range}:{node.step}]{_shift(node)}"
        case parser.MatrixSelector():
            return f"{_selector(node.vector_selector)}[{node.range}]"
        case parser.VectorSelector():
            return _selector(node)
    return node.prettify()


def _binary(node: parser.BinaryExpr) -> str:
    operator, modifier = str(node.op), _modifier(node)
    if operator in ("and", "or"):
        return "(" + f" {operator}{modifier} ".join(sorted(text(part) for part in _chain(node, node))) + ")"
    left, right = node.lhs, node.rhs
    if number(left) is not None and operator in TURNED:
        left, right, operator = right, left, TURNED[operator]
    return f"({text(left)} {operator}{modifier} {text(right)})"


def _selector(node: parser.VectorSelector) -> str:
    groups = [node.matchers.matchers, *node.matchers.or_matchers]
    alternatives = [",".join(sorted(str(matcher) for matcher in group)) for group in groups if group]
    return f"{node.name or ''}{{{' or '.join(sorted(alternatives))}}}{_shift(node)}"


def _shift(node: parser.VectorSelector | parser.SubqueryExpr) -> str:
    """The offset and the fixed time of a selector, as text."""
    return (f" offset {node.offset}" if node.offset else "") + (f" {node.at}" if node.at else "")


def _modifier(node: parser.BinaryExpr) -> str:
    modifier = node.modifier
    if modifier is None:
        return ""
    matching = modifier.matching
    by = f" {str(matching.type).rsplit('.', 1)[-1].lower()} ({', '.join(sorted(matching.labels))})" if matching else ""
    card = str(modifier.card).rsplit(".", 1)[-1]
    group = f" {card} ({', '.join(sorted(modifier.group_labels or []))})" if card in ("ManyToOne", "OneToMany") else ""
    return (" bool" if modifier.return_bool else "") + by + group
