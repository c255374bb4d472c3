"""Every Grafana dashboard, built as a deploy would build it, and a reader for what is in one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from alert_rules.compilers.common import Links
from alert_rules.loader import HERE, builtin, read_yaml
from alert_rules.overrides import resolve
from dashboards.grafana import main

LINKS = Links(runbooks="https://runbooks.example.org", grafana="https://grafana.example.org")

Board = dict[str, Any]

SCRAPED = frozenset({"service", "team", "instance", "job"})
"""Labels that scraping adds to every series: alert_rules/metrics.yaml."""

SUFFIXES = {"_bucket": frozenset({"le"}), "_sum": frozenset[str](), "_count": frozenset[str]()}


def default_thresholds() -> dict[str, float]:
    """The defaults of the catalogue for the alerts that the main dashboard draws."""
    alerts = builtin().alerts
    return {name: resolve(alerts[name]).values["threshold"].value for name in main.THRESHOLDS}


def boards() -> dict[str, Board]:
    """Every dashboard by its uid."""
    return {main.UID: main.build(thresholds=default_thresholds(), links=LINKS)}


def panels(board: Board) -> list[Board]:
    """The panels of a dashboard that show data: all but row headers and texts."""
    return [panel for panel in board["panels"] if panel["type"] not in ("row", "text")]


def panel(board: Board, title: str) -> Board:
    """The panel of that title."""
    (found,) = [panel for panel in panels(board) if panel["title"] == title]
    return found


def targets(board: Board) -> Iterator[tuple[str, Board]]:
    """Each query with the title of its panel."""
    return ((panel["title"], target) for panel in panels(board) for target in panel["targets"])


def promql(expression: str) -> str:
    """The expression with Grafana's variables filled in as Grafana would."""
    filled = expression.replace("$__rate_interval", "5m").replace("$__range", "6h")
    return re.sub(r"\$\{?\w+(:\w+)?\}?|\[\[\w+\]\]", ".*", filled)


@cache
def known_metrics() -> dict[str, frozenset[str]]:
    """Every series name that may be used, with the labels that it has."""
    known: dict[str, frozenset[str]] = {}
    for metrics in read_yaml(HERE / "metrics.yaml").values():
        for name, metric in metrics.items():
            labels = frozenset(metric["labels"]) | SCRAPED
            suffixes = SUFFIXES if metric["type"] == "histogram" else {"": frozenset[str]()}
            known |= {name + suffix: labels | more for suffix, more in suffixes.items()}
    return known


def text(board: Board) -> str:
    """The dashboard as it would be written to a file."""
    return json.dumps(board)
