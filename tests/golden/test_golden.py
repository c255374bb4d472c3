"""What the committed stacks render, as files to be read in a review. `make golden` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from alert_rules import yaml12
from cli.preview.tree import Files
from tests import rendered
from tests.rendered import STACKS

HERE = Path(__file__).parent

MOUNTED = (
    "mounted/alertmanager/etc/alertmanager/alertmanager.yaml",
    "mounted/prometheus/etc/prometheus/config/prometheus.yaml",
    "mounted/prometheus/etc/prometheus/rules/",
)


def golden(stack: str) -> dict[str, str]:
    """The part of a stack that a reviewer reads line by line: routes, rules, scraping, and the list of everything."""
    result = rendered.stack(stack)
    alerts = yaml12.dump([{k: v for k, v in alert.items() if k != "runbook_url"} for alert in result.alerts])
    urns = "".join(f"{resource.urn}\n" for resource in result.recording.resources)
    return {**_mounted(result.files), "alerts.yaml": alerts, "resources.txt": urns}


def _mounted(files: Files) -> dict[str, str]:
    return {Path(path).name: str(text) for path, text in files.items() if path.startswith(MOUNTED)}


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_renders_what_was_reviewed(stack: str, request: pytest.FixtureRequest) -> None:
    folder = HERE / stack
    found = golden(stack)
    if request.config.getoption("--rewrite-golden"):
        write(folder, found)
    reviewed = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*")}
    assert found == reviewed, "read `git diff` after `make golden`: is each change meant?"


def write(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*"):
        old.unlink()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
