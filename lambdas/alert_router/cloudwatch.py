"""Alarm state changes as CloudWatch sends them to SNS, for metric and composite alarms alike."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lambdas.common import checks
from lambdas.common.alert import DESCRIPTION_LIMIT, SUMMARY_LIMIT, Alert, Severity, Source, Status
from lambdas.common.policy import Policy

STATUSES = {"ALARM": Status.FIRING, "OK": Status.RESOLVED}
NO_DATA = "INSUFFICIENT_DATA"


def read(message: Mapping[str, Any], topic_severity: Severity, policy: Policy) -> Alert | None:
    """Return the alert of one state change; None when the alarm only lacks data. Raises Invalid."""
    name = checks.text(message.get("AlarmName"), "AlarmName")
    state = checks.text(message.get("NewStateValue"), "NewStateValue")
    changed_at = checks.instant(message.get("StateChangeTime"), "StateChangeTime")
    if state == NO_DATA:
        return None
    if state not in STATUSES:
        raise checks.Invalid(f"NewStateValue: {checks.shown(state)} is not one of {', '.join(STATUSES)}")
    return _alert(message, name, STATUSES[state], changed_at, topic_severity, policy)


def _alert(
    message: Mapping[str, Any],
    name: str,
    status: Status,
    changed_at: datetime,
    topic_severity: Severity,
    policy: Policy,
) -> Alert:
    labels = {"alarm_name": name}
    if arn := checks.optional_text(message.get("AlarmArn"), "AlarmArn"):
        labels["alarm_arn"] = arn  # tells apart alarms of one name in two accounts or regions
    told: dict[str, Any] = {
        "status": status,
        "environment": policy.environment,
        "source": Source.CLOUDWATCH,
        "changed_at": changed_at,
        "started_at": changed_at if status is Status.FIRING else None,
        "first_data": status is Status.RESOLVED and message.get("OldStateValue") == NO_DATA,
        "description": checks.prose(message.get("NewStateReason"), "NewStateReason", limit=DESCRIPTION_LIMIT),
    }
    known = policy.alarms.get(name)
    if known:
        labels["resource"] = known.resource
    meaning = _catalogued(policy, name) if known else _unknown(message, name, topic_severity)
    return Alert(**told, **meaning, labels=labels)


def _catalogued(policy: Policy, name: str) -> dict[str, Any]:
    meaning = dict(vars(policy.alarms[name]))
    meaning.pop("resource")
    return {"name": meaning.pop("alert"), **meaning}


def _unknown(message: Mapping[str, Any], name: str, severity: Severity) -> dict[str, Any]:
    # Somebody pointed an alarm of their own at one of our topics: people hear of it, nothing acts on it.
    description = checks.prose(message.get("AlarmDescription"), "AlarmDescription", limit=SUMMARY_LIMIT)
    return {
        "name": name,
        "service": "unknown",
        "team": "unassigned",
        "severity": severity,
        "summary": description or name,
    }
