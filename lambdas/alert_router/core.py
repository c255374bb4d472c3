"""One SQS message from its body to events on the bus, whatever fails on the way."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lambdas.alert_router.dead_letters import DeadLetters
from lambdas.alert_router.normalise import Message, normalise
from lambdas.alert_router.outbox import Outbox
from lambdas.alert_router.plan import plan
from lambdas.alert_router.state import AlertStates, Verdict
from lambdas.common.alert import Alert
from lambdas.common.checks import Invalid
from lambdas.common.effects import Effect
from lambdas.common.idempotency import Once
from lambdas.common.log import logger
from lambdas.common.policy import Policy


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

    def receive(self, body: str, message_id: str) -> None:
        """Handle one message. Raises Incomplete or an AWS error when it must be delivered again."""
        message = self._read(body)
        if not message.alerts and not message.problems:
            logger.info("Nothing to do: the alarm lacks data", source_message_id=message_id)
        failed = [alert for alert in message.alerts if not self._try(alert)]
        if failed:
            raise Incomplete(f"{len(failed)} of {len(message.alerts)} alerts failed")
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
        effects = plan(alert, self.policy, self.now())
        if effects:
            self.once(alert.transition_id, lambda: self._apply(alert, effects))
        else:
            # Nothing is asked for, so nothing is remembered as done: an alert that a maintenance window has
            # silenced and that Alertmanager sends again after the window must still be heard.
            self._apply(alert, effects)

    def _apply(self, alert: Alert, effects: list[Effect]) -> None:
        verdict = self.states.accept(alert, self.now())
        if verdict is Verdict.STALE or _is_no_recovery(alert, verdict):
            effects = []
        self.outbox.send(effects, alert)
        logger.info(
            "Stale alert dropped: a later change is known" if verdict is Verdict.STALE else "Alert routed",
            transition_id=alert.transition_id,
            alert=alert.name,
            status=alert.status,
            severity=alert.severity,
            alert_service=alert.service,
            effects=[effect.id for effect in effects],
        )


def _is_no_recovery(alert: Alert, verdict: Verdict) -> bool:
    """Whether an alarm that never fired has got its first data: every new alarm does, and nobody wants a message of
    recovery for each at every deploy. One that fired, lost its data and is well again does recover."""
    return alert.first_data and verdict is Verdict.NEW
