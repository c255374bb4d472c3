"""The checks across keys of the settings: each takes sound settings and yields the problems it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from alert_rules.problems import Problem
from components.settings.model import Settings


@dataclass(frozen=True)
class _Check:
    run: Callable[[Settings, str], Iterator[Problem]]
    needs: frozenset[str]


_CHECKS: list[_Check] = []


def check(*needs: str) -> Callable[[Callable[[Settings, str], Iterator[Problem]]], None]:
    """Registers a check. It is left out where one of the top-level keys it `needs` had mistakes of its own, since what
    is missing there may only be misspelt."""

    def register(function: Callable[[Settings, str], Iterator[Problem]]) -> None:
        _CHECKS.append(_Check(function, frozenset(needs)))

    return register


def run(settings: Settings, *, file: str, broken: Iterable[str]) -> list[Problem]:
    """Every problem found by the checks whose keys are sound."""
    unsound = frozenset(broken)
    return [problem for check in _CHECKS if not check.needs & unsound for problem in check.run(settings, file)]
