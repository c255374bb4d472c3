"""Reasons not to act, asked in order before any remediation; the cheap ones first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lambdas.common.alert import FRESH, Alert, Source, Status
from lambdas.common.aws import Client
from lambdas.common.effects import Remediate
from lambdas.common.policy import Mode
from lambdas.common.remediation.action import Action, Skip


@dataclass(frozen=True)
class Case:
    """What the guards judge."""

    action: Action
    request: Remediate
    alert: Alert
    now: datetime
    cloudwatch: Client


def firing(case: Case) -> None:
    """Only what is wrong is remedied."""
    if case.alert.status is not Status.FIRING:
        raise Skip(f"the alert is {case.alert.status}")


def fresh(case: Case) -> None:
    """An event that waited too long describes the past."""
    if not case.alert.is_fresh(case.now):
        raise Skip(f"the alert changed more than {FRESH} ago")


def enabled(case: Case) -> None:
    """Somebody may have turned the remediation off."""
    if case.request.mode is Mode.OFF:
        raise Skip("the remediation is off")


def complete_target(case: Case) -> None:
    """The target must be of the action's kind and name all that the action needs."""
    target, action = case.request.target, case.action
    missing = [name for name in action.names if not target.names.get(name)]
    if target.kind != action.kind or missing:
        needed = ", ".join(action.names)
        raise Skip(f"the target {target.key} is not an {action.kind} target with {needed}")


def still_alarming(case: Case) -> None:
    """The alarm may have recovered since. Alertmanager cannot be asked from here: freshness must do."""
    if case.alert.source is not Source.CLOUDWATCH:
        return
    name = case.alert.labels.get("alarm_name", "")
    kinds = ["MetricAlarm", "CompositeAlarm"]
    # Without a name CloudWatch would answer with all alarms.
    found = case.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=kinds) if name else {}
    states = [alarm["StateValue"] for kind in kinds for alarm in found.get(f"{kind}s", [])]
    if states != ["ALARM"]:
        raise Skip(f"the alarm {name} is no longer in ALARM: {states[0] if states else 'not found'}")


GUARDS: tuple[Callable[[Case], None], ...] = (firing, fresh, enabled, complete_target, still_alarming)


def check(case: Case) -> None:
    """Raise Skip with the first reason not to act."""
    for guard in GUARDS:
        guard(case)
