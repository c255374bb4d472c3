"""The blockchain, imagined: a block at every look, and transactions that wait for the next."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

from examples.service.kit import Kit
from examples.service.ledger import Ledger
from examples.service.metrics import ERROR, SUCCESS

TYPES = ("payment", "transfer")
_ROOM = 200


@dataclass(frozen=True)
class Transaction:
    """What waits to be confirmed, and since when."""

    type: str
    submitted: float


class Chain:
    """The service's copy of the chain, and the head that the others have."""

    def __init__(self, kit: Kit, ledger: Ledger) -> None:
        self._kit, self._metrics, self._ledger = kit, kit.metrics.chain, ledger
        self._head = 1_000_000
        self._pending: deque[Transaction] = deque(maxlen=100_000)
        self._metrics.pending.set_function(lambda: len(self._pending))
        for each in TYPES:
            for status in (SUCCESS, ERROR):
                self._metrics.transactions.labels(transaction_type=each, status=status)

    def submit(self, type: str) -> None:
        """Let a transaction of one of TYPES wait for the next block."""
        self._pending.append(Transaction(type, time.time()))

    async def sync(self) -> None:
        """Fetch what is new, and confirm what waits: a payment of the service's own is always among it."""
        start = time.perf_counter()
        self._head += 1
        self.submit("payment")
        await self._kit.wait(0.1)
        self._metrics.head.set(self._head)
        if not self._kit.faults.value("sync_stuck"):
            self._metrics.height.set(self._head - self._kit.faults.value("sync_lag"))
        self._metrics.sync_duration.observe(time.perf_counter() - start)
        if not self._kit.faults.value("transactions_stuck"):
            self._confirm()

    def _confirm(self) -> None:
        for _ in range(min(len(self._pending), _ROOM)):
            transaction = self._pending.popleft()
            seconds = time.time() - transaction.submitted
            status = ERROR if self._kit.faults.strikes("transactions_failing", transaction.type) else SUCCESS
            self._metrics.transactions.labels(transaction_type=transaction.type, status=status).inc()
            self._ledger.add(transaction.type, status, seconds)
            if status == SUCCESS:
                self._metrics.confirmation.observe(seconds)
