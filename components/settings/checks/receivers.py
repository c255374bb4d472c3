"""Whom production pages."""

from __future__ import annotations

from collections.abc import Iterator

from alert_rules.model import Severity
from alert_rules.problems import Problem
from components.settings.checks.registry import check
from components.settings.model import Environment, Settings
from components.settings.receivers import FROM_ALERTMANAGER


@check("receivers", "environment")
def _production_pages(settings: Settings, file: str) -> Iterator[Problem]:
    if settings.environment is not Environment.PROD:
        return
    told = settings.receivers.of(Severity.CRITICAL)
    if not told:
        allowed = "at least one of slack, pagerduty, email with severity critical: production must page somebody"
        yield Problem(file, "vigil:receivers", "no receiver for critical", allowed)
    elif settings.aws.enabled and set(told) <= set(FROM_ALERTMANAGER):
        allowed = "also slack or email with severity critical: alarms of CloudWatch reach no other"
        yield Problem(file, "vigil:receivers", f"only {' and '.join(told)} for critical", allowed)
