"""What each rule that reads what other rules have recorded must record: its scene, of windows.py or budgets.py."""

from __future__ import annotations

from functools import cache

from tests.alert_rules.slos import budgets, windows
from tests.alert_rules.slos.alone import Scene

SCENES = {**windows.SCENES, **budgets.SCENES}


@cache
def scene(record: str, name: str) -> Scene:
    """What the rule must record that records that, for the objective `name` where each has its own."""
    return budgets.objective(name) if record == "slo:objective:ratio" else SCENES[record]()
