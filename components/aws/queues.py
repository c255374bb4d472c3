"""SQS queues as every component of the alert path makes them: encrypted, over TLS, kept as long as can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws import iam
from components.aws.context import AwsContext
from components.base import Component
from components.naming import physical_name

RETENTION_SECONDS = 14 * 24 * 60 * 60
"""The longest that SQS keeps a message: nobody should lose an alert over a long weekend."""


def encrypted_queue(
    owner: Component, name: str, part: str, *, context: AwsContext, key_arn: pulumi.Input[str], **options: Any
) -> aws.sqs.Queue:
    """A queue under the alerts' key, child of `owner`; `part` ends its physical name, `options` are SQS's."""
    return aws.sqs.Queue(
        name,
        name=physical_name("queue", context.environment, part),
        kms_master_key_id=key_arn,
        message_retention_seconds=RETENTION_SECONDS,
        opts=owner.child(),
        **options,
    )


def allow_senders(
    owner: Component, name: str, queue: aws.sqs.Queue, *, service: str, sources: Sequence[pulumi.Input[str]]
) -> aws.sqs.QueuePolicy:
    """Lets a service send to the queue on behalf of these sources (ARN patterns), and nobody without TLS."""
    policy = iam.document(
        iam.allow(
            ["sqs:SendMessage"],
            [queue.arn],
            principal={"Service": service},
            condition={"ArnLike": {"aws:SourceArn": list(sources)}},
        ),
        iam.deny_plain_http(["sqs:*"], queue.arn),
    )
    return aws.sqs.QueuePolicy(name, queue_url=queue.url, policy=policy, opts=owner.child())
