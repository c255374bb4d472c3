"""Selectors of one metric that a person writes, to be put into other PromQL."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import promql_parser as parser

_PLAIN = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
"""Names that need no quotes: Prometheus 3 takes any others as well, in quotes."""


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
    if not all(map(_PLAIN.fullmatch, (node.name, *(matcher.name for matcher in node.matchers.matchers)))):
        raise ValueError("a name that must be quoted")
    if node.matchers.or_matchers:
        raise ValueError("matchers joined by `or`")
    return Selector(
        node.name, tuple(_spelt(node.matchers.matchers)), frozenset(matcher.name for matcher in node.matchers.matchers)
    )


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
