"""Who is told of an alert, and what is done about it, in words."""

from __future__ import annotations

from alert_rules.compilers.common import CompiledAlert
from alert_rules.model import Severity
from components import manifests
from components.settings.model import Settings


def notified(settings: Settings, severity: Severity, *, from_cloudwatch: bool) -> tuple[str, ...]:
    """Everybody who is told of an alert of that severity: by whichever road, each once."""
    receivers = settings.receivers
    found: list[str] = []
    if receivers.slack and severity in receivers.slack.channels:
        found.append(f"Slack {receivers.slack.channels[severity]}")
    # PagerDuty is called by Alertmanager, so alarms of CloudWatch do not come past it.
    if receivers.pagerduty and severity in receivers.pagerduty.severities and not from_cloudwatch:
        found.append("PagerDuty")
    if receivers.email and severity in receivers.email.severities:
        found.append(f"e-mail {receivers.email.to}")
    return tuple(found)


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


def from_cloudwatch(alert: CompiledAlert) -> bool:
    """Whether CloudWatch evaluates the alert."""
    return alert.source.startswith("CloudWatch")
