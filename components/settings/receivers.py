"""The settings of whom alerts are told to."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from alert_rules.model import Severity
from components.settings.types import Section

SeverityName = Annotated[Severity, Field(strict=False)]

_URGENT = tuple(severity for severity in Severity if severity.urgent)


class SlackReceiver(Section):
    """Slack channels by severity; needs `slack_bot_token`."""

    channels: dict[SeverityName, Annotated[str, Field(pattern=r"^#[a-z0-9_-]{1,79}$")]]


class PagerdutyReceiver(Section):
    """PagerDuty's Events API v2; needs `pagerduty_routing_key`."""

    severities: tuple[SeverityName, ...] = Field((Severity.CRITICAL,), strict=False)


class TeamsReceiver(Section):
    """A channel of Microsoft Teams, from Alertmanager; needs `teams_webhook_url`."""

    severities: tuple[SeverityName, ...] = Field(_URGENT, strict=False)


class WebhookReceiver(Section):
    """Alertmanager's own webhook, for whatever has no receiver of its own here; needs `webhook_url`."""

    severities: tuple[SeverityName, ...] = Field(_URGENT, strict=False)


class EmailReceiver(Section):
    """E-mail over SMTP with TLS from the cluster, over SNS subscriptions from AWS; needs `smtp_password`."""

    to: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    smarthost: str = Field(pattern=r"^[^:\s]+:\d+$", description="host:port of the SMTP server.")
    username: str
    severities: tuple[SeverityName, ...] = Field(_URGENT, strict=False)


FROM_ALERTMANAGER = ("pagerduty", "teams", "webhook")
"""Receivers that Alertmanager calls itself, so that alarms of CloudWatch do not come past them."""


class Receivers(Section):
    """Who is told, by severity."""

    slack: SlackReceiver | None = None
    pagerduty: PagerdutyReceiver | None = None
    teams: TeamsReceiver | None = None
    webhook: WebhookReceiver | None = None
    email: EmailReceiver | None = None

    def of(self, severity: Severity) -> tuple[str, ...]:
        """Names of the receivers that hear alerts of that severity."""
        wanted = (
            ("slack", self.slack.channels if self.slack else ()),
            ("pagerduty", self.pagerduty.severities if self.pagerduty else ()),
            ("teams", self.teams.severities if self.teams else ()),
            ("webhook", self.webhook.severities if self.webhook else ()),
            ("email", self.email.severities if self.email else ()),
        )
        return tuple(name for name, severities in wanted if severity in severities)
