"""The value that an alert holds against one of its figures, as an expression of its own.

An alert such as `errors / requests > $threshold and errors > $floor` says when it fires. To learn from history where
its threshold would have to stand, one asks for `errors / requests and errors > $floor`: at each moment the value that
the threshold is compared with, and no value where the alert's other conditions don't hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import promql_parser as parser

from alert_rules.promql.comparisons import NEGATED
from alert_rules.promql.conditions import TURNED
from alert_rules.promql.tree import bare, is_scalar

SENTINEL = 8_191_000_000_131.0
"""Stands for the figure that is asked about: a number that no alert writes, and that a float holds exactly."""

ORDERED = (">", ">=", "<", "<=")
"""The comparisons of which a figure can be looser or stricter."""

_OF_ANY = ("sum", "avg", "min", "max", "count", "group", "stddev", "stdvar")
"""Aggregations that have a result wherever anything goes in: what matters to an alert is whether anything does."""

_BRANCH = "vigil_branch"
"""A label that tells the branches of an `or` apart until the greatest or least of their values is taken."""


class Unmeasurable(ValueError):
    """There is no value that decides, by one comparison with the figure, whether the alert fires; says why."""


@dataclass(frozen=True)
class Measured:
    """What an alert measures: it has a series exactly where `expression` has one whose value stands in the relation
    `operator` to the figure. Infinite where the alert fires whatever the figure is. `compared` have series where the
    sides have that the figure is written beside, without the alert's other conditions."""

    expression: str
    operator: str
    compared: tuple[str, ...]


def measured(expression: str) -> Measured:
    """What the expression, in which SENTINEL stands for the figure, holds against it.

    Raises Unmeasurable, with the reason, where no such value exists, and ValueError where this is not PromQL.
    """
    root = parser.parse(expression)
    if not _holds(root):
        raise Unmeasurable("no value is compared with it")
    return _measured(root)


def _measured(node: parser.Expr) -> Measured:
    """The same of a node that holds the sentinel."""
    node = bare(node)
    match node:
        case parser.AggregateExpr() if str(node.op) in _OF_ANY and not (node.param is not None and _holds(node.param)):
            return _aggregated(node)
        case parser.BinaryExpr():
            operator = str(node.op)
            if operator in TURNED and any(map(_is_sentinel, (node.lhs, node.rhs))):
                return _compared(node, operator)
            if operator == "or":
                return _either(node)
            if operator in ("and", "unless"):
                return _both(node, operator)
    raise Unmeasurable(f"it is part of a calculation: {_shown(node)}")


def _compared(node: parser.BinaryExpr, operator: str) -> Measured:
    figure_first = _is_sentinel(node.lhs)
    side = node.rhs if figure_first else node.lhs
    if operator not in ORDERED or _returns_bool(node) or _holds(side):
        raise Unmeasurable(f"it decides nothing by being greater or less: {_shown(node)}")
    return Measured(bare(side).prettify(), TURNED[operator] if figure_first else operator, (_unfiltered(side),))


def _unfiltered(node: parser.Expr) -> str:
    """An expression that has a series where the node, a calculation, would have one if it took values whatever they
    are: `errors and requests` of `(errors > 1) / requests`."""
    inner = bare(node)
    if not isinstance(inner, parser.BinaryExpr) or str(inner.op) in ("and", "or", "unless") or _returns_bool(inner):
        return inner.prettify()
    series = [_unfiltered(side) for side in (inner.lhs, inner.rhs) if not is_scalar(side)]
    return f"\nand{_matching(inner)}\n".join(f"({each})" for each in series) or inner.prettify()


def _returns_bool(node: parser.BinaryExpr) -> bool:
    return bool(node.modifier and node.modifier.return_bool)


def _aggregated(node: parser.AggregateExpr) -> Measured:
    """A group has a result where any of its members fires: where the most extreme of them does."""
    inner = _measured(node.expr)
    modifier = node.modifier
    by = "by" if modifier is None or modifier.type == parser.AggModifierType.By else "without"
    labels = ", ".join(modifier.labels) if modifier else ""
    loudest = f"{_loudest(inner.operator)} {by} ({labels}) ({inner.expression})"
    return Measured(loudest, inner.operator, inner.compared)


def _either(node: parser.BinaryExpr) -> Measured:
    """A chain of `or` fires where any branch does: where the most extreme of their values is beyond the figure. A
    branch without the figure fires by itself."""
    branches = list(_branches(node))
    found = [_measured(branch) for branch in branches if _holds(branch)]
    operator = _same(node, [part.operator for part in found])
    texts = [_measured(b).expression if _holds(b) else _always(b, operator) for b in branches]
    labelled = [f'label_replace({text}, "{_BRANCH}", "{n}", "", "")' for n, text in enumerate(texts)]
    joined = "\nor\n".join(labelled)
    compared = tuple(text for part in found for text in part.compared)
    return Measured(f"{_loudest(operator)} without ({_BRANCH}) (\n{joined}\n)", operator, compared)


def _branches(node: parser.Expr) -> Iterator[parser.Expr]:
    inner = bare(node)
    if isinstance(inner, parser.BinaryExpr) and str(inner.op) == "or":
        _by_all_labels(inner)
        yield from _branches(inner.lhs)
        yield from _branches(inner.rhs)
    else:
        yield inner


def _both(node: parser.BinaryExpr, operator: str) -> Measured:
    """`and`, and `unless`, which is `and` of the contrary or of nothing there."""
    if not _holds(node.rhs):
        left = _measured(node.lhs)
        text = f"({left.expression})\n{operator}{_matching(node)}\n({bare(node.rhs).prettify()})"
        return Measured(text, left.operator, left.compared)
    _by_all_labels(node)
    right = _measured(node.rhs)
    wanted = right.operator if operator == "and" else NEGATED[right.operator]
    other = _measured(node.lhs) if _holds(node.lhs) else Measured(_always(node.lhs, wanted), wanted, ())
    _same(node, [other.operator, wanted])
    ours, theirs = f"({other.expression})", f"({right.expression})"
    stricter, not_looser = ("<", "<=") if wanted[0] == ">" else (">", ">=")
    # A comparison with a value that is no number has no result: such a value never fires, and never silences.
    if operator == "and":
        text = f"({ours} {not_looser} {theirs})\nor\n({theirs} {stricter} {ours})"
    else:
        text = f"({theirs} {stricter} {ours})\nor\n{ours}"
    return Measured(text, wanted, other.compared + right.compared)


def _same(node: parser.Expr, operators: Sequence[str]) -> str:
    if len(set(operators)) > 1:
        ways = " and ".join(sorted(set(operators)))
        raise Unmeasurable(f"it is compared by {ways}: a looser figure may fire more often ({_shown(node)})")
    return operators[0]


def _by_all_labels(node: parser.BinaryExpr) -> None:
    if _matching(node):
        raise Unmeasurable(f"it is compared on the far side of a match by some labels: {_shown(node)}")


def _matching(node: parser.BinaryExpr) -> str:
    """The labels that both sides are matched by, as PromQL; empty where by all of them."""
    matching = node.modifier.matching if node.modifier else None
    if matching is None:
        return ""
    word = "on" if matching.type == parser.LabelModifierType.Include else "ignoring"
    return f" {word} ({', '.join(matching.labels)})"


def _always(node: parser.Expr, operator: str) -> str:
    """The series of the node, with the value that is beyond every figure, whatever theirs is."""
    text = bare(node).prettify()
    return f"clamp_min({text}, Inf)" if operator[0] == ">" else f"clamp_max({text}, -Inf)"


def _loudest(operator: str) -> str:
    return "max" if operator[0] == ">" else "min"


def _is_sentinel(node: parser.Expr) -> bool:
    inner = bare(node)
    return isinstance(inner, parser.NumberLiteral) and inner.val == SENTINEL


def _holds(node: parser.Expr) -> bool:
    """Whether the sentinel, or its negative, stands anywhere below the node."""
    match node:
        case parser.NumberLiteral():
            return abs(node.val) == SENTINEL
        case parser.BinaryExpr():
            return _holds(node.lhs) or _holds(node.rhs)
        case parser.AggregateExpr():
            return _holds(node.expr) or (node.param is not None and _holds(node.param))
        case parser.Call():
            return any(map(_holds, node.args))
        case parser.ParenExpr() | parser.UnaryExpr() | parser.SubqueryExpr():
            return _holds(node.expr)
    return False


def _shown(node: parser.Expr, limit: int = 90) -> str:
    """The node on one line, its figure by name, its middle left out where it is long."""
    text = " ".join(node.prettify().split()).replace(f"{SENTINEL:.0f}", "$threshold")
    if len(text) <= limit:
        return text
    at = max(text.find("$threshold") - limit // 2, 0)
    return ("…" if at else "") + text[at : at + limit] + "…"
