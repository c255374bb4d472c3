"""The CloudWatch alarms of an environment, from the compiled catalogue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from alert_rules.compilers.cloudwatch import CompiledAlarm
from alert_rules.model import Severity
from components.aws.context import AwsContext
from components.base import Component
from components.naming import physical_name

SIMPLE_STATISTICS = ("Average", "Sum", "Maximum", "Minimum", "SampleCount")
"""What CloudWatch takes as `Statistic`; percentiles are `ExtendedStatistic`."""


class Alarms(Component, area="aws"):
    """One metric alarm for each compiled alarm; its severity's topic hears it fire and end.

    `after` is what must be there before the first alarm can be heard.
    """

    names: Mapping[str, CompiledAlarm]

    def __init__(
        self,
        name: str,
        alarms: Sequence[CompiledAlarm],
        *,
        context: AwsContext,
        topic_arns: Mapping[Severity, pulumi.Input[str]],
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self.names = {alarm_name(context.environment, alarm): alarm for alarm in alarms}
        # An alarm that is breaching as it is made publishes at once, and never again while it stays so.
        options = self.child(depends_on=list(after))
        self.alarms = [
            self._alarm(
                f"{name}-{alarm.resource.name}-{alarm.alert}", physical, alarm, topic_arns[alarm.severity], options
            )
            for physical, alarm in self.names.items()
        ]
        self.register_outputs({})

    def _alarm(
        self,
        name: str,
        physical: str,
        alarm: CompiledAlarm,
        topic: pulumi.Input[str],
        options: pulumi.ResourceOptions,
    ) -> aws.cloudwatch.MetricAlarm:
        simple = alarm.statistic in SIMPLE_STATISTICS
        return aws.cloudwatch.MetricAlarm(
            name,
            name=physical,
            alarm_description=description(alarm),
            namespace=alarm.namespace,
            metric_name=alarm.metric,
            dimensions=dict(alarm.dimensions),
            statistic=alarm.statistic if simple else None,
            extended_statistic=None if simple else alarm.statistic,
            period=alarm.period,
            evaluation_periods=alarm.evaluation_periods,
            comparison_operator=alarm.comparison,
            threshold=alarm.threshold,
            unit=alarm.unit,
            treat_missing_data=alarm.treat_missing_data,
            alarm_actions=[topic],
            ok_actions=[topic],
            tags={
                "service": alarm.resource.service,
                "team": alarm.resource.team,
                "severity": alarm.severity.value,
            },
            opts=options,
        )


def alarm_name(environment: str, alarm: CompiledAlarm) -> str:
    """The physical name of an alarm, by which the router knows it."""
    return physical_name("alarm", environment, alarm.resource.name, alarm.alert)


def alarm_arn(context: AwsContext, alarm: CompiledAlarm) -> str:
    """The ARN of an alarm, before it is declared."""
    return context.arn("cloudwatch", f"alarm:{alarm_name(context.environment, alarm)}")


def description(alarm: CompiledAlarm) -> str:
    """What people read of the alarm in the console and in e-mails, which nothing parses."""
    return f"{alarm.summary}. {alarm.description} Runbook: {alarm.line.runbook_url}"
