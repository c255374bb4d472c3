"""Who is told of an alert, and what is done about it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alert_rules.compilers.common import CompiledAlert
from alert_rules.model import Severity
from components import manifests
from components.settings.model import Settings
from components.settings.receivers import FROM_ALERTMANAGER, Receivers

WATCHDOG = "Watchdog"
"""The alert that always fires: it becomes the dead-man's switch, and nobody's notification."""


@dataclass(frozen=True)
class AlertTopics:
    """ARNs of the SNS topics that Alertmanager publishes to: alerts by severity, and its heartbeat."""

    by_severity: Mapping[Severity, str] = field(default_factory=dict)
    heartbeat: str | None = None


def notified(settings: Settings, alert: CompiledAlert) -> tuple[str, ...]:
    """Everybody who is told of the alert: by whichever road, each once."""
    if alert.name == WATCHDOG:
        return ("the dead-man's switch",) if settings.aws.enabled or settings.heartbeat_url else ()
    return tuple(
        _words(settings.receivers, receiver, alert.severity)
        for receiver in settings.receivers.of(alert.severity)
        if not (receiver in FROM_ALERTMANAGER and alert.engine == "cloudwatch")
    )


def _words(receivers: Receivers, receiver: str, severity: Severity) -> str:
    if receiver == "slack" and receivers.slack:
        return f"Slack {receivers.slack.channels[severity]}"
    if receiver == "email" and receivers.email:
        return f"e-mail {receivers.email.to}"
    return {"pagerduty": "PagerDuty", "teams": "Teams", "webhook": "webhook"}[receiver]


def done(settings: Settings, alert: CompiledAlert) -> str:
    """What vigil does about the alert by itself, or an empty text."""
    action = manifests.remediation_for(alert.name)
    if action is None or not settings.aws.enabled or manifests.remediations()[action].target != alert.platform:
        return ""
    mode = remediation_mode(settings, action)
    return "" if mode == "off" else f"{action} ({mode})"


def remediation_mode(settings: Settings, action: str) -> str:
    """The mode of a remediation: its own, or else the general one."""
    own = settings.remediation.actions.get(action)
    return own.mode if own and own.mode else settings.remediation.mode
