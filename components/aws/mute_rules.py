"""Maintenance windows as CloudWatch alarm mute rules: actions wait while a window holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from alert_rules.compilers.cloudwatch import CompiledAlarm
from components.aws.context import AwsContext
from components.base import Component
from components.naming import ALERT_PATH, physical_name
from components.settings.model import MaintenanceWindow

ALARMS_A_RULE = 100
"""Most alarms that one mute rule takes (API reference, PutAlarmMuteRule)."""


class MuteRules(Component, area="aws"):
    """A rule for each window, or several where it holds for more alarms than one rule takes.

    CloudWatch runs a muted action when the window ends and the alarm is still in that state, so what breaks during
    maintenance and stays broken is told after it.
    """

    def __init__(
        self,
        name: str,
        windows: Sequence[MaintenanceWindow],
        *,
        context: AwsContext,
        alarms: Mapping[str, CompiledAlarm],
        after: Sequence[pulumi.Resource],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        for window in windows:
            for index, names in enumerate(chunks(muted(window, alarms))):
                part = window.name if index == 0 else f"{window.name}-{index + 1}"
                aws.cloudwatch.AlarmMuteRule(
                    f"{name}-{part}",
                    name=physical_name("alarm", context.environment, part),
                    description=f"Maintenance window {window.name}",
                    rule={"schedule": schedule(window)},
                    mute_targets={"alarm_names": names},
                    opts=self.child(depends_on=list(after)),
                )
        self.register_outputs({})


def muted(window: MaintenanceWindow, alarms: Mapping[str, CompiledAlarm]) -> list[str]:
    """Names of the alarms for which the window holds; never those that watch the alert path itself."""
    return sorted(
        name
        for name, alarm in alarms.items()
        if alarm.resource.service != ALERT_PATH
        and (window.services is None or alarm.resource.service in window.services)
    )


def chunks(names: Sequence[str]) -> list[list[str]]:
    """The names in as few lists as a mute rule's limit allows."""
    return [list(names[start : start + ALARMS_A_RULE]) for start in range(0, len(names), ALARMS_A_RULE)]


def schedule(window: MaintenanceWindow) -> aws.cloudwatch.AlarmMuteRuleRuleScheduleArgsDict:
    """The window as CloudWatch writes it: a cron expression in its own time zone, and how long it lasts."""
    start, end = _minutes(window.start), _minutes(window.end)
    days = ",".join(day[:3].upper() for day in window.days)
    return {
        "expression": f"cron({start % 60} {start // 60} * * {days})",
        "duration": f"PT{end - start}M",
        "timezone": window.timezone,
    }


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
