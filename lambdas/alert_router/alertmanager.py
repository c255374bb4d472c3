"""Notifications as Alertmanager's SNS receiver sends them (its template data as JSON), many alerts in one."""

from collections.abc import Iterable, Mapping
from typing import Any

from lambdas.common import checks
from lambdas.common.alert import DESCRIPTION_LIMIT, SUMMARY_LIMIT, Alert, Severity, Source, Status
from lambdas.common.checks import Invalid
from lambdas.common.policy import Policy


def read(message: Mapping[str, Any], topic_severity: Severity, policy: Policy) -> tuple[list[Alert], list[str]]:
    """Return the alerts that can be read, and what is wrong with each of the others. Raises Invalid."""
    items = checks.sequence(message.get("alerts"), "alerts")
    if not items:
        raise Invalid("alerts: empty")
    return read_items(items, topic_severity, policy)


def read_items(items: Iterable[object], topic_severity: Severity, policy: Policy) -> tuple[list[Alert], list[str]]:
    """Return the alerts that can be read of a notification's, and what is wrong with each of the others."""
    alerts, problems = [], []
    for number, item in enumerate(items):
        try:
            alerts.append(_alert(checks.mapping(item, "alert"), topic_severity, policy))
        except Invalid as error:
            problems.append(f"alerts[{number}]: {error}")
    return alerts, problems


def _alert(item: Mapping[str, Any], topic_severity: Severity, policy: Policy) -> Alert:
    labels = checks.labels(item.get("labels"), "labels")
    notes = checks.mapping(item.get("annotations") or {}, "annotations")
    status = checks.choice(Status, item.get("status"), "status")
    name = checks.text(labels.get("alertname"), "labels.alertname")
    service = labels.get("service", "unknown")
    severity, remark = _severity(labels.get("severity"), topic_severity)
    started_at = checks.instant(item.get("startsAt"), "startsAt")
    known, owner = policy.alerts.get(name), policy.services.get(service)
    description = checks.prose(notes.get("description"), "description", limit=DESCRIPTION_LIMIT - len(remark))
    return Alert(
        name=name,
        status=status,
        severity=severity,
        service=service,
        team=labels.get("team") or (owner.team if owner else "unassigned"),
        environment=labels.get("environment", policy.environment),
        source=Source.PROMETHEUS,
        # endsAt of a firing alert lies in the future: it is when Prometheus would be presumed dead.
        changed_at=started_at if status is Status.FIRING else checks.instant(item.get("endsAt"), "endsAt"),
        started_at=started_at,
        labels=labels,
        summary=checks.prose(notes.get("summary"), "summary", limit=SUMMARY_LIMIT) or name,
        description=f"{description}{remark}",
        runbook_url=checks.url(notes.get("runbook_url")) or (known.runbook_url if known else ""),
        dashboard_url=checks.url(notes.get("dashboard_url")),
        remediation=known.remediation if known else None,
        target=owner.target if owner else None,
    )


def _severity(label: str | None, topic_severity: Severity) -> tuple[Severity, str]:
    """Return the severity, and a remark for people when the label is not one of ours."""
    if label in tuple(Severity):
        return Severity(label), ""
    given = f'severity "{label[:40]}" is not one of vigil\'s' if label else "the alert has no severity"
    return topic_severity, f"\n({given}; its topic's is used: {topic_severity})"
