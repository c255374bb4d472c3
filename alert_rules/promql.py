"""What a PromQL expression reads and groups by, as its own parser sees it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import promql_parser as parser


@dataclass(frozen=True)
class Selector:
    """The series of one metric: its name, its label matchers as PromQL spells them, and the labels that they are on."""

    metric: str
    matchers: Sequence[str]
    labels: frozenset[str]


def selector(text: str) -> Selector:
    """What a plain selector such as `orders_total{status="failed"}` selects.

    Raises ValueError where the text is anything else: other PromQL, a range, an offset, a selector without a name.
    """
    node = parser.parse(text)
    if not isinstance(node, parser.VectorSelector) or not node.name or node.offset or node.at:
        raise ValueError("no plain selector of one metric")
    if node.matchers.or_matchers:
        raise ValueError("matchers joined by `or`")
    return Selector(node.name, tuple(_spelt(node.matchers.matchers)), _metric_and_labels(node)[1])


def _spelt(matchers: Sequence[parser.Matcher]) -> Iterator[str]:
    for matcher in matchers:
        [operator] = [text for known, text in _OPERATORS if known == matcher.op]
        yield f"{matcher.name}{operator}{json.dumps(matcher.value, ensure_ascii=False)}"


_OPERATORS = (  # no mapping: they cannot be keys
    (parser.MatchOp.Equal, "="),
    (parser.MatchOp.NotEqual, "!="),
    (parser.MatchOp.Re, "=~"),
    (parser.MatchOp.NotRe, "!~"),
)


def metrics_and_labels(expression: str) -> list[tuple[str, frozenset[str]]]:
    """Metric name and names of the matched labels of every vector selector, in order of appearance.

    The name is empty where a selector fixes none (`{job="x"}`, `{__name__=~"a|b"}`). Raises ValueError with
    the parser's message where the expression is not PromQL.
    """
    selectors = (node for node in _nodes(expression) if isinstance(node, parser.VectorSelector))
    return [_metric_and_labels(selector) for selector in selectors]


def grouping_labels(expression: str) -> set[str]:
    """Every label by which series are grouped or matched: by, without, on, ignoring, group_left, group_right.

    Raises ValueError with the parser's message where the expression is not PromQL.
    """
    return {label for node in _nodes(expression) for label in _grouping(node)}


def _nodes(expression: str) -> list[parser.Expr]:
    found: list[parser.Expr] = []
    parser.walk(parser.parse(expression), found.append)
    return found


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


# Aggregations that pass whole series on, and functions whose result has no labels of its argument.
_PASSING = ("topk", "bottomk", "limitk", "limit_ratio")
_LABELLESS = ("absent", "absent_over_time", "scalar", "time", "vector")


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
    if node.func.name in _LABELLESS:
        return False if node.func.name != "time" else None
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
