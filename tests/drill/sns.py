"""A stand-in for SNS on loopback that notes when and to which topic something is published.

moto's server would take the same calls, but neither it nor SNS itself says when: that is a metric of CloudWatch's.
"""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs

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

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            fields = {key: values[0] for key, values in parse_qs(body).items()}
            topic = fields["TopicArn"].rsplit(":", 1)[1]
            sns.published.setdefault(topic, []).append((time.monotonic(), fields["Message"]))
            answer = _ANSWER.format(len(sns.published[topic])).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/xml")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing: a test's output is no access log."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        sns = Sns(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield sns
        finally:
            server.shutdown()
            thread.join()
