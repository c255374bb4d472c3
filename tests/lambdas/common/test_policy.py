"""policy.json is read strictly: whatever is wrong stops the function with the key's name."""

from typing import Any

import pytest

from lambdas.common import policy
from lambdas.common.alert import Severity, Target
from lambdas.common.policy import Policy, PolicyError
from tests.lambdas.cloud import ALARM
from tests.lambdas.world import TARGET, TOPIC, World, policy_document

ENTRY = policy_document()["alarms"][ALARM]
SCALE = policy_document()["remediation"]["scale_out_service"]
ROUTES = policy_document()["routes"]
ROUTE = {"channel": "slack", "destination": "#a"}


def test_what_the_deploy_writes_is_read() -> None:
    read = Policy.read(policy_document())
    assert read.alarms[ALARM].target == Target("ecs", {"cluster": "predictive", "service": "ml-service"})
    assert read.routes[Severity.CRITICAL][0].destination == "#alerts-critical"
    assert read.remediation["scale_out_service"].limits["cooldown_seconds"] == 900


def test_the_package_holds_the_policy(world: World) -> None:
    assert policy.load().environment == "prod"
    assert policy.load() is policy.load()


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another version": ({"version": 2}, "version: 2 is not 1"),
    "an unknown key": ({"verison": 1}, "unknown key 'verison'"),
    "no environment": ({"environment": ""}, "environment: '' is not text"),
    "alarms as a list": ({"alarms": []}, "alarms: [] is not an object"),
    "an unknown severity": ({"topics": {TOPIC: "urgent"}}, "'urgent' is not one of critical, high"),
    "an alarm without service": ({"alarms": {"a": {**ENTRY, "service": None}}}, "alarms.a.service: None"),
    "an alarm with more": ({"alarms": {"a": {**ENTRY, "x": 1}}}, "alarms.a: unknown key 'x'"),
    "a target without kind": ({"alarms": {"a": {**ENTRY, "target": {"x": "y"}}}}, "alarms.a.target.kind"),
    "a target with a number": ({"alarms": {"a": {**ENTRY, "target": {**TARGET, "n": 1}}}}, "alarms.a.target"),
    "a service without team": ({"services": {"s": {"target": None}}}, "services.s.team"),
    "an alert with more": ({"alerts": {"a": {"x": 1}}}, "alerts.a: unknown key"),
    "a forgotten severity": ({"routes": {"critical": []}}, "routes.high: None is not a list"),
    "a route to nowhere": (
        {"routes": {**ROUTES, "low": [{"channel": "slack"}]}},
        "routes.low[0].destination",
    ),
    "a route twice": ({"routes": {**ROUTES, "low": [ROUTE, ROUTE]}}, "routes.low: the same destination"),
    "a maintenance window": ({"maintenance": []}, "unknown key 'maintenance'"),
    "an unknown mode": ({"remediation": {"a": {**SCALE, "mode": "yes"}}}, "'yes' is not one of off, dry_run"),
    "a limit as text": ({"remediation": {"a": {**SCALE, "limits": {"n": "2"}}}}, "remediation.a.limits.n"),
    "a limit as a flag": ({"remediation": {"a": {**SCALE, "limits": {"n": True}}}}, "remediation.a.limits.n"),
}


@pytest.mark.parametrize(("change", "message"), WRONG.values(), ids=WRONG)
def test_a_wrong_policy_is_refused_by_the_name_of_its_key(change: dict[str, Any], message: str) -> None:
    with pytest.raises(PolicyError) as refusal:
        Policy.read(policy_document(**change))
    assert message in str(refusal.value)


@pytest.mark.parametrize("document", [None, [], "x", 1])
def test_what_is_no_policy_at_all_is_refused(document: object) -> None:
    with pytest.raises(PolicyError):
        Policy.read(document)
