"""What a PromQL expression reads and groups by, as its own parser sees it."""

from __future__ import annotations

import promql_parser as parser


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
