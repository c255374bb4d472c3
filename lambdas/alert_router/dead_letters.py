"""Sets aside messages that no retry can mend, with the reason, for people to read."""

from dataclasses import dataclass

from lambdas.common.aws import Client

REASON_LIMIT = 1024  # bytes


@dataclass(frozen=True)
class DeadLetters:
    """The dead-letter queue of the alert queue."""

    sqs: Client
    queue_url: str

    def send(self, body: str, *, reason: str, message_id: str) -> None:
        """Send the original body with the reason. Raises ClientError (then the message must be retried)."""
        attributes = {"reason": printable(reason)[:REASON_LIMIT], "source_message_id": message_id}
        self.sqs.send_message(
            QueueUrl=self.queue_url,
            MessageBody=body,
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )


def printable(text: str) -> str:
    """Return the text in printable ASCII: SQS refuses a message whose attributes hold control characters."""
    escaped = text.encode("ascii", "backslashreplace").decode("ascii")
    return "".join(character if character.isprintable() else " " for character in escaped)
