"""From the body of an SQS message to alerts. Pure; raises Invalid for what is not a message of ours."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lambdas.alert_router import alertmanager, cloudwatch, truncated
from lambdas.common import checks
from lambdas.common.alert import Alert, Severity
from lambdas.common.checks import Invalid
from lambdas.common.policy import Policy

# An alert is copied into an event for each of its effects, and an event may hold 256 KiB.
ALERT_LIMIT = 64 * 1024  # bytes of JSON

# A change from the future would make every real change after it look stale until that time comes.
CLOCK_SKEW = timedelta(minutes=10)

# Only topics of ours feed the queue, so an unknown one means that this policy is older than the topic. Loud
# enough to be seen, not enough to page.
UNKNOWN_TOPIC = Severity.HIGH


@dataclass(frozen=True)
class Message:
    """What one SQS message says: alerts, and what in it cannot be read."""

    alerts: tuple[Alert, ...] = ()
    problems: tuple[str, ...] = ()


def normalise(body: str, policy: Policy, now: datetime) -> Message:
    """Return the alerts of one SNS notification in an SQS body. Raises Invalid when it cannot be read."""
    envelope = checks.mapping(checks.parse_json(body, "body"), "body")
    if envelope.get("Type") != "Notification":
        raise Invalid(f"Type: {checks.shown(envelope.get('Type'))} is not Notification")
    if not isinstance(envelope.get("Message"), str):
        raise Invalid("Message: missing or not text")
    severity = policy.topics.get(checks.text(envelope.get("TopicArn"), "TopicArn"), UNKNOWN_TOPIC)
    alerts, problems = _read(envelope["Message"], severity, policy)
    sent_at = _sent_at(envelope)
    checked = [(alert, _unfit(alert, now)) for alert in (replace(alert, sent_at=sent_at) for alert in alerts)]
    return Message(
        alerts=tuple(alert for alert, problem in checked if not problem),
        problems=(*problems, *(problem for _, problem in checked if problem)),
    )


def _sent_at(envelope: Mapping[str, Any]) -> datetime | None:
    """Return when SNS took the message; None when it does not say, which must not cost an alert."""
    try:
        return checks.instant(envelope.get("Timestamp"), "Timestamp")
    except Invalid:
        return None


def _read(text: str, severity: Severity, policy: Policy) -> tuple[list[Alert], list[str]]:
    try:
        message: Mapping[str, Any] = checks.mapping(checks.parse_json(text, "Message"), "Message")
    except Invalid:
        items = truncated.complete_alerts(text)
        if items is None:
            raise
        return _read_cut(items, severity, policy)
    if "AlarmName" in message:
        alert = cloudwatch.read(message, severity, policy)
        return ([alert] if alert else []), []
    if "alerts" in message:
        return alertmanager.read(message, severity, policy)
    raise Invalid("Message: neither a CloudWatch alarm (AlarmName) nor an Alertmanager notification (alerts)")


def _read_cut(items: Sequence[object], severity: Severity, policy: Policy) -> tuple[list[Alert], list[str]]:
    alerts, problems = alertmanager.read_items(items, severity, policy)
    return alerts, [f"cut after {len(items)} alerts", *problems]


def _unfit(alert: Alert, now: datetime) -> str:
    if alert.changed_at > now + CLOCK_SKEW:
        return f"{checks.shown(alert.name)}: changed at {alert.changed_at:%Y-%m-%dT%H:%M:%SZ}, in the future"
    if len(json.dumps(alert.to_json()).encode()) > ALERT_LIMIT:
        return f"{checks.shown(alert.name)}: larger than {ALERT_LIMIT} bytes"
    return ""
