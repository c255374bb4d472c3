"""Lambda entry point of the alert router: SQS records in, failed records out."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from lambdas.alert_router.core import Router
from lambdas.alert_router.dead_letters import DeadLetters
from lambdas.alert_router.outbox import Outbox
from lambdas.alert_router.state import AlertStates
from lambdas.common import clock, idempotency, policy
from lambdas.common.aws import client
from lambdas.common.log import logger

# Without the flag a batch in which every record fails raises, which reads as a crash of the function.
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@cache
def router() -> Router:
    """Return the router of this container."""
    return Router(
        policy=policy.load(),
        states=AlertStates(client("dynamodb"), os.environ["ALERTS_TABLE"]),
        outbox=Outbox(client("events"), os.environ["EVENT_BUS"]),
        dead_letters=DeadLetters(client("sqs"), os.environ["DEAD_LETTER_QUEUE_URL"]),
        once=idempotency.once,
        now=clock.now,
    )


def receive(record: SQSRecord, lambda_context: Any) -> None:
    """Handle one record. Raises when SQS must deliver it again."""
    try:
        router().receive(record.body, record.message_id, lambda_context.get_remaining_time_in_millis)
    except Exception:
        logger.exception("Message will be delivered again", source_message_id=record.message_id)
        raise


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> Any:
    """Return the ids of the records that SQS must deliver again. Raises PolicyError before it takes any."""
    router()
    idempotency.begin(context)
    return process_partial_response(event=event, record_handler=receive, processor=processor, context=context)
