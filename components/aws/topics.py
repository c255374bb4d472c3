"""One encrypted SNS topic a severity: where CloudWatch alarms and Alertmanager hand their alerts over."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from alert_rules.model import Severity
from components.aws import iam
from components.aws.context import AwsContext
from components.aws.queues import allow_senders, encrypted_queue
from components.base import Component
from components.naming import HEARTBEAT, SUBSCRIPTION_DEAD_LETTERS, physical_name
from components.settings.receivers import EmailReceiver

ALERTMANAGER_ATTRIBUTE = "alertmanager"
"""Message attribute that Alertmanager sets on what it publishes."""

KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey*")


class Topics(Component, area="aws"):
    """A topic for each severity, the key of the whole alert path, and the queue of what no subscriber took.

    Besides CloudWatch, roles of this account may publish whose own policies say so. `policies` are what must be there
    before anybody may.
    """

    arns: Mapping[Severity, pulumi.Output[str]]
    key_arn: pulumi.Output[str]
    dead_letter_arn: pulumi.Output[str]
    heartbeat_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        email: EmailReceiver | None,
        *,
        context: AwsContext,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._name = name
        self._context = context
        self.key_arn = self._key()
        topics = {severity: self._topic(severity) for severity in Severity}
        self.policies = [self._policy(severity, topic) for severity, topic in topics.items()]
        self.arns = {severity: topic.arn for severity, topic in topics.items()}
        self.heartbeat_arn = self._heartbeat()
        self.dead_letter_arn = self._dead_letters()
        if email:
            self._subscribe(email)
        self.register_outputs({"arns": {s.value: arn for s, arn in self.arns.items()}})

    def _key(self) -> pulumi.Output[str]:
        # CloudWatch alarms cannot publish to a topic under the AWS managed key (alias/aws/sns): its policy
        # does not admit them and cannot be changed. Hence a key of our own.
        key = aws.kms.Key(
            f"{self._name}-key",
            description=f"Alerts of {physical_name('topic', self._context.environment, 'alerts')}",
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=key_policy(self._context),
            opts=self.child(),
        )
        alias = f"alias/{physical_name('alias', self._context.environment, 'alerts')}"
        aws.kms.Alias(f"{self._name}-key", name=alias, target_key_id=key.key_id, opts=self.child())
        return key.arn

    def _topic(self, severity: Severity) -> aws.sns.Topic:
        return aws.sns.Topic(
            f"{self._name}-{severity}",
            name=topic_name(self._context, severity),
            kms_master_key_id=self.key_arn,
            tags={"severity": severity.value},
            opts=self.child(),
        )

    def _heartbeat(self) -> pulumi.Output[str]:
        """The topic of the dead-man's switch: nobody subscribes to it, an alarm counts what comes."""
        topic = aws.sns.Topic(
            f"{self._name}-{HEARTBEAT}",
            name=heartbeat_name(self._context.environment),
            kms_master_key_id=self.key_arn,
            opts=self.child(),
        )
        refused = iam.document(iam.deny_plain_http(["sns:Publish"], topic.arn))
        policy = aws.sns.TopicPolicy(f"{self._name}-{HEARTBEAT}", arn=topic.arn, policy=refused, opts=self.child())
        self.policies.append(policy)
        return topic.arn

    def _policy(self, severity: Severity, topic: aws.sns.Topic) -> aws.sns.TopicPolicy:
        policy = topic_policy(topic.arn, context=self._context)
        return aws.sns.TopicPolicy(f"{self._name}-{severity}", arn=topic.arn, policy=policy, opts=self.child())

    def _dead_letters(self) -> pulumi.Output[str]:
        name = f"{self._name}-dead-letters"
        queue = encrypted_queue(self, name, SUBSCRIPTION_DEAD_LETTERS, context=self._context, key_arn=self.key_arn)
        allow_senders(self, name, queue, service="sns.amazonaws.com", sources=list(self.arns.values()))
        return queue.arn

    def _subscribe(self, email: EmailReceiver) -> None:
        for severity in email.severities:
            aws.sns.TopicSubscription(
                f"{self._name}-{severity}-email",
                topic=self.arns[severity],
                protocol="email",
                endpoint=email.to,
                # Alertmanager mails its own alerts, readable and once; people get only CloudWatch's from here.
                filter_policy=json.dumps({ALERTMANAGER_ATTRIBUTE: [{"exists": False}]}),
                redrive_policy=redrive_to(self.dead_letter_arn),
                opts=self.child(),
            )


def topic_name(context: AwsContext, severity: Severity) -> str:
    """The physical name of a severity's topic."""
    return physical_name("topic", context.environment, "alerts", severity)


def topic_arn(context: AwsContext, severity: Severity) -> str:
    """The ARN of a severity's topic, before it is declared: configuration files hold it as plain text."""
    return context.arn("sns", topic_name(context, severity))


def heartbeat_name(environment: str) -> str:
    """The physical name of the topic of the dead-man's switch."""
    return physical_name("topic", environment, HEARTBEAT)


def heartbeat_arn(context: AwsContext) -> str:
    """The ARN of the topic of the dead-man's switch, before it is declared."""
    return context.arn("sns", heartbeat_name(context.environment))


def redrive_to(queue_arn: pulumi.Input[str]) -> pulumi.Output[str]:
    """The redrive policy of a subscription that gives up its messages to a queue."""
    return pulumi.Output.json_dumps({"deadLetterTargetArn": queue_arn})


def key_policy(context: AwsContext) -> pulumi.Output[str]:
    """The account, by its own IAM policies, and the services that alerts pass through on its behalf."""
    of_account = {"StringEquals": {"aws:SourceAccount": context.account_id}}
    services = ["cloudwatch.amazonaws.com", "events.amazonaws.com", "sns.amazonaws.com"]
    return iam.document(
        iam.allow(["kms:*"], ["*"], principal={"AWS": context.global_arn("iam", "root")}),
        iam.allow(KEY_ACTIONS, ["*"], principal={"Service": services}, condition=of_account),
    )


def topic_policy(topic: pulumi.Input[str], *, context: AwsContext) -> pulumi.Output[str]:
    """Who may publish to a topic (an ARN): alarms of this account and region, over TLS."""
    alarms = iam.allow(
        ["sns:Publish"],
        [topic],
        principal={"Service": "cloudwatch.amazonaws.com"},
        condition={
            "StringEquals": {"aws:SourceAccount": context.account_id},
            "ArnLike": {"aws:SourceArn": context.arn("cloudwatch", "alarm:*")},
        },
    )
    return iam.document(alarms, iam.deny_plain_http(["sns:Publish"], topic))
