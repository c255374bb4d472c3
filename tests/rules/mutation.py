"""PromQL with one thing about it changed: what the tests of a rule must notice.

Every function takes an expression as text and yields, for each change, what was changed and the expression with it. A
change is told by where it stands, as `line:column`, and what stood there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from alert_rules.quantities import Unit, parse, seconds_text

Mutant: TypeAlias = tuple[str, str]
"""What was changed, and the expression with it."""

_TOKEN = re.compile(
    r"""
      (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<duration>\d+(?:ms|[smhdw]))
    | (?P<number>\d+(?:\.\d+)?(?:e[-+]?\d+)?)
    | (?P<name>[A-Za-z_][\w:]*)
    | (?P<operator>=~|!~|[=!<>]=|[-+*/%^<>=])
    | (?P<bracket>[()\[\]{}])
    | (?P<punctuation>[,:])
    """,
    re.VERBOSE,
)


class Token(NamedTuple):
    kind: str
    text: str
    start: int
    end: int
    depth: int
    """How many brackets are open around it; a bracket stands within itself, so that what it encloses ends with it."""


def _tokens(expression: str) -> list[Token]:
    found, depth = [], 0
    for match in _TOKEN.finditer(expression):
        depth += match[0] in ("(", "[", "{")
        found.append(Token(str(match.lastgroup), match[0], match.start(), match.end(), depth))
        depth -= match[0] in (")", "]", "}")
    return found


def mutants(expression: str) -> Iterator[Mutant]:
    """Every change that this module knows."""
    for change in (figures, matchers, alternatives, operators, functions, groupings, without_clauses):
        yield from change(expression)


def _place(expression: str, token: Token) -> str:
    line, column = expression.count("\n", 0, token.start) + 1, token.start - expression.rfind("\n", 0, token.start)
    return f"{line}:{column}"


def _replaced(expression: str, token: Token, by: str) -> Mutant:
    what = f"{_place(expression, token)} {token.text} -> {by}"
    return what, expression[: token.start] + by + expression[token.end :]


# --- figures ----------------------------------------------------------------------------------------------


def figures(expression: str) -> Iterator[Mutant]:
    """Each number, range, step and offset a tenth less and more; 0, of which there is no tenth, as 1."""
    for token in _tokens(expression):
        if token.kind == "number" and float(token.text) == 0:
            yield _replaced(expression, token, "1")
        elif token.kind == "number":
            yield from (_replaced(expression, token, f"{float(token.text) * factor:.10g}") for factor in (0.9, 1.1))
        elif token.kind == "duration":
            seconds = parse(token.text, Unit.DURATION).value
            yield from (_replaced(expression, token, seconds_text(round(seconds * f, 3))) for f in (0.9, 1.1))


# --- matchers ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Matcher:
    """A label matcher of a selector, and where it stands with the comma that parts it from another."""

    label: Token
    operator: Token
    value: Token
    start: int
    end: int


def _matchers(expression: str) -> Iterator[Matcher]:
    tokens = _tokens(expression)
    for before, label, operator, value, after in zip(*(tokens[n:] for n in range(5)), strict=False):
        if value.kind == "string" and operator.kind == "operator":
            start = before.start if before.text == "," else label.start
            end = after.end if before.text != "," and after.text == "," else value.end
            yield Matcher(label, operator, value, start, end)


def written_matchers(expression: str) -> list[str]:
    """Each label matcher as it is written, once."""
    return sorted({f"{each.label.text}{each.operator.text}{each.value.text}" for each in _matchers(expression)})


_INVERTED = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}


def matchers(expression: str) -> Iterator[Mutant]:
    """Each label matcher left out, and each turned into its opposite."""
    for each in _matchers(expression):
        what = f"{each.label.text}{each.operator.text}{each.value.text}"
        yield f"{_place(expression, each.label)} without {what}", expression[: each.start] + expression[each.end :]
        yield _replaced(expression, each.operator, _INVERTED[each.operator.text])


def alternatives(expression: str) -> Iterator[Mutant]:
    """Each alternative and each optional group of a matcher's regular expression left out."""
    for each in _matchers(expression):
        if each.operator.text in ("=~", "!~"):
            pattern = each.value.text[1:-1]
            parts = pattern.split("|")
            shorter = [parts[:n] + parts[n + 1 :] for n in range(len(parts))] if len(parts) > 1 else []
            patterns = ["|".join(some) for some in shorter] + sorted({re.sub(r"\([^()]*\)\?", "", pattern)} - {pattern})
            yield from (_replaced(expression, each.value, f'"{some}"') for some in patterns)


# --- operators and functions ------------------------------------------------------------------------------

_OPERATORS = {
    "+": ("-",),
    "-": ("+",),
    "*": ("/",),
    "/": ("*",),
    ">": (">=", "<"),
    "<": ("<=", ">"),
    ">=": (">", "<"),
    "<=": ("<", ">"),
    "==": ("!=",),
    "bool": ("",),
    "and": ("or", "unless"),
    "or": ("and", "unless"),
    "unless": ("and", "or"),
}
_FUNCTIONS = {
    "sum": ("max", "avg"),
    "max": ("min", "sum"),
    "min": ("max", "sum"),
    "avg": ("max", "sum"),
    "sum_over_time": ("avg_over_time", "max_over_time"),
    "avg_over_time": ("sum_over_time", "max_over_time"),
    "max_over_time": ("min_over_time", "avg_over_time"),
    "min_over_time": ("max_over_time", "avg_over_time"),
    "last_over_time": ("avg_over_time", "max_over_time"),
    "count_over_time": ("sum_over_time",),
    "rate": ("increase", "irate"),
}


def operators(expression: str) -> Iterator[Mutant]:
    """Each operator between two expressions as its neighbours, and each `bool` left out."""
    of_matchers = {each.operator.start for each in _matchers(expression)}
    for token, following in pairwise(_tokens(expression)):
        if token.kind in ("operator", "name") and token.start not in of_matchers:
            for other in _OPERATORS.get(token.text, ()):
                what, changed = _replaced(expression, token, other)
                yield f"{what} before {following.text}", changed


def functions(expression: str) -> Iterator[Mutant]:
    """Each aggregation, over series or over time, as its neighbours."""
    for token, following in pairwise(_tokens(expression)):
        if following.text in ("(", "by", "without"):
            yield from (_replaced(expression, token, other) for other in _FUNCTIONS.get(token.text, ()))


# --- grouping and clauses ---------------------------------------------------------------------------------

_GROUPING = re.compile(r"\b(by|without|on|ignoring) \(([\w, ]*)\)")


def groupings(expression: str) -> Iterator[Mutant]:
    """Each list of labels without each of them, and `by` with the instance as well."""
    for match in _GROUPING.finditer(expression):
        labels = match[2].split(", ")
        others = [[label for label in labels if label != left_out] for left_out in labels]
        if match[1] == "by" and "instance" not in labels:
            others.append([*labels, "instance"])
        whole = Token("grouping", match[0], *match.span(), 0)
        yield from (_replaced(expression, whole, f"{match[1]} ({', '.join(some)})") for some in others)


_CLAUSES = ("and", "or", "unless")


def without_clauses(expression: str) -> Iterator[Mutant]:
    """Each `and`, `or` and `unless` left out, with what stands to its right."""
    tokens = _tokens(expression)
    for index, token in enumerate(tokens):
        if token.text in _CLAUSES and token.kind == "name":
            ends = ("or", ")") if token.text == "or" else (*_CLAUSES, ")")  # `or` binds the least
            following = (each for each in tokens[index + 1 :] if each.text in ends and each.depth == token.depth)
            end = next((each.start for each in following), len(expression))
            clause = " ".join(expression[token.start : end].split()).split("{")[0]
            shorter = f"{expression[: token.start].rstrip()} {expression[end:]}".strip()
            yield f"{_place(expression, token)} without `{clause}`", shorter
