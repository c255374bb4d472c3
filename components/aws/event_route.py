"""From the bus to a function: the rule that selects its events and the right to call it."""

from __future__ import annotations

import json
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.context import AwsContext
from components.base import Component
from components.manifests import EventTrigger, FunctionManifest
from components.naming import physical_name

SOURCE = "vigil.alert_router"
"""The source of the router's events (lambdas/alert_router/outbox.py); others may not start functions."""

# EventBridge only hands the event over to Lambda's own queue, and tries again only while Lambda refuses it.
# An hour later the event describes the past (nothing acts on an alert older than a quarter of an hour) and
# belongs before a person, in the dead-letter queue. The count bounds the load of that hour.
MAX_AGE_SECONDS = 3600
MAX_ATTEMPTS = 30


class EventRoute(Component, area="aws"):
    """Hands the events that a manifest's trigger names to its function, or sets them aside."""

    def __init__(
        self,
        name: str,
        manifest: FunctionManifest,
        *,
        context: AwsContext,
        bus_name: pulumi.Input[str],
        function: aws.lambda_.Function,
        dead_letter_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        rule = aws.cloudwatch.EventRule(
            name,
            name=physical_name("event_rule", context.environment, manifest.name),
            description=manifest.description,
            event_bus_name=bus_name,
            event_pattern=json.dumps(event_pattern(manifest), sort_keys=True),
            opts=self.child(),
        )
        permission = self._permission(name, rule, function, context)
        self.target = aws.cloudwatch.EventTarget(
            name,
            rule=rule.name,
            event_bus_name=bus_name,
            target_id=manifest.name,
            arn=function.arn,
            retry_policy={
                "maximum_event_age_in_seconds": MAX_AGE_SECONDS,
                "maximum_retry_attempts": MAX_ATTEMPTS,
            },
            dead_letter_config={"arn": dead_letter_arn},
            opts=self.child(depends_on=[permission]),
        )
        self.register_outputs({})

    def _permission(
        self, name: str, rule: aws.cloudwatch.EventRule, function: aws.lambda_.Function, context: AwsContext
    ) -> aws.lambda_.Permission:
        return aws.lambda_.Permission(
            name,
            action="lambda:InvokeFunction",
            function=function.name,
            principal="events.amazonaws.com",
            source_arn=rule.arn,
            source_account=context.account_id,
            opts=self.child(),
        )


def event_pattern(manifest: FunctionManifest) -> dict[str, Any]:
    """The pattern of the events that start a function. Raises ValueError where none does."""
    trigger = manifest.trigger
    if not isinstance(trigger, EventTrigger):
        raise ValueError(f"lambdas/{manifest.folder}/manifest.yaml: trigger: no event starts this function")
    pattern: dict[str, Any] = {"source": [SOURCE], "detail-type": [trigger.event]}
    if trigger.action is not None:
        pattern["detail"] = {"effect": {"action": [trigger.action]}}
    return pattern
