"""A stand-in for SNS on loopback that notes when and to which topic something is published.

moto's server would take the same calls, but neither it nor SNS itself says when: that is a metric of CloudWatch's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

from tests.loopback import StandIn, serving

_ANSWER = (
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>{}</MessageId>'
    "</PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>"
)


@dataclass
class Sns:
    """What was published: seconds on the monotonic clock, and the message, by the name of the topic."""

    url: str
    published: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    def beats(self, topic: str) -> list[float]:
        """When something was published to the topic."""
        return [at for at, _ in self.published.get(topic, [])]


@contextmanager
def running() -> Iterator[Sns]:
    """Yields the stand-in while it answers."""

    class Handler(StandIn):
        def do_POST(self) -> None:
            fields = {key: values[0] for key, values in parse_qs(self.body().decode()).items()}
            topic = fields["TopicArn"].rsplit(":", 1)[1]
            sns.published.setdefault(topic, []).append((time.monotonic(), fields["Message"]))
            answer = _ANSWER.format(len(sns.published[topic])).encode()
            self.answer(answer, headers={"Content-Type": "text/xml"})

    with serving(Handler) as address:
        sns = Sns(f"http://{address}")
        yield sns
