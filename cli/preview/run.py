"""Renders a stack: runs the program under the recorder and gathers what is shown and written."""

from __future__ import annotations

import os
import runpy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.preview import report, tree
from cli.preview.objectives import Promises, promises
from cli.preview.stack_file import read_stack_file
from cli.recorder import Recording, record
from cli.recorder.run import NO_ACCOUNT
from components.kubernetes.footprint import of_cluster, of_node
from components.settings.load import load_settings
from components.settings.model import Settings
from components.stack import Stack

NO_REGION = "us-east-1"


@dataclass(frozen=True)
class Rendered:
    """A stack as it would be deployed."""

    recording: Recording
    alerts: list[dict[str, Any]]
    promises: Promises
    warnings: list[str]
    files: tree.Files
    requests: report.Requests


def render(project: Path, stack: str) -> Rendered:
    """The stack of that name in the Pulumi project at `project`.

    Raises InvalidFiles for mistakes in the stack file, Violation where the program would not survive a real engine.
    """
    recording = _recorded(project, stack, _whole_program)
    [made] = [component for component in recording.components if isinstance(component, Stack)]
    settings, content = made.settings, made.content
    alerts = report.alert_lines(settings, content.alerts)
    warnings = report.warnings(settings, alerts)
    requests = report.Requests(of_cluster(content.workloads), of_node(content.workloads))
    promised = promises(settings)
    plan = tree.plan(recording, alerts, promised, warnings, requests.plain)
    return Rendered(recording, alerts, promised, warnings, tree.files(recording, plan), requests)


def settings_of(project: Path, stack: str) -> Settings:
    """The settings of that stack, without running its program. Raises InvalidFiles for mistakes in the stack file."""
    read: list[Settings] = []
    _recorded(project, stack, lambda: read.append(load_settings().settings))
    return read[0]


def _whole_program() -> None:
    # Read first, so that mistakes come as mistakes and not wrapped into the program's own failure.
    load_settings()
    runpy.run_path("__main__.py", run_name="__main__")


def _recorded(project: Path, stack: str, program: Callable[[], None]) -> Recording:
    stack_file = read_stack_file(project, stack)
    with _working_directory(project):
        return record(
            program,
            stack=stack_file.stack,
            settings=stack_file.values,
            secret_keys=stack_file.secret_keys,
            account=stack_file.account or NO_ACCOUNT,
            region=stack_file.region or NO_REGION,
        )


@contextmanager
def _working_directory(path: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(path)
    try:
        yield
    finally:
        os.chdir(before)
