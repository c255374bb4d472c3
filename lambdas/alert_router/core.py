"""One SQS message from its body to events on the bus, whatever fails on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lambdas.alert_router import episode
from lambdas.alert_router.dead_letters import DeadLetters
from lambdas.alert_router.normalise import Message, normalise
from lambdas.alert_router.outbox import Outbox
from lambdas.alert_router.plan import plan
from lambdas.alert_router.state import AlertStates
from lambdas.common.alert import Alert, Status
from lambdas.common.checks import Invalid
from lambdas.common.effects import Effect
from lambdas.common.idempotency import Once
from lambdas.common.log import logger
from lambdas.common.policy import Policy

# Enough for one alert whose calls to AWS are slow. When the invocation times out instead, SQS delivers the whole
# batch again, the messages that were handled too, and each delivery counts towards the dead-letter queue.
RESERVE_MS = 10_000


class Incomplete(RuntimeError):
    """Some alerts of a message could not be handled now; the message must be delivered again."""


@dataclass(frozen=True)
class Router:
    """Handles messages by the policy; all it needs from outside is passed in."""

    policy: Policy
    states: AlertStates
    outbox: Outbox
    dead_letters: DeadLetters
    once: Once
    now: Callable[[], datetime]

    def receive(self, body: str, message_id: str, remaining_ms: Callable[[], int]) -> None:
        """Handle one message while time remains. Raises Incomplete or an AWS error: it must be delivered again."""
        if remaining_ms() < RESERVE_MS:
            raise Incomplete("no time is left in this invocation")
        message = self._read(body)
        if not message.alerts and not message.problems:
            logger.info("Nothing to do: the alarm lacks data", source_message_id=message_id)
        failed = [alert for alert in message.alerts if remaining_ms() < RESERVE_MS or not self._try(alert)]
        if failed:
            raise Incomplete(f"{len(failed)} of {len(message.alerts)} alerts failed, or time ran out before them")
        # Only now, so that a message which is retried for its good alerts is set aside once.
        if message.problems:
            reason = "; ".join(message.problems)
            logger.warning("Unreadable message set aside", reason=reason, source_message_id=message_id)
            self.dead_letters.send(body, reason=reason, message_id=message_id)

    def _read(self, body: str) -> Message:
        try:
            return normalise(body, self.policy, self.now())
        except Invalid as error:
            return Message(problems=(str(error),))

    def _try(self, alert: Alert) -> bool:
        try:
            self.route(alert)
        except Exception:  # noqa: BLE001  (whatever it is, the other alerts come first, then the retry)
            logger.exception("Alert failed", transition_id=alert.transition_id)
            return False
        return True

    def route(self, alert: Alert) -> None:
        """Record one alert and ask for its effects, once. Raises AWS errors and those of Powertools."""
        change = self._change(alert) if episode.is_dated(alert) else alert
        effects = plan(change, self.policy, self.now())
        self.once(change.transition_id, lambda: self._apply(change, effects))

    def _change(self, alert: Alert) -> Alert:
        stored = self.states.find(alert)
        change = episode.placed(alert, stored)
        if stored and episode.repeats(change, stored):
            self.states.repeat(change, self.now())
        return change

    def _apply(self, alert: Alert, effects: list[Effect]) -> None:
        verdict = self.states.accept(alert, self.now())
        if verdict.stale or _is_no_recovery(alert, verdict.former):
            effects = []
        self.outbox.send(effects, alert)
        logger.info(
            "Stale alert dropped: a later change is known" if verdict.stale else "Alert routed",
            transition_id=alert.transition_id,
            alert=alert.name,
            status=alert.status,
            severity=alert.severity,
            alert_service=alert.service,
            effects=[effect.id for effect in effects],
        )


def _is_no_recovery(alert: Alert, former: Status | None) -> bool:
    """Whether an alarm has data again that was not firing before: so does every new alarm at its first data, and
    every alarm of a metric with gaps at each of them. One that fired, lost its data and is well again recovers."""
    return alert.first_data and former is not Status.FIRING
