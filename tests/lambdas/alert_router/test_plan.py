"""What happens about an alert is a pure function of the alert, the policy and the time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from lambdas.alert_router.plan import plan
from lambdas.common.alert import Alert, Severity, Source, Status, Target
from lambdas.common.effects import Effect, Remediate
from lambdas.common.policy import Mode, Policy
from tests.lambdas.world import NOW, TARGET, policy_document

ALERT = Alert(
    name="EcsHighCpuUtilization",
    status=Status.FIRING,
    severity=Severity.HIGH,
    service="ml-service",
    team="ml",
    environment="prod",
    source=Source.CLOUDWATCH,
    changed_at=NOW - timedelta(minutes=1),
    labels={},
    remediation="scale_out_service",
    target=Target.read(TARGET, "target"),
)
LIMITS = {"step": 2, "max_capacity": 10, "cooldown_seconds": 900}


def planned(alert: Alert = ALERT, **policy: Any) -> list[Effect]:
    """Return the effects of the alert now."""
    return plan(alert, Policy.read(policy_document(**policy)), NOW)


def kinds(effects: list[Effect]) -> list[str]:
    """Return the kinds of effects."""
    return [effect.kind for effect in effects]


def test_a_firing_alert_is_told_and_remedied() -> None:
    notify, remediate = planned()
    assert notify.id == f"{ALERT.transition_id}#notify#slack#{'#alerts-high'}"
    assert isinstance(remediate, Remediate)
    assert remediate.id == f"{ALERT.transition_id}#remediate#scale_out_service"
    assert (remediate.mode, remediate.limits) == (Mode.AUTOMATIC, LIMITS)


def test_a_plan_is_the_same_every_time() -> None:
    assert planned() == planned()


def test_every_destination_of_the_severity_is_told() -> None:
    routes = policy_document()["routes"]
    routes["high"] = [{"channel": "slack", "destination": f"#{n}"} for n in range(3)]
    effects = planned(routes=routes)
    assert kinds(effects) == ["notify"] * 3 + ["remediate"]
    assert len({effect.id for effect in effects}) == 4


def remediation(mode: str) -> dict[str, Any]:
    """Return the policy's remediation in a mode."""
    return {"scale_out_service": {"mode": mode, "limits": LIMITS}}


NOT_REMEDIED: dict[str, tuple[Alert, dict[str, Any]]] = {
    "resolved": (replace(ALERT, status=Status.RESOLVED), {}),
    "too old": (replace(ALERT, changed_at=NOW - timedelta(minutes=15, seconds=1)), {}),
    "no target": (replace(ALERT, target=None), {}),
    "no remediation": (replace(ALERT, remediation=None), {}),
    "an action that is not deployed": (replace(ALERT, remediation="reboot_the_moon"), {}),
    "turned off": (ALERT, {"remediation": remediation("off")}),
}


@pytest.mark.parametrize(("alert", "policy"), NOT_REMEDIED.values(), ids=NOT_REMEDIED)
def test_people_are_told_but_nothing_is_done(alert: Alert, policy: dict[str, Any]) -> None:
    assert kinds(planned(alert, **policy)) == ["notify"]


def test_a_quarter_of_an_hour_is_still_fresh() -> None:
    assert kinds(planned(replace(ALERT, changed_at=NOW - timedelta(minutes=15)))) == ["notify", "remediate"]


def test_a_dry_run_is_asked_for_as_such() -> None:
    effects = planned(remediation=remediation("dry_run"))
    assert [effect.mode for effect in effects if isinstance(effect, Remediate)] == [Mode.DRY_RUN]


def test_a_severity_without_routes_may_still_be_remedied() -> None:
    assert kinds(planned(replace(ALERT, severity=Severity.INFO))) == ["remediate"]
