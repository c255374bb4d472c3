"""Rule files that a test writes, and what is told of their faults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from alert_rules import yaml12
from alert_rules.loader import load
from alert_rules.problems import InvalidFiles

OF_ANY_ENGINE = {
    "placeholder without a parameter": (
        "> $threshold\n    param",
        "> $thresold\n    param",
        "undeclared: ['thresold']",
    ),
    "parameter that is never used": ("> $threshold\n    param", "> 80\n    param", "unused: ['threshold']"),
    "misspelt severity": ("severity: high", "severity: hihg", "severity: given 'hihg'"),
    "unknown key": ("dashboard: main", "dashbord: main", "did you mean 'dashboard'?"),
}
"""Faults of an alert whatever its engine: what of a good file is replaced, by what, and what is told of it."""


def written(folder: Path, engine: str, text: str) -> Path:
    """The folder, with `text` as the file `probe.yaml` of that engine's rules."""
    (folder / engine).mkdir()
    (folder / engine / "probe.yaml").write_text(text, encoding="utf-8")
    return folder


def told(folder: Path, engine: str, text: str) -> str:
    """What is said of the faults of such a file, which must have some."""
    with pytest.raises(InvalidFiles) as caught:
        load(written(folder, engine, text))
    return str(caught.value)


def assert_told(folder: Path, engine: str, good: str, fault: tuple[str, str, str]) -> None:
    """Put the fault (what of a good file is replaced, by what) into the file: it is told by the file's name, and in the
    words that come third."""
    old, new, expected = fault
    assert old in good
    found = told(folder, engine, good.replace(old, new))
    assert f"{engine}/probe.yaml" in found
    assert expected in found


def entry(
    expression: str,
    parameters: Mapping[str, Mapping[str, str]] | None = None,
    *,
    severity: str = "high",
    hold: str = "2m",
) -> dict[str, Any]:
    """An alert with that expression and those parameters, free of other faults."""
    words = "words that are long enough"
    return {
        "severity": severity,
        "for": hold,
        "dashboard": "main",
        **dict.fromkeys(("condition", "summary", "description", "reason"), words),
        "expression": expression,
        "parameters": {name: {**parameter, "reason": words} for name, parameter in (parameters or {}).items()},
    }


def found(folder: Path, alerts: Mapping[str, Any], engine: str = "prometheus") -> list[str]:
    """What is told of a file with those alerts."""
    try:
        load(written(folder, engine, yaml12.dump({"alerts": dict(alerts)})))
    except InvalidFiles as error:
        return [str(problem) for problem in error.problems]
    return []
