"""What must happen about an alert. Pure: an alert, the policy and the time give effects."""

from datetime import datetime

from lambdas.common.alert import Alert, Status
from lambdas.common.effects import Effect, Notify, Remediate
from lambdas.common.policy import Mode, Policy


def plan(alert: Alert, policy: Policy, now: datetime) -> list[Effect]:
    """Return the effects of one change of an alert, with ids that are the same every time it is planned."""
    return [*_notifications(alert, policy), *_remediations(alert, policy, now)]


def _notifications(alert: Alert, policy: Policy) -> list[Notify]:
    return [
        Notify(
            id=f"{alert.transition_id}#notify#{route.channel}#{route.destination}",
            channel=route.channel,
            destination=route.destination,
        )
        for route in policy.routes.get(alert.severity, ())
    ]


def _remediations(alert: Alert, policy: Policy, now: datetime) -> list[Remediate]:
    # Only fresh alerts: see FRESH. Telling people late is better than not at all; acting late is worse.
    if alert.status is not Status.FIRING or not alert.is_fresh(now):
        return []
    action = policy.remediation.get(alert.remediation or "")
    if not (action and alert.remediation and alert.target) or action.mode is Mode.OFF:
        return []
    return [
        Remediate(
            id=f"{alert.transition_id}#remediate#{alert.remediation}",
            action=alert.remediation,
            mode=action.mode,
            target=alert.target,
            limits=action.limits,
        )
    ]
