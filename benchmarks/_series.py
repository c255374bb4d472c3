"""The series of a made-up cluster: every metric that the rules of either side read, on every object that it is of.

Names, types and labels are those of alert_rules/metrics.yaml and, for what only the rival reads, of rule_cost.yaml. A
selector that still finds nothing gets a series of its own, so that no rule is cheap for want of data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import product
from math import inf
from pathlib import Path
from typing import Any

from alert_rules import yaml12
from alert_rules.registry import COMMON_LABELS, Metric, known_metrics, metrics_in
from benchmarks._cluster import OBJECTIVES, Cluster, Labels
from benchmarks._reads import Matcher, Read

STEP = 30
"""Seconds between two samples of what is scraped."""
EPOCH = 1_700_000_000
"""Seconds since 1970 at which every counter stood at 0."""
VARIANTS = 8
"""So many objects in a row differ in their values; then they repeat."""
FAILING = VARIANTS
"""The variant of the objects on which errors are frequent: those of one service in a hundred."""
_FREQUENT = 200
"""How many times more errors they have."""
_RARE = 0.0002
"""The share of what is rare, such as a server error, in what is usual."""

_RECORDED_OURS = {"slo:events": 40.0, "slo:errors": 40.0 * _RARE}
_UNMADE = ("slo", "declared", "prometheus")
"""Exporters in alert_rules/metrics.yaml whose series are not those of an exporter."""


@dataclass(frozen=True)
class Course:
    """How the values of a series run: "rate" counts so many a second, "wander" stays about the amount, "steady" is it,
    "now" is the time, five minutes old at most."""

    kind: str
    amount: float = 0.0
    rare: bool = False

    def value(self, time: int, variant: int) -> float:
        """What the series of that variant has at a time, in seconds since 1970."""
        if self.kind == "rate":
            more = _FREQUENT if self.rare and variant == FAILING else 1 + variant / VARIANTS
            return self.amount * more * (time - EPOCH)
        if self.kind == "wander":  # three digits after the point, as a mean has, rather than what compresses to nothing
            return self.amount * (1 + (time // 15 * 7919 + variant * 131) % 1000 / 4000)
        return self.amount if self.kind == "steady" else float(time // 300 * 300)


@dataclass(frozen=True, eq=False)
class Block:
    """Series that differ only in the object that they are of: what they have in common, and each object's labels.
    `step` is the time in seconds between two samples."""

    labels: Labels
    objects: Sequence[Labels]
    course: Course
    step: int = STEP

    @property
    def metric(self) -> str:
        """The name of the series."""
        return self.labels["__name__"]


@cache
def made_up() -> Mapping[str, Any]:
    """What rule_cost.yaml says."""
    content: Mapping[str, Any] = yaml12.load(Path(__file__).with_name("rule_cost.yaml").read_text(encoding="utf-8"))
    return content


def blocks(cluster: Cluster, read: Sequence[Read], recorded: Mapping[str, float]) -> list[Block]:
    """Every series. `recorded` are the names that rules of either side record, and how often, in seconds."""
    known = {**metrics_in({"rival": made_up()["metrics"]}), **known_metrics()}
    found = [block for metric in known.values() if metric.exporter not in _UNMADE for block in _of(metric, cluster)]
    for kind in ("instance", "probe", "target"):
        scraped = _labelled(cluster, kind, ("job", "metrics_path", "container", *_SCRAPED))
        found.append(Block({"__name__": "up"}, scraped, Course("steady", 1)))
    wanted = [each for each in read if each.metric not in recorded and not each.metric.startswith("ALERTS")]
    return [*found, *_missing(wanted, found)]


def number_read(among: Sequence[Block], read: Sequence[Read]) -> int:
    """How many of the series some selector reads."""
    wanted: dict[str, list[Read]] = {}
    for each in read:
        wanted.setdefault(each.metric, []).append(each)
    found = (block for block in among if any(each.among(block.labels) for each in wanted.get(block.metric, ())))
    return sum(len(block.objects) for block in found)


_SCRAPED = ("service", "team", "instance", "node", "namespace")


def _of(metric: Metric, cluster: Cluster) -> Iterator[Block]:
    objects, own = _objects(metric, cluster)
    others = sorted(metric.labels - COMMON_LABELS - own)
    values = [_values(metric.name, label) for label in others]
    for combination in product(*values):
        told = dict(zip(others, combination, strict=True))
        for suffix, more, course in _courses(metric, told):
            yield Block({"__name__": metric.name + suffix, **told, **more}, objects, course)


def _objects(metric: Metric, cluster: Cluster) -> tuple[Sequence[Labels], set[str]]:
    """The labels of every object that the metric is of, and the names of those that tell objects apart."""
    if metric.exporter == "application":
        return _labelled(cluster, "instance", ("job", *_SCRAPED)), set()
    scraped = _longest(made_up()["scraped"], metric.name)
    kind = scraped["object"] if scraped["object"] != "by_name" else _longest(made_up()["by_name"], metric.name)
    among = cluster.of(kind)
    own = set().union(*among[:2]) & (metric.labels | set(scraped.get("all", ())))
    if kind == "program":
        own |= {"instance", "pod"}
    program = metric.exporter.replace("_", "-")
    base = {"job": program, "service": program, **scraped["labels"]}
    labelled = _labelled(cluster, kind, tuple(sorted(own)), tuple(base.items()))
    return labelled[::100] if metric.name in made_up()["few"] else labelled, own


@cache
def _labelled(
    cluster: Cluster, kind: str, names: tuple[str, ...], more: tuple[tuple[str, str], ...] = ()
) -> Sequence[Labels]:
    """The objects with those of their labels, and with further ones. One list for all metrics that have the same."""
    return [{**dict(more), **_picked(each, names)} for each in cluster.of(kind)]


def _longest(table: Mapping[str, Any], name: str) -> Any:
    return table[max((start for start in table if name.startswith(start)), key=len)]


def _picked(labels: Labels, names: Sequence[str]) -> Labels:
    return {name: labels[name] for name in names if name in labels}


def _values(metric: str, label: str) -> Sequence[str]:
    own: Mapping[str, Sequence[str]] = made_up()["values_of"].get(metric, {})
    return own.get(label) or made_up()["values"].get(label) or [f"{label}-0"]


def _courses(metric: Metric, told: Labels) -> Iterator[tuple[str, Labels, Course]]:
    """Suffix, further labels and values of each series of the metric."""
    course = course_of(metric.name, metric.type, told)
    if metric.type != "histogram":
        yield "", {}, course
        return
    bounds = made_up()["buckets_of"].get(metric.name) or made_up()["buckets"]
    for index, bound in enumerate(bounds):
        yield "_bucket", {"le": str(bound)}, Course("rate", course.amount * (1 - 0.3 ** (index + 1)), course.rare)
    yield "_bucket", {"le": "+Inf"}, course
    yield "_count", {}, course
    yield "_sum", {}, Course("rate", course.amount / 20, course.rare)


def course_of(name: str, kind: str, told: Labels) -> Course:
    """How the values of a series with those labels run."""
    ones = made_up()["ones"].get(name)
    if ones:
        return Course("steady", float(any(one.items() <= told.items() for one in ones)))
    if kind == "histogram":
        kind = "counter"
    elif (level := _first(made_up()["levels"], name)) is not None:
        moments = {"earlier": EPOCH, "later": EPOCH + 10**9}
        if level == "now":
            return Course("now")
        return Course("steady", float(moments.get(level, level)))
    if kind not in ("counter", "untyped"):
        return Course("wander", 40)
    if re.search(made_up()["quiet"], name):
        return Course("rate", 0)
    rare = bool(set(made_up()["rare"]) & set(told.values()))
    rate = _first(made_up()["rates"], name) or 10
    return Course("rate", rate * (_RARE if rare else 1), rare)


def _first(table: Sequence[tuple[str, Any]], name: str) -> Any:
    return next((value for pattern, value in table if re.fullmatch(pattern, name)), None)


# --- what selectors miss ------------------------------------------------------------------------------------


def _missing(wanted: Sequence[Read], found: Sequence[Block]) -> Iterator[Block]:
    """A series for each selector that finds none."""
    there: dict[str, list[Block]] = {}
    for block in found:
        there.setdefault(block.metric, []).append(block)
    for read in {(each.metric, each.matchers): each for each in wanted}.values():
        if any(finds(read, block) for block in there.get(read.metric, ())):
            continue
        labels = {"__name__": read.metric}
        labels |= {each.label: value for each in read.matchers if (value := _satisfying(each))}
        if not read.takes(labels):
            continue  # nothing can: `x{y=""}` and `x{y!=""}` at once
        kind = "counter" if re.search("_(total|count|sum|bucket)$", read.metric) else "gauge"
        extra = {name: value for name, value in _ANYBODY.items() if name not in labels and read.free(name)}
        block = Block(labels, [extra], course_of(read.metric, kind, labels))
        there.setdefault(read.metric, []).append(block)
        yield block


_ANYBODY = {"service": "monitoring", "team": "platform", "instance": "10.0.0.1:8080", "job": "monitoring"}


def finds(read: Read, block: Block) -> bool:
    """Whether the selector finds a series of the block, which is of its metric."""
    return read.among(block.labels) and any(read.takes({**each, **block.labels}) for each in block.objects)


def _satisfying(matcher: Matcher) -> str:
    """A value of the label that the matcher takes."""
    parts = [matcher.value, *re.split(r"\|", matcher.value)]
    plain = [re.sub(r"\(.*?\)\?|[()?*+\[\]^$\\]", "", part).replace(".", "0") for part in parts]
    guesses = ["", *parts, *plain, "x"] if matcher.operator.startswith("!") else [*parts, *plain, "x", ""]
    return next((guess for guess in guesses if matcher.holds(guess)), "")


# --- what rules record --------------------------------------------------------------------------------------


def recorded_blocks(cluster: Cluster, read: Sequence[Read], recorded: Mapping[str, float]) -> list[Block]:
    """The past of what rules record and read again over more than ten minutes: what they would have recorded. Not of
    what is recorded so seldom that a few samples are all that is read: the first evaluation makes one."""
    deep = sorted({each.metric for each in read if each.oldest > max(600, 3.5 * recorded.get(each.metric, inf))})
    found = []
    for name in deep:
        step = round(recorded[name])
        amount = next((amount for start, amount in _RECORDED_OURS.items() if name.startswith(start)), 40.0)
        course = Course("wander", amount)
        if name.startswith("slo:"):
            services = _labelled(cluster, "service", ("service", "team"))
            slos = [{"slo": str(each["kind"])} for each in OBJECTIVES]
        else:
            services = [{"cluster": "load"}]
            labels = made_up()["recorded"][name]
            slos = [dict(zip(labels, each, strict=True)) for each in product(*(_bounds(name, x) for x in labels))]
        found += [Block({"__name__": name, **each}, services, course, step) for each in slos]
    return found


def _bounds(name: str, label: str) -> Sequence[str]:
    return (
        [*map(str, made_up()["buckets_of"][name.split(":")[1].removesuffix("_bucket")]), "+Inf"]
        if label == "le"
        else _values(name, label)
    )
