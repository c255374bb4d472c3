"""What a remediation is."""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from lambdas.common.alert import Target
from lambdas.common.effects import Remediate

State: TypeAlias = int | str  # of a target, as far as an action changes it: a number of tasks, a version


class Skip(Exception):
    """The action must not be done to this target now; the message is the reason in the audit."""


@dataclass(frozen=True)
class Change:
    """From one state of a target to another, both absolute: applying it twice is applying it once."""

    before: State
    after: State


@dataclass(frozen=True)
class Result:
    """What came of one attempt: the outcome, the reason for it, and the change when there is one."""

    outcome: str
    reason: str = ""
    change: Change | None = None


class Action(Protocol):
    """One remediation. Its methods raise Skip when there is a reason not to act, AWS errors on failure."""

    @property
    def kind(self) -> str:
        """The kind of target it acts on."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a target must have."""

    @property
    def done(self) -> str:
        """The outcome in the audit when the target was changed."""

    @property
    def would(self) -> str:
        """The outcome in the audit of a dry run."""

    def observe(self, target: Target) -> State:
        """Return the state the target is in."""

    def propose(self, state: State, request: Remediate) -> State:
        """Return the state it should be in, within the request's limits. Pure."""

    def reached(self, state: State, after: State) -> bool:
        """Tell whether the target in this state needs nothing more to be as proposed. Pure."""

    def apply(self, target: Target, after: State) -> None:
        """Bring the target to the state."""
