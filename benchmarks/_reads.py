"""Which series the expressions of rules read, and from how long ago."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import promql_parser as parser

LOOKBACK = 300.0
"""Seconds: how old the sample may be that Prometheus takes for a series' value at a moment."""

_OPERATORS = {"MatchOp.Equal": "=", "MatchOp.NotEqual": "!=", "MatchOp.Re": "=~", "MatchOp.NotRe": "!~"}
_CHILDREN = ("lhs", "rhs", "expr", "param")


@dataclass(frozen=True)
class Matcher:
    """What a label must be or must not be."""

    label: str
    operator: str
    value: str

    def holds(self, value: str) -> bool:
        """Whether it holds for that value; a label that is not there has the value ""."""
        if self.operator in ("=", "!="):
            return (value == self.value) == (self.operator == "=")
        return bool(_pattern(self.value).fullmatch(value)) == (self.operator == "=~")


@dataclass(frozen=True)
class Read:
    """A selector, and between how many seconds ago it wants samples: from `newest` back to `oldest`."""

    metric: str
    matchers: tuple[Matcher, ...]
    newest: float = 0.0
    oldest: float = LOOKBACK

    def among(self, labels: Mapping[str, str]) -> bool:
        """Whether it wants series with these labels, as far as they tell; other labels may be anything."""
        return all(each.holds(labels[each.label]) for each in self.matchers if each.label in labels)

    def takes(self, labels: Mapping[str, str]) -> bool:
        """Whether it takes a series of its metric that has these labels and no other."""
        return all(each.holds(labels.get(each.label, "")) for each in self.matchers)

    def free(self, label: str) -> bool:
        """Whether the label may be anything."""
        return all(each.label != label for each in self.matchers)

    @property
    def selector(self) -> str:
        """The selector as PromQL."""
        matchers = (f"{each.label}{each.operator}{json.dumps(each.value)}" for each in self.matchers)
        return f"{self.metric}{{{','.join(matchers)}}}"


def reads(expression: str) -> list[Read]:
    """Every selector of the expression, in order of appearance. Raises ValueError where it is not PromQL."""
    found: list[Read] = []
    # No recursion: a rule may join as many selectors with `or` as there are services.
    waiting: list[tuple[parser.Expr, float, float]] = [(parser.parse(expression), 0.0, 0.0)]
    while waiting:
        node, newest, oldest = waiting.pop()
        match node:
            case parser.VectorSelector():
                found.append(_read(node, newest, oldest + LOOKBACK))
            case parser.MatrixSelector():
                found.append(_read(node.vector_selector, newest, oldest + node.range.total_seconds()))
            case parser.SubqueryExpr():
                moved, length = _offset(node), node.range.total_seconds() if node.range else 0.0
                waiting.append((node.expr, newest + moved, oldest + moved + length))
            case _:
                waiting += [(child, newest, oldest) for child in reversed(_children(node))]
    return found


def _children(node: parser.Expr) -> list[parser.Expr]:
    parts = [*(getattr(node, name, None) for name in _CHILDREN), *getattr(node, "args", ())]
    return [part for part in parts if isinstance(part, parser.Expr)]


def _read(node: parser.VectorSelector, newest: float, oldest: float) -> Read:
    matchers = tuple(
        Matcher(each.name, _OPERATORS[str(each.op)], each.value)
        for each in node.matchers.matchers
        if each.name != "__name__"
    )
    return Read(node.name or "", matchers, newest + _offset(node), oldest + _offset(node))


def _offset(node: parser.VectorSelector | parser.SubqueryExpr) -> float:
    return node.offset.total_seconds() if node.offset else 0.0


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.DOTALL)
