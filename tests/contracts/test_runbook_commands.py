"""A command of a runbook finds what it looks for: its pods are there in every size, and its pattern is of their logs."""

from __future__ import annotations

import re

import pytest

from components.kubernetes.spec import Program, WorkloadSpec
from tests.components.kubernetes.examples import every_spec, of_size
from tests.settings.examples import ROOT, parsed

SIZES: dict[str, dict[str, WorkloadSpec]] = {
    "medium": every_spec(parsed("prod")),
    "large": every_spec(of_size("large", exporters={"cloudwatch": True})),
}
EVERY = {name for specs in SIZES.values() for name in specs}
SELECTOR = re.compile(r"app\.kubernetes\.io/name(?:=([\w-]+)| in \(([\w, -]+)\))")
COMMANDS = [
    (page.stem, line.strip())
    for page in sorted((ROOT / "docs" / "runbooks").glob("*.md"))
    for line in page.read_text(encoding="utf-8").splitlines()
    if line.strip().startswith("kubectl ")
]


def selected(command: str) -> set[str]:
    """The stack's own workloads whose pods a command selects by name."""
    found = [one or several for one, several in SELECTOR.findall(command)]
    return {name for each in found for name in re.split(r",\s*", each)} & EVERY


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("runbook", "command"), [each for each in COMMANDS if selected(each[1])])
def test_what_is_selected_is_there(runbook: str, command: str, size: str) -> None:
    assert selected(command) & set(SIZES[size]), f"{runbook}: no pod in size {size} for {command}"


JSON = re.compile(r"log\.format=json|log_format: json|encoding: json")


def writes_json(program: Program) -> bool:
    """Whether its arguments or its files say that it logs as JSON."""
    files = [str(content) for config in program.config for content in config.files.values()]
    return any(JSON.search(text) for text in (*program.args, *files))


IN_JSON = {
    name
    for specs in SIZES.values()
    for spec in specs.values()
    for program in spec.every_program
    if writes_json(program)
    for name in (spec.name, program.name)
} - {"prometheus"}
"""Workloads and containers; Prometheus has a sidecar that does, and does not itself."""


def test_patterns_for_levels_are_of_the_format_that_is_written() -> None:
    judged = [
        (runbook, command)
        for runbook, command in COMMANDS
        if " logs " in command and "level" in command and IN_JSON & set(re.findall(r"[\w-]+", command))
    ]
    assert judged
    for runbook, command in judged:
        assert "level=" not in command, f"{runbook}: the log is JSON, in which this finds nothing: {command}"
