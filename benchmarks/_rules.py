"""Rules of either side, and what evaluating them cost."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import promql_parser as parser

from alert_rules import yaml12
from benchmarks._reads import Read, reads

MINUTE = 60.0


@dataclass(frozen=True)
class Rule:
    """A rule at its place in its group; `interval` is the group's own in seconds, None where it has the server's."""

    group: str
    index: int
    interval: float | None
    content: Mapping[str, Any]

    @property
    def alert(self) -> bool:
        """Whether it is an alerting rule rather than a recording rule."""
        return "alert" in self.content

    @property
    def name(self) -> str:
        """The alert, or the series that it records."""
        return str(self.content["alert" if self.alert else "record"])

    @property
    def expression(self) -> str:
        """What is evaluated."""
        return str(self.content["expr"])


@dataclass
class Side:
    """One of the two sets of rules. `interval` is the seconds between two evaluations where it is deployed, for groups
    that set none. The rest is what was seen of it: its turns, whether each selector finds series, and how many
    series its rules read."""

    name: str
    interval: float
    rules: Sequence[Rule]
    seen: list[Observed] = field(default_factory=list)
    found: Mapping[str, bool] = field(default_factory=dict)
    reading: int = 0

    @property
    def alerts(self) -> int:
        """How many alerting rules it has."""
        return sum(rule.alert for rule in self.rules)

    @property
    def reads(self) -> list[Read]:
        """Every selector of every rule."""
        return [read for rule in self.rules for read in reads(rule.expression)]

    @property
    def recorded(self) -> dict[str, float]:
        """The series that it records, and how often, in seconds."""
        return {rule.name: rule.interval or self.interval for rule in self.rules if not rule.alert}


@dataclass(frozen=True)
class Observed:
    """A turn of one side: the seconds that each evaluation of each rule took, by group and place of the rule; how long
    the turn was, what the process used of the processor, both in seconds; and the series that the rules made."""

    evaluations: Mapping[tuple[str, int], Sequence[float]]
    clock: float
    cpu: float
    produced: float

    @property
    def evaluating(self) -> float:
        """Seconds of evaluation in the turn."""
        return sum(map(sum, self.evaluations.values()))


@dataclass(frozen=True)
class Cost:
    """What one rule costs: the median seconds of an evaluation."""

    rule: Rule
    seconds: float

    def a_minute(self, interval: float) -> float:
        """Seconds a minute, where groups without an interval of their own have that one."""
        return self.seconds * MINUTE / (self.rule.interval or interval)


def costs(side: Side) -> list[Cost]:
    """What each rule of the side costs. The first evaluation of a turn is left out where there are more: what a rule
    reads of another may not be there yet. Raises RuntimeError where a rule was never evaluated."""
    found = []
    for rule in side.rules:
        turns = [turn.evaluations.get((rule.group, rule.index), ()) for turn in side.seen]
        counted = [seconds for turn in turns for seconds in (turn[1:] or turn)]
        if not counted:
            raise RuntimeError(f"{rule.name} of group {rule.group} was not evaluated: measure for longer")
        found.append(Cost(rule, statistics.median(counted)))
    return found


def finding(side: Side) -> float:
    """The share of the side's rules of which every selector finds a series, by what `found` says of selectors."""
    whole = [all(side.found[read.selector] for read in reads(rule.expression)) for rule in side.rules]
    return sum(whole) / len(whole)


def rules_in(files: Collection[Path]) -> list[Rule]:
    """The rules of rule files and of manifests of PrometheusRule. Groups of one name are taken for one."""
    found: list[Rule] = []
    places: Counter[str] = Counter()
    for file in sorted(files):
        content = yaml12.load(file.read_text(encoding="utf-8"))
        for group in content.get("spec", content)["groups"]:
            name, interval = group["name"], duration(group["interval"]) if "interval" in group else None
            for rule in group["rules"]:
                found.append(Rule(name, places[name], interval, rule))
                places[name] += 1
    return found


def duration(text: str) -> float:
    """Seconds of a duration as Prometheus writes it. Raises ValueError where it is none."""
    node = parser.parse(f"x[{text}]")
    assert isinstance(node, parser.MatrixSelector)
    found: timedelta = node.range
    return found.total_seconds()


def rule_file(rules: Sequence[Rule], interval: int) -> str:
    """A rule file of these rules, each group evaluated once in so many seconds."""
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for rule in rules:
        groups.setdefault(rule.group, []).append(rule.content)
    return yaml12.dump(
        {"groups": [{"name": name, "interval": f"{interval}s", "rules": each} for name, each in groups.items()]}
    )
