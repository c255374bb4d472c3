"""One remediation from request to audit record, the same for every action."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lambdas.common.alert import Alert
from lambdas.common.aws import Client
from lambdas.common.effects import Remediate
from lambdas.common.log import logger
from lambdas.common.policy import Mode
from lambdas.common.remediation import guards
from lambdas.common.remediation.action import Action, Change, Result, Skip
from lambdas.common.remediation.ledger import Ledger

SKIPPED = "skipped"
FAILED = "failed"


@dataclass(frozen=True)
class Runner:
    """Carries out requests for one action."""

    action: Action
    ledger: Ledger
    cloudwatch: Client
    now: Callable[[], datetime]

    def run(self, request: Remediate, alert: Alert) -> Result:
        """Do the action unless a guard objects; audit what came of it and return that.

        Raises what failed, after it is audited, so that Lambda tries again.
        """
        try:
            change = self._decide(request, alert)
        except Skip as skip:
            return self._record(request, alert, Result(SKIPPED, str(skip)))
        except Exception as error:
            self._record(request, alert, Result(FAILED, f"{type(error).__name__}: {error}"))
            raise
        if request.mode is Mode.DRY_RUN:
            return self._record(request, alert, Result(self.action.would, "nothing was changed", change))
        return self._record(request, alert, Result(self.action.done, change=change))

    def _decide(self, request: Remediate, alert: Alert) -> Change:
        intent = self.ledger.intent(request)
        if intent and self._is_done(request, intent):
            return intent
        now = self.now()
        guards.check(guards.Case(self.action, request, alert, now, self.cloudwatch))
        if not self.ledger.claim(request, now):
            raise Skip(f"{request.target.key} is cooling down from another remediation")
        try:
            return self._change(request, intent)
        except Exception:
            self.ledger.release(request)
            raise

    def _is_done(self, request: Remediate, intent: Change) -> bool:
        """Tell whether an attempt that was interrupted before its audit made the change.

        Asked before the guards: the alarm may have recovered since, and "skipped" would hide what was done.
        """
        return self.action.reached(self.action.observe(request.target), intent.after)

    def _change(self, request: Remediate, intent: Change | None) -> Change:
        """Make the change; in a dry run only work it out. A retry makes what its first attempt meant."""
        state = self.action.observe(request.target)
        change = intent or Change(before=state, after=self.action.propose(state, request))
        if request.mode is Mode.DRY_RUN:
            return change
        if intent is None:
            self.ledger.intend(request, change, self.now())
        self.action.apply(request.target, change.after)
        return change

    def _record(self, request: Remediate, alert: Alert, result: Result) -> Result:
        self.ledger.record(request, alert, result, self.now())
        change = vars(result.change) if result.change else None
        told = {"effect_id": request.id, "target": request.target.key, "outcome": result.outcome}
        logger.info("Remediation", extra={**told, "reason": result.reason, "change": change})
        return result
