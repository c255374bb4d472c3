"""A mistake in a file that a person wrote, told so that the person can mend it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One mistake: where it is, what stands there, what may stand there, and the nearest known name."""

    file: str
    key: str
    value: Any
    allowed: str
    nearest: str | None = None
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        given = "missing" if self.value is MISSING else f"given {shown(self.value)}"
        return f"{place}: {self.key}: {given}; allowed: {self.allowed}{did_you_mean(self.nearest)}"


class _Missing:
    def __repr__(self) -> str:
        return "missing"


MISSING = _Missing()


class InvalidFiles(Exception):
    """All mistakes found in one go. `problems` holds them, in the order they are to be shown."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None where nothing is close enough to be a likely slip."""
    by_fold = {str(candidate).casefold(): str(candidate) for candidate in known}
    written = str(name).casefold()
    found = difflib.get_close_matches(written, by_fold, n=1, cutoff=0.6)
    shortened = [fold for fold in by_fold if len(fold) > 2 and written.startswith(fold)]  # production → prod
    return next((by_fold[fold] for fold in [*found, *shortened]), None)


def did_you_mean(nearest: str | None) -> str:
    """The end of a message that asks whether another name was meant; empty where none is near."""
    return f"; did you mean {nearest!r}?" if nearest else ""


def listed(names: Iterable[str]) -> str:
    """Names as a sorted, comma-separated list for an error message."""
    return ", ".join(sorted(names))


def shown(value: Any, limit: int = 80) -> str:
    """`value` as one short line: never more than `limit` characters of what a person wrote."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
