"""The alert path between topics and functions: the router's queue, the tables, the bus of effects."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.aws.context import AwsContext
from components.aws.queues import allow_senders, encrypted_queue
from components.aws.references import Reference, References
from components.aws.tables import TABLES, Tables
from components.aws.topics import Topics, redrive_to
from components.base import Component
from components.manifests import FunctionManifest
from components.naming import ALERT_DEAD_LETTERS, ALERT_QUEUE, FUNCTION_DEAD_LETTERS, physical_name

VISIBILITY_FACTOR = 6
"""Visibility timeout over the reader's timeout: AWS's advice for queues that Lambda reads, so that nothing is
delivered again while a throttled batch still waits its turn."""

MAX_RECEIVE_COUNT = 5
"""Deliveries before a message is set aside; fewer would give up during a short throttling of the function."""

ARCHIVE_DAYS = 30
"""How long events can be looked up and replayed; as long as the router remembers an alert."""


class AlertPath(Component, area="aws"):
    """Topics → queue → bus, with dead-letter queues at each step; `router` is what reads the queue."""

    references: References
    bus_name: pulumi.Output[str]
    queue_url: pulumi.Output[str]
    function_dead_letter_arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        router: FunctionManifest,
        *,
        context: AwsContext,
        topics: Topics,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._name, self._context, self._topics = name, context, topics
        dead_letters = self._queue(ALERT_DEAD_LETTERS)
        queue = self._alert_queue(dead_letters, int(router.timeout.value))
        self.subscriptions = self._subscribe(queue)
        bus = self._bus()
        self.bus_name, self.queue_url = bus.name, queue.url
        self.function_dead_letter_arn = self._function_dead_letters()
        self.references = {
            "queue.alerts": Reference((queue.arn,), queue.url),
            "queue.alerts_dead_letters": Reference((dead_letters.arn,), dead_letters.url),
            "bus.alerts": Reference((bus.arn,), bus.name),
            **Tables(f"{name}-tables", TABLES, context=context, opts=self.child()).references,
        }
        self.register_outputs({"bus_name": self.bus_name, "queue_url": self.queue_url})

    def _queue(self, part: str, **options: object) -> aws.sqs.Queue:
        name, key_arn = f"{self._name}-{part}", self._topics.key_arn
        return encrypted_queue(self, name, part, context=self._context, key_arn=key_arn, **options)

    def _alert_queue(self, dead_letters: aws.sqs.Queue, reader_timeout: int) -> aws.sqs.Queue:
        redrive = {"deadLetterTargetArn": dead_letters.arn, "maxReceiveCount": MAX_RECEIVE_COUNT}
        queue = self._queue(
            ALERT_QUEUE,
            visibility_timeout_seconds=VISIBILITY_FACTOR * reader_timeout,
            redrive_policy=pulumi.Output.json_dumps(redrive),
        )
        only_from = pulumi.Output.json_dumps({"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]})
        aws.sqs.RedriveAllowPolicy(
            f"{self._name}-alerts-dead-letters",
            queue_url=dead_letters.url,
            redrive_allow_policy=only_from,
            opts=self.child(),
        )
        return queue

    def _subscribe(self, queue: aws.sqs.Queue) -> list[aws.sns.TopicSubscription]:
        arns = self._topics.arns
        policy = allow_senders(
            self, f"{self._name}-alerts", queue, service="sns.amazonaws.com", sources=list(arns.values())
        )
        # Not raw: the envelope names the topic, which says the severity of alarms outside the catalogue.
        return [
            aws.sns.TopicSubscription(
                f"{self._name}-{severity}",
                topic=arn,
                protocol="sqs",
                endpoint=queue.arn,
                raw_message_delivery=False,
                redrive_policy=redrive_to(self._topics.dead_letter_arn),
                opts=self.child(depends_on=[policy]),
            )
            for severity, arn in arns.items()
        ]

    def _bus(self) -> aws.cloudwatch.EventBus:
        bus_name = physical_name("event_bus", self._context.environment, "alerts")
        bus = aws.cloudwatch.EventBus(f"{self._name}-bus", name=bus_name, opts=self.child())
        aws.cloudwatch.EventArchive(
            f"{self._name}-bus",
            name=physical_name("archive", self._context.environment, "alerts"),
            event_source_arn=bus.arn,
            retention_days=ARCHIVE_DAYS,
            opts=self.child(),
        )
        return bus

    def _function_dead_letters(self) -> pulumi.Output[str]:
        """The queue of events that a function failed to handle or that EventBridge failed to hand to it."""
        queue = self._queue(FUNCTION_DEAD_LETTERS)
        bus_name = physical_name("event_bus", self._context.environment, "alerts")
        rules = self._context.arn("events", f"rule/{bus_name}/*")
        name = f"{self._name}-function-dead-letters"
        allow_senders(self, name, queue, service="events.amazonaws.com", sources=[rules])
        return queue.arn
