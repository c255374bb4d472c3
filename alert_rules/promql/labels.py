"""What a PromQL expression reads and groups by, and which labels it loses."""

from __future__ import annotations

from collections.abc import Iterator

import promql_parser as parser

from alert_rules.promql.tree import nodes


def metrics_and_labels(expression: str) -> list[tuple[str, frozenset[str]]]:
    """Metric name and names of the matched labels of every vector selector, in order of appearance.

    The name is empty where a selector fixes none (`{job="x"}`, `{__name__=~"a|b"}`). Raises ValueError with
    the parser's message where the expression is not PromQL.
    """
    selectors = (node for node in nodes(expression) if isinstance(node, parser.VectorSelector))
    return [_metric_and_labels(selector) for selector in selectors]


def grouping_labels(expression: str) -> set[str]:
    """Every label by which series are grouped or matched: by, without, on, ignoring, group_left, group_right.

    Raises ValueError with the parser's message where the expression is not PromQL.
    """
    return {label for node in nodes(expression) for label in _grouping(node)}


def _metric_and_labels(selector: parser.VectorSelector) -> tuple[str, frozenset[str]]:
    alternatives = [selector.matchers.matchers, *selector.matchers.or_matchers]
    matchers = [matcher for matchers in alternatives for matcher in matchers]
    names = [m.value for m in matchers if m.name == "__name__" and m.op == parser.MatchOp.Equal]
    metric = selector.name or (names[0] if len(names) == 1 else "")
    return metric, frozenset(matcher.name for matcher in matchers) - {"__name__"}


def _grouping(node: parser.Expr) -> list[str]:
    if isinstance(node, parser.AggregateExpr):
        return list(node.modifier.labels) if node.modifier else []
    if isinstance(node, parser.BinaryExpr) and node.modifier:
        matching = node.modifier.matching.labels if node.modifier.matching else []
        return [*matching, *(node.modifier.group_labels or [])]
    return []


def lost_labels(expression: str, wanted: frozenset[str]) -> frozenset[str]:
    """Those of the `wanted` labels that the result of the expression does not carry, whatever its series carried.

    Raises ValueError with the parser's message where the expression is not PromQL.
    """
    root = parser.parse(expression)
    return frozenset(label for label in wanted if not _carries(root, label))


def dropping(expression: str, label: str) -> list[str]:
    """The aggregations of the expression that take the label off series which had it, as text, where that is amiss.

    It is not on a side whose series are only looked up: to the right of `and` and `unless`, and on the one side of a
    match of many to one, as long as the match goes by other labels and the side that remains carries the label.
    """
    return list(_dropping(parser.parse(expression), label))


def _dropping(node: parser.Expr, label: str) -> Iterator[str]:
    match node:
        case parser.AggregateExpr():
            yield from _dropping(node.expr, label)
            if node.param is not None:
                yield from _dropping(node.param, label)
            if _carries(node.expr, label) and not _aggregate_carries(node, label):
                yield str(node)
        case parser.BinaryExpr():
            for side in _that_count(node, label):
                yield from _dropping(side, label)
        case parser.Call():
            for argument in node.args:
                yield from _dropping(argument, label)
        case parser.ParenExpr() | parser.UnaryExpr() | parser.SubqueryExpr():
            yield from _dropping(node.expr, label)


def _that_count(node: parser.BinaryExpr, label: str) -> list[parser.Expr]:
    """The sides of an operation but the one whose series are only looked up, by other labels than this one."""
    modifier = node.modifier
    matching = modifier.matching if modifier else None
    # Without a word on matching, and with `ignoring` of others, sides match by all labels: one that lacks this never
    # matches one that has it.
    if matching is None or (label in matching.labels) == (matching.type == parser.LabelModifierType.Include):
        return [node.lhs, node.rhs]
    one_side = modifier.card if modifier else None
    looked_up_right = str(node.op) in ("and", "unless") or one_side == parser.VectorMatchCardinality.ManyToOne
    if looked_up_right and _carries(node.lhs, label):
        return [node.lhs]
    if one_side == parser.VectorMatchCardinality.OneToMany and _carries(node.rhs, label):
        return [node.rhs]
    return [node.lhs, node.rhs]


# Aggregations that pass whole series on; functions whose result has no labels of its argument, or is a mere number.
_PASSING = ("topk", "bottomk", "limitk", "limit_ratio")
_LABELLESS = ("absent", "absent_over_time", "vector")
_NUMBERS = ("pi", "scalar", "time")


def _carries(node: parser.Expr, label: str) -> bool | None:
    """Whether the series of a node carry the label; None for what has no series, such as a number."""
    match node:
        case parser.NumberLiteral() | parser.StringLiteral():
            return None
        case parser.AggregateExpr():
            return _aggregate_carries(node, label)
        case parser.BinaryExpr():
            return _binary_carries(node, label)
        case parser.Call():
            return _call_carries(node, label)
        case parser.ParenExpr() | parser.UnaryExpr() | parser.SubqueryExpr():
            return _carries(node.expr, label)
    return True


def _aggregate_carries(node: parser.AggregateExpr, label: str) -> bool:
    inner = bool(_carries(node.expr, label))
    if str(node.op) in _PASSING:
        return inner
    if node.modifier is None:
        return False
    named = label in node.modifier.labels
    return inner and named == (node.modifier.type == parser.AggModifierType.By)


def _call_carries(node: parser.Call, label: str) -> bool | None:
    if node.func.name in _NUMBERS:
        return None
    if node.func.name in _LABELLESS:
        return False
    verdicts = [verdict for argument in node.args if (verdict := _carries(argument, label)) is not None]
    return verdicts[-1] if verdicts else None


def _binary_carries(node: parser.BinaryExpr, label: str) -> bool | None:
    left, right = _carries(node.lhs, label), _carries(node.rhs, label)
    if left is None or right is None:
        return right if left is None else left
    operator, modifier = str(node.op), node.modifier
    if operator in ("and", "unless"):
        return left
    if operator == "or":
        return left and right
    if modifier and modifier.card == parser.VectorMatchCardinality.ManyToOne:
        return left or label in (modifier.group_labels or [])
    if modifier and modifier.card == parser.VectorMatchCardinality.OneToMany:
        return right or label in (modifier.group_labels or [])
    matching = modifier.matching if modifier else None
    if matching is None:
        return left and right
    return (label in matching.labels) == (matching.type == parser.LabelModifierType.Include) and left
