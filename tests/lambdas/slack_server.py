"""A Slack that answers on loopback."""

import json
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

OK = (200, {"ok": True, "channel": "C1", "ts": "1772359201.000100"})


@dataclass
class Slack:
    """What was posted, and what will be answered: OK unless `answers` holds something; a busy one's `retry_after`."""

    url: str = ""
    posts: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    retry_after: str | None = None


def start(slack: Slack) -> ThreadingHTTPServer:
    """Serve until `shutdown`; sets the url."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            slack.posts.append({"path": self.path, **json.loads(body)})
            slack.tokens.append(self.headers["Authorization"])
            status, answer = slack.answers.pop(0) if slack.answers else OK
            payload = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            if status == 429 and slack.retry_after is not None:
                self.send_header("Retry-After", slack.retry_after)
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    slack.url = f"http://127.0.0.1:{server.server_port}/api"
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server
