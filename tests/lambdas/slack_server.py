"""A Slack that answers on loopback."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.loopback import StandIn, serving

OK = (200, {"ok": True, "channel": "C1", "ts": "1772359201.000100"})


@dataclass
class Slack:
    """What was posted, and what will be answered: OK unless `answers` holds something; a busy one's `retry_after`."""

    url: str = ""
    posts: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    retry_after: str | None = None


@contextmanager
def running() -> Iterator[Slack]:
    """Yield the stand-in while it answers."""
    slack = Slack()

    class Handler(StandIn):
        def do_POST(self) -> None:
            slack.posts.append({"path": self.path, **json.loads(self.body())})
            slack.tokens.append(self.headers["Authorization"])
            status, answer = slack.answers.pop(0) if slack.answers else OK
            headers = {"Location": "/elsewhere"} if status == 302 else {}
            if status == 429 and slack.retry_after is not None:
                headers["Retry-After"] = slack.retry_after
            payload = answer if isinstance(answer, str) else json.dumps(answer)
            self.answer(payload.encode(), status=status, headers=headers)

    with serving(Handler) as address:
        slack.url = f"http://{address}/api"
        yield slack
