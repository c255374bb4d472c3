"""How a fault of an alert is told."""

from __future__ import annotations

from typing import Any

from alert_rules.model import RuleAlert
from alert_rules.problems import Problem


def told(alert: RuleAlert, key: str, value: Any, allowed: str, nearest: str | None = None) -> Problem:
    """The problem that `value` stands under `key` of the alert, where `allowed` may stand."""
    return Problem(f"{alert.source}/{alert.subject}.yaml", f"alerts.{alert.name}.{key}", value, allowed, nearest)
