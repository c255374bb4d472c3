"""What the router asks the other functions to do, and the events that carry it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

from lambdas.common import checks
from lambdas.common.alert import Alert, Target
from lambdas.common.checks import Invalid
from lambdas.common.policy import Mode

ID_LIMIT = 4096  # characters: a transition and a destination


@dataclass(frozen=True)
class Notify:
    """Tell the people at one destination of one channel."""

    kind: ClassVar[str] = "notify"
    id: str
    channel: str
    destination: str

    def to_json(self) -> dict[str, Any]:
        """Return the effect for an event."""
        return {"kind": self.kind, "channel": self.channel, "destination": self.destination}


@dataclass(frozen=True)
class Remediate:
    """Do one action to one target, no further than its mode and limits."""

    kind: ClassVar[str] = "remediate"
    id: str
    action: str
    mode: Mode
    target: Target
    limits: Mapping[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return the effect for an event."""
        request = {"action": self.action, "mode": self.mode, "limits": dict(self.limits)}
        return {"kind": self.kind, **request, "target": self.target.to_json()}

    def limit(self, name: str) -> int:
        """Return one limit. Raises Invalid when the policy does not set it."""
        return checks.whole(self.limits.get(name), f"effect.limits.{name}")


Effect: TypeAlias = Notify | Remediate


def detail(effect: Effect, alert: Alert) -> dict[str, Any]:
    """Return the detail of the event that asks for the effect."""
    return {"id": effect.id, "effect": effect.to_json(), "alert": alert.to_json()}


def read_notify(event: object) -> tuple[Notify, Alert]:
    """Return the effect and alert of a "notify" event. Raises Invalid."""
    effect_id, effect, alert = _read(event, Notify.kind)
    channel = checks.text(effect.get("channel"), "effect.channel")
    return Notify(effect_id, channel, checks.text(effect.get("destination"), "effect.destination")), alert


def read_remediate(event: object) -> tuple[Remediate, Alert]:
    """Return the effect and alert of a "remediate" event. Raises Invalid."""
    effect_id, effect, alert = _read(event, Remediate.kind)
    target = Target.read(effect.get("target"), "effect.target")
    if target is None:
        raise Invalid("effect.target: missing")
    request = Remediate(
        id=effect_id,
        action=checks.text(effect.get("action"), "effect.action"),
        mode=checks.choice(Mode, effect.get("mode"), "effect.mode"),
        target=target,
        limits={
            name: checks.whole(limit, f"effect.limits.{checks.shown(name)}")
            for name, limit in checks.mapping(effect.get("limits"), "effect.limits").items()
        },
    )
    return request, alert


def _read(event: object, kind: str) -> tuple[str, Mapping[str, Any], Alert]:
    data = checks.mapping(checks.mapping(event, "event").get("detail"), "detail")
    effect = checks.mapping(data.get("effect"), "effect")
    if effect.get("kind") != kind:
        raise Invalid(f"effect.kind: {checks.shown(effect.get('kind'))} is not {kind}")
    return checks.text(data.get("id"), "id", limit=ID_LIMIT), effect, Alert.from_json(data.get("alert"))
