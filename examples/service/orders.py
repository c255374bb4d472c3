"""The queue of orders and its consumer."""

from __future__ import annotations

import logging
import time
from collections import deque
from dataclasses import dataclass, field

from opentelemetry.trace import SpanKind

from examples.service import correlation
from examples.service.dependencies import reach
from examples.service.kit import Kit, to_send
from examples.service.metrics import ERROR, SUCCESS

logger = logging.getLogger(__name__)

QUEUE = "orders"
_BATCH = 100


@dataclass(frozen=True)
class Message:
    """An order, with the ids of the request that placed it."""

    order: str
    correlation_id: str | None = field(default_factory=correlation.current.get)
    headers: dict[str, str] = field(default_factory=to_send)
    placed: float = field(default_factory=time.time)


class Orders:
    """The queue, in memory; when it is full the oldest order is lost."""

    def __init__(self, kit: Kit) -> None:
        self._kit, self._metrics = kit, kit.metrics.background
        self._waiting: deque[Message] = deque(maxlen=100_000)
        self._metrics.messages.labels(queue=QUEUE).set_function(lambda: len(self._waiting))
        self._metrics.oldest.labels(queue=QUEUE).set_function(self._oldest)
        for status in (SUCCESS, ERROR):
            self._metrics.processed.labels(queue=QUEUE, status=status)

    def _oldest(self) -> float:
        waiting = self._waiting
        return time.time() - waiting[0].placed if waiting else 0.0

    async def place(self, order: str) -> None:
        """Put the order into the queue. Raises DependencyDown."""
        await reach(self._kit, "redis")
        self._waiting.append(Message(order))

    async def consume(self) -> None:
        """Take up to a hundred orders, and one of the consumer's own, so that the queue moves without callers."""
        self._waiting.append(Message("stock-taking"))
        if self._kit.faults.value("queue_stuck"):
            return
        for _ in range(min(len(self._waiting), _BATCH)):
            message = self._waiting.popleft()
            with self._kit.work("process order", message.correlation_id, message.headers, SpanKind.CONSUMER):
                self._metrics.processed.labels(queue=QUEUE, status=self._process(message)).inc()

    def _process(self, message: Message) -> str:
        if self._kit.faults.strikes("queue_errors"):
            logger.error("order cannot be processed", extra={"order": message.order})
            return ERROR
        logger.debug("order processed", extra={"order": message.order})
        return SUCCESS
