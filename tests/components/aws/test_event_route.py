"""Events of the router reach the function they are meant for, and no other."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from moto.events.models import EventPattern

from components import manifests
from components.aws.event_route import SOURCE, event_pattern
from lambdas.alert_router import outbox
from lambdas.common.alert import Alert, Severity, Source, Status, Target
from lambdas.common.effects import Effect, Notify, Remediate, detail
from lambdas.common.policy import Mode
from tests.components.aws import deployment

RULE = "aws:cloudwatch/eventRule:EventRule"
EVENT_FUNCTIONS = ("notifier", "scale_out_service")

ALERT = Alert(
    name="EcsHighCpuUtilization",
    status=Status.FIRING,
    severity=Severity.HIGH,
    service="ml-service",
    team="ml",
    environment="prod",
    source=Source.CLOUDWATCH,
    changed_at=datetime(2026, 3, 1, 10, 0, tzinfo=UTC),
    labels={"alarm_name": "vigil-prod-ml-service-EcsHighCpuUtilization"},
)
NOTIFY = Notify("1", "slack", "#alerts-high")
SCALE_OUT = Remediate("2", "scale_out_service", Mode.AUTOMATIC, Target("ecs", {}), {})
OTHER_ACTION = Remediate("3", "restart_service", Mode.AUTOMATIC, Target("ecs", {}), {})


def event(effect: Effect, **changes: Any) -> dict[str, Any]:
    """The event as EventBridge delivers what the router puts."""
    written = {"source": outbox.SOURCE, "detail-type": effect.kind, "detail": detail(effect, ALERT)}
    delivered: dict[str, Any] = json.loads(json.dumps({**written, **changes}))
    return delivered


def receivers(of: Any) -> list[str]:
    """The functions whose rule lets the event through."""
    rules = {name: deployment.production().named(RULE, f"aws-{name}").inputs for name in EVENT_FUNCTIONS}
    return [name for name, rule in rules.items() if EventPattern.load(rule["eventPattern"]).matches_event(of)]


@pytest.mark.parametrize(
    ("effect", "expected"), [(NOTIFY, ["notifier"]), (SCALE_OUT, ["scale_out_service"]), (OTHER_ACTION, [])]
)
def test_an_effect_goes_to_its_function_alone(effect: Effect, expected: list[str]) -> None:
    assert receivers(event(effect)) == expected


def test_nobody_but_the_router_starts_a_function() -> None:
    assert receivers(event(NOTIFY, source="somebody.else")) == []
    assert SOURCE == outbox.SOURCE, "the rules listen to another source than the router's"


def test_a_function_without_an_event_has_no_pattern() -> None:
    with pytest.raises(ValueError, match=r"alert_router/manifest\.yaml: trigger"):
        event_pattern(manifests.builtin()["alert_router"])


@pytest.mark.parametrize("name", EVENT_FUNCTIONS)
def test_only_the_rule_may_call_the_function(name: str) -> None:
    (permission,) = [
        p.inputs
        for p in deployment.production().of_type("aws:lambda/permission:Permission")
        if p.inputs["function"] == f"vigil-prod-{name}"
    ]
    assert permission["principal"] == "events.amazonaws.com"
    assert permission["action"] == "lambda:InvokeFunction"
    rule = f"arn:aws:events:eu-west-1:123456789012:rule/vigil-prod-alerts/vigil-prod-{name}"
    assert (permission["sourceArn"], permission["sourceAccount"]) == (rule, "123456789012")


@pytest.mark.parametrize("name", EVENT_FUNCTIONS)
def test_what_cannot_be_handed_over_within_the_hour_is_set_aside(name: str) -> None:
    target = deployment.production().named("aws:cloudwatch/eventTarget:EventTarget", f"aws-{name}").inputs
    assert target["arn"] == f"arn:aws:lambda:eu-west-1:123456789012:function:vigil-prod-{name}"
    assert (target["eventBusName"], target["rule"]) == ("vigil-prod-alerts", f"vigil-prod-{name}")
    assert target["retryPolicy"] == {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 30}
    assert target["deadLetterConfig"]["arn"].endswith(":vigil-prod-function-dead-letters")
