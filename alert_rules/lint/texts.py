"""Placeholders of the texts that nothing fills in: they would reach people as `$thresold`."""

from __future__ import annotations

from collections.abc import Iterator

from alert_rules.lint.told import told
from alert_rules.model import RuleAlert
from alert_rules.problems import Problem, listed, nearest
from alert_rules.templates import placeholders


def check(alert: RuleAlert) -> Iterator[Problem]:
    """Every placeholder of the alert's texts that is no parameter and nothing that the ruler fills in."""
    filled = {*alert.parameters, "for"}
    for name, text, also in (
        ("condition", alert.condition, set()),
        ("summary", alert.summary, {"labels", "value"}),
        ("description", alert.description, {"labels", "value"}),
    ):
        for placeholder in placeholders(text):
            if placeholder not in filled | also:
                yield told(alert, name, f"${placeholder}", listed(filled | also), nearest(placeholder, filled))
