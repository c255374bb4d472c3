"""`vigil tune` from its arguments to what it prints."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

from alert_rules import json_text
from alert_rules.problems import InvalidFiles, Problem
from alert_rules.quantities import QuantityError, Unit, parse
from cli.preview.report import console
from cli.tune import report
from cli.tune import run as tuning
from cli.tune.history import Prometheus, Window

T = TypeVar("T")

SHORTEST, LONGEST = 3600.0, 366 * 86400.0
"""Seconds of the past that can be asked for: in less than an hour few alerts can fire at all."""


@dataclass(frozen=True)
class Asked:
    """The arguments as a person gave them."""

    project: Path
    stack: str
    prometheus: str
    past: str
    pages: float
    alerts: tuple[str, ...] = ()
    token_file: Path | None = None


def run(asked: Asked, *, as_json: bool, progress_on: Console) -> None:
    """Print what history says of the stack's thresholds; how far it has come is shown on a terminal alone.

    Raises InvalidFiles with all mistakes in the arguments and the stack file, and Unanswered where Prometheus does not
    answer.
    """
    problems: list[Problem] = []
    past = _or_problems(lambda: _past(asked.past), problems)
    _or_problems(lambda: _check_pages(asked.pages), problems)
    prometheus = _or_problems(lambda: Prometheus(asked.prometheus, asked.token_file), problems)
    of_stack = _or_problems(lambda: tuning.scopes_of(asked.project, asked.stack, asked.alerts), problems)
    if past is None or prometheus is None or of_stack is None or problems:
        raise InvalidFiles(problems)
    settings, scopes = of_stack
    now = time.time()
    with _shown(progress_on) as progress:
        found = tuning.tune(asked.stack, settings, scopes, prometheus, Window(now - past, now), asked.pages, progress)
    if as_json:
        sys.stdout.write(json_text.pretty(report.plain(found, asked.pages)))
    else:
        report.print_report(console(), found)


def _or_problems(make: Callable[[], T], problems: list[Problem]) -> T | None:
    """What is made, or None and the mistakes among `problems`."""
    try:
        return make()
    except InvalidFiles as error:
        problems += error.problems
        return None


def _past(written: str) -> float:
    """The seconds that `--past` stands for."""
    try:
        seconds = parse(written, Unit.WINDOW).value
    except QuantityError:
        seconds = 0.0
    if not SHORTEST <= seconds <= LONGEST:
        allowed = "a time such as 12h, 14d or 4w, from 1h to 366d"
        raise InvalidFiles([Problem("command line", "--past", written, allowed)])
    return seconds


def _check_pages(pages: float) -> None:
    if not 0 <= pages < inf:
        raise InvalidFiles([Problem("command line", "--pages", pages, "a number of pages a week such as 1 or 0.5")])


@contextmanager
def _shown(where: Console) -> Iterator[tuning.Progress]:
    with Progress(console=where, transient=True, disable=not where.is_terminal) as bar:
        task = bar.add_task("asking Prometheus", total=None)

        def show(alert: str, done: int, total: int) -> None:
            bar.update(task, description=alert, completed=done, total=total)

        yield show
