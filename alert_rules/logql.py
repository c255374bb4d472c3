"""What a LogQL expression reads and groups by, as far as a strict form shows it.

There is no parser of LogQL for Python. What rules are written in is narrower than the language: names of labels, double
quoted values, each range aggregation directly inside `... by (...) (`. What is in no such form is refused. Grafana's
grammar judges the rest (tests/validators/loki.py).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

STREAM_LABELS = ("service", "namespace", "node")
"""The labels of a log stream; everything else stays with the line as structured metadata, so that the number of streams
is that of services and nodes and not of pods. The node, because a stream takes lines in some order of time: after an
outage the agent that catches up last would find its lines refused for those of another."""

METADATA = ("detected_level",)
"""Structured metadata that every line has, whatever wrote it: Loki's own finding of its level."""

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`')
_PAIRS = {")": "(", "]": "[", "}": "{"}
_MATCHER = re.compile(r'\s*(\w+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"\s*')
_FILTER = re.compile(r"\|\s*(\w+)\s*(?:=~|!~|!=|==|=|>=|<=|>|<)")
_PARSER = re.compile(r"\|\s*(?:json|logfmt|pattern|regexp|unpack)\b")
_RANGE = re.compile(r"\b\w+\s*\($")
_AGGREGATION = re.compile(r"\b(?:sum|min|max|avg|count|stddev|stdvar|topk|bottomk|sort|sort_desc)\b")
_MATCHING = re.compile(r"\b(?:on|ignoring|group_left|group_right|without)\b")
_GROUPED = re.compile(r"\b(?:sum|min|max|avg|count)\s+by\s*\(([\w\s,]*)\)\s*\($")


@dataclass(frozen=True)
class Matcher:
    """What a log selector asks of a label; `value` is as it stands between its quotes."""

    label: str
    operator: str
    value: str


@dataclass(frozen=True)
class Stream:
    """One log selector of an expression: the labels that it matches, those by which its lines are filtered, the name of
    its range aggregation, and the labels by which that is grouped (None where it is in no grouping)."""

    labels: frozenset[str]
    filters: frozenset[str]
    function: str
    grouping: frozenset[str] | None


def streams(expression: str) -> list[Stream]:
    """Every log selector of the expression, in order of appearance.

    Raises ValueError where brackets or quotes do not balance, or something is in no form known here.
    """
    bare = _balanced(expression)
    found = [_stream(expression, bare, start) for start in _starts(bare)]
    if matching := _MATCHING.search(bare):
        raise ValueError(f"{matching[0]}, where only sides of the same labels are known here")
    if len(_AGGREGATION.findall(bare)) != sum(stream.grouping is not None for stream in found):
        raise ValueError("an aggregation that is not written sum by (...) (...) around a range aggregation")
    return found


def selector_labels(expression: str) -> list[frozenset[str]]:
    """Names of the labels that each log selector matches, also of a query for lines. Raises ValueError as `streams`."""
    return [_labels(matchers) for matchers in selector_matchers(expression)]


def selector_matchers(expression: str) -> list[list[Matcher]]:
    """The matchers of each log selector, also of a query for lines. Raises ValueError as `streams`."""
    bare = _balanced(expression)
    return [list(_matched(expression[start + 1 : bare.index("}", start)])) for start in _starts(bare)]


def _labels(matchers: Iterable[Matcher]) -> frozenset[str]:
    return frozenset(matcher.label for matcher in matchers)


def as_promql(expression: str) -> str:
    """The expression with a PromQL selector for each log selector, so that the parser of PromQL sees what is done with
    the counts: the same count gives the same selector, and a count of fewer lines one that asks for more.

    Raises ValueError as `streams`.
    """
    bare = _balanced(expression)
    done, parts = 0, []
    for start in _starts(bare):
        call = _RANGE.search(bare[:start].rstrip())
        end = _closing(bare, start)
        if call is None or end is None:
            raise ValueError(f"{expression[start:]} is in no function")
        parts += [
            expression[done : call.start()],
            _counted(call[0].rstrip("( "), expression[start:end], bare[start:end]),
        ]
        done = end + 1
    return "".join([*parts, expression[done:]])


def _counted(function: str, lines: str, bare: str) -> str:
    """The count over some lines (log selector, pipeline, range) as PromQL; `bare` is the same with its quotes blank."""
    end, window = bare.index("}"), bare.rindex("[")
    pipeline = " ".join(lines[end + 1 : window].split())
    matchers = [lines[1:end].strip(" ,"), f"function={json.dumps(function)}"]
    matchers += [f"pipeline={json.dumps(pipeline)}"] if pipeline else []
    # A value taken out of a line may be anything, a count of lines is never negative.
    over_time = "sum_over_time" if "unwrap" in bare else "count_over_time"
    return f"{over_time}(log{{{', '.join(matchers)}}}{lines[window:]})"


def _closing(bare: str, start: int) -> int | None:
    """Where the parenthesis closes in which `start` stands, or None where it stands in none."""
    depth = 0
    for position in range(start, len(bare)):
        depth += {"(": 1, ")": -1}.get(bare[position], 0)
        if depth < 0:
            return position
    return None


def _starts(bare: str) -> list[int]:
    starts = [match.start() for match in re.finditer("{", bare)]
    if not starts:
        raise ValueError("no stream selector")
    return starts


def _stream(expression: str, bare: str, start: int) -> Stream:
    end = bare.index("}", start)
    window = bare.find("[", end)
    if window < 0:
        raise ValueError(f"no range such as [5m] after {expression[start : end + 1]}")
    before = bare[:start].rstrip()
    call = _RANGE.search(before)
    if call is None:
        raise ValueError(f"{expression[start : end + 1]} is in no function")
    grouped = _GROUPED.search(before[: call.start()].rstrip())
    pipeline = bare[end + 1 : window]
    return Stream(
        labels=_labels(_matched(expression[start + 1 : end])),
        # What a parser takes out of a line may be called anything.
        filters=frozenset() if _PARSER.search(pipeline) else frozenset(_FILTER.findall(pipeline)),
        function=call[0].rstrip("( "),
        grouping=frozenset(label.strip() for label in grouped[1].split(",")) if grouped else None,
    )


def _matched(matchers: str) -> Iterator[Matcher]:
    position = 0
    while match := _MATCHER.match(matchers, position):
        yield Matcher(*match.groups())
        position = match.end()
        if matchers[position : position + 1] != ",":
            break
        position += 1
    if position != len(matchers) or not matchers:
        raise ValueError(f'{{{matchers}}} is no list of matchers such as service="a"')


def _balanced(expression: str) -> str:
    """The expression with blanks for what is quoted, so that places stay what they are."""
    bare = _STRING.sub(lambda quoted: " " * len(quoted[0]), expression)
    if '"' in bare or "`" in bare:
        raise ValueError("a quote that does not end")
    open_ones: list[str] = []
    for character in bare:
        if character in _PAIRS.values():
            open_ones.append(character)
        elif character in _PAIRS and (not open_ones or open_ones.pop() != _PAIRS[character]):
            raise ValueError(f"a {character} that closes nothing")
    if open_ones:
        raise ValueError(f"a {open_ones[-1]} that is never closed")
    return bare
