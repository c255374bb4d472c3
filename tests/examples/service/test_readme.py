"""The README names every fault, every alert that callers of a service can make fire, and every file."""

from __future__ import annotations

import re

import pytest

from alert_rules.loader import builtin
from alert_rules.registry import exporters_of
from examples.service.faults import FAULTS
from tests.settings.examples import ROOT

FOLDER = ROOT / "examples" / "service"
README = (FOLDER / "README.md").read_text(encoding="utf-8")
OWN_ALERTS = {
    *(alert.name for alert in builtin().prometheus if exporters_of(alert.default_query) & {"application", "slo"}),
    *(alert.name for alert in builtin().loki),
    *(
        alarm.name
        for kind in builtin().kinds.values()
        if kind.namespace.startswith("PredictiveMaintenance/")
        for alarm in kind.alarms
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_of(fault: str) -> None:
    assert re.search(rf"`{fault}(\?[^`]*)?`", README)


@pytest.mark.parametrize("name", sorted(OWN_ALERTS))
def test_an_alert_is_told_how_to_fire(name: str) -> None:
    assert name in README


def test_every_file_is_told_of() -> None:
    files = {file.name for file in FOLDER.glob("*.py")} - {"__init__.py", "__main__.py"}
    assert {file for file in files if f"`{file}`" not in README} == set()
