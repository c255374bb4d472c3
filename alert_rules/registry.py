"""Every metric that a rule or a panel may use, what exports it, and which exporters an expression therefore needs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from alert_rules import promql, yaml12

COMMON_LABELS = frozenset({"service", "team", "instance", "job", "le"})
"""Labels that every series has from scraping, and the bucket label of histograms."""

_HISTOGRAM_SUFFIX = re.compile(r"_(bucket|sum|count)$")


@dataclass(frozen=True)
class Metric:
    """A metric family: its exporter (a top-level key of metrics.yaml), its type, and every label of its series."""

    name: str
    exporter: str
    type: str
    labels: frozenset[str]


@cache
def known_metrics(path: Path = Path(__file__).parent / "metrics.yaml") -> Mapping[str, Metric]:
    """Every metric by its name."""
    return metrics_in(yaml12.load(path.read_text(encoding="utf-8")))


def metrics_in(content: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Metric]:
    """The metrics that the content of such a file lists, by name: exporter → metric → its type and labels."""
    return {
        name: Metric(name, exporter, entry["type"], frozenset(entry["labels"]) | COMMON_LABELS)
        for exporter, metrics in content.items()
        for name, entry in metrics.items()
    }


@cache
def exporters() -> frozenset[str]:
    """Names of everything that exports metrics which rules or panels use."""
    return frozenset(metric.exporter for metric in known_metrics().values())


def metric_of(series: str, among: Mapping[str, Metric] | None = None) -> Metric | None:
    """The metric that a series name belongs to (`x_bucket` to the histogram `x`), or None for one that is not `among`
    those given, or else those of alert_rules/metrics.yaml."""
    known = known_metrics() if among is None else among
    return known.get(series) or known.get(_HISTOGRAM_SUFFIX.sub("", series))


@cache
def exporters_of(expression: str) -> frozenset[str]:
    """The exporters without which the PromQL expression has no data.

    Raises ValueError where the expression is not PromQL or names a metric that nothing exports.
    """
    found = set()
    for series, _ in promql.metrics_and_labels(expression):
        metric = metric_of(series)
        if metric is None:
            raise ValueError(f"{series or 'a selector without a name'} is no metric of alert_rules/metrics.yaml")
        found.add(metric.exporter)
    return frozenset(found)
