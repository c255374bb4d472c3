"""Sends the effects of an alert to the event bus."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from lambdas.common.alert import Alert
from lambdas.common.aws import Client
from lambdas.common.effects import Effect, detail

SOURCE = "vigil.alert_router"
BATCH_ENTRIES = 10  # PutEvents quota
BATCH_BYTES = 256 * 1024  # PutEvents quota, over all entries
ATTEMPTS = 3
PAUSE_SECONDS = 0.1  # before the second attempt, doubled for each one after

Entry = dict[str, Any]


class NotSent(RuntimeError):
    """EventBridge refused events; the message holds its error codes."""


@dataclass(frozen=True)
class Outbox:
    """The event bus on which effects are asked for."""

    events: Client
    bus: str
    sleep: Callable[[float], None] = time.sleep

    def send(self, effects: Iterable[Effect], alert: Alert) -> None:
        """Put one event an effect. Raises NotSent when some are refused to the end, ClientError when all are.

        After an error the caller sends all of them again: receivers know an effect by its id.
        """
        for batch in batches([self._entry(effect, alert) for effect in effects]):
            self._put(batch)

    def _entry(self, effect: Effect, alert: Alert) -> Entry:
        document = json.dumps(detail(effect, alert), ensure_ascii=False, separators=(",", ":"))
        return {"Source": SOURCE, "DetailType": effect.kind, "Detail": document, "EventBusName": self.bus}

    def _put(self, batch: list[Entry]) -> None:
        codes: list[str] = []
        for attempt in range(ATTEMPTS):
            if attempt:
                self.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
            response = self.events.put_events(Entries=batch)
            if not response["FailedEntryCount"]:
                return
            refused = [(e, r) for e, r in zip(batch, response["Entries"], strict=True) if "ErrorCode" in r]
            batch = [entry for entry, _ in refused]
            codes = [result["ErrorCode"] for _, result in refused]
        raise NotSent(f"{len(batch)} events refused {ATTEMPTS} times: {', '.join(sorted(set(codes)))}")


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """Yield the entries in batches that PutEvents takes."""
    batch: list[Entry] = []
    total = 0
    for entry in entries:
        size = sum(len(entry[key].encode()) for key in ("Source", "DetailType", "Detail"))
        if batch and (len(batch) == BATCH_ENTRIES or total + size > BATCH_BYTES):
            yield batch
            batch, total = [], 0
        batch.append(entry)
        total += size
    if batch:
        yield batch
