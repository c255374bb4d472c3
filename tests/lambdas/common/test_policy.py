"""policy.json is read strictly: whatever is wrong stops the function with the key's name."""

from datetime import UTC, datetime
from typing import Any

import pytest

from lambdas.common import policy
from lambdas.common.alert import Severity, Target
from lambdas.common.policy import Policy, PolicyError
from tests.lambdas.cloud import ALARM
from tests.lambdas.world import TARGET, TOPIC, World, policy_document

WINDOW = {
    "name": "patching",
    "timezone": "Europe/Dublin",
    "days": ["sunday"],
    "start": "02:00",
    "end": "04:00",
    "services": ["ml-service"],
}
ENTRY = policy_document()["alarms"][ALARM]
SCALE = policy_document()["remediation"]["scale_out_service"]
ROUTES = policy_document()["routes"]
ROUTE = {"channel": "slack", "destination": "#a"}


def test_what_the_deploy_writes_is_read() -> None:
    read = Policy.read(policy_document(maintenance=[WINDOW]))
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
    "no maintenance": ({"maintenance": None}, "maintenance: None is not a list"),
    "an unknown zone": (
        {"maintenance": [{**WINDOW, "timezone": "Mars/Olympus"}]},
        "'Mars/Olympus' is not an",
    ),
    "a path as a zone": (
        {"maintenance": [{**WINDOW, "timezone": "/etc/passwd"}]},
        "is not an IANA time zone",
    ),
    "an unknown day": ({"maintenance": [{**WINDOW, "days": ["sun"]}]}, "maintenance[0].days[0]: 'sun'"),
    "no day": ({"maintenance": [{**WINDOW, "days": []}]}, "at least one day"),
    "over midnight": ({"maintenance": [{**WINDOW, "end": "01:00"}]}, "start before end"),
    "half an hour": ({"maintenance": [{**WINDOW, "end": "4:30"}]}, "maintenance[0].end: '4:30'"),
    "no time of day": ({"maintenance": [{**WINDOW, "end": "25:00"}]}, "maintenance[0].end: '25:00'"),
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


@pytest.mark.parametrize(
    ("at", "service", "covered"),
    [
        (datetime(2026, 3, 1, 2, 0, tzinfo=UTC), "ml-service", True),  # winter: Dublin is UTC
        (datetime(2026, 3, 1, 3, 59, 59, tzinfo=UTC), "ml-service", True),
        (datetime(2026, 3, 1, 4, 0, tzinfo=UTC), "ml-service", False),
        (datetime(2026, 3, 1, 2, 0, tzinfo=UTC), "checkout", False),
        (datetime(2026, 3, 2, 2, 0, tzinfo=UTC), "ml-service", False),  # Monday
        (datetime(2026, 7, 5, 1, 0, tzinfo=UTC), "ml-service", True),  # summer: 02:00 in Dublin
        (datetime(2026, 7, 5, 3, 0, tzinfo=UTC), "ml-service", False),
    ],
)
def test_a_maintenance_window_is_local_time(at: datetime, service: str, covered: bool) -> None:
    assert Policy.read(policy_document(maintenance=[WINDOW])).in_maintenance(service, at) is covered


def test_a_window_may_last_to_the_end_of_the_day() -> None:
    read = Policy.read(policy_document(maintenance=[{**WINDOW, "start": "23:00", "end": "24:00"}]))
    assert read.in_maintenance("ml-service", datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC))
    assert not read.in_maintenance("ml-service", datetime(2026, 3, 2, 0, 0, tzinfo=UTC))


def test_a_window_without_services_covers_all() -> None:
    windows = [{**WINDOW, "services": None}]
    at = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    assert Policy.read(policy_document(maintenance=windows)).in_maintenance("anything", at)
