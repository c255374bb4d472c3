"""scale_out_service when something fails: every attempt is audited, and nothing is added twice."""

from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from lambdas.common.checks import Invalid
from tests.lambdas.remediation.scale_out_service.requests import FUNCTION, Event, recovered, updates
from tests.lambdas.world import Crash, Reaction, World, crash, recorded, refuse


def at_audit(reaction: Reaction) -> Reaction:
    """Return the reaction for the next writes, which meets only the audit record."""
    return lambda params: reaction(params) if "outcome" in params["Item"] else None


def test_a_failed_update_is_audited_ends_the_cooldown_and_is_tried_again(world: World, event: Event) -> None:
    world.react("UpdateService", refuse("ServerException"))
    with pytest.raises(ClientError):
        world.invoke(FUNCTION, event)
    assert world.cooldowns() == []
    assert world.desired_count() == 3
    world.time += timedelta(minutes=1)
    world.invoke(FUNCTION, event)
    assert [entry["outcome"] for entry in world.audit()] == ["failed", "scaled"]
    assert "ServerException" in world.audit()[0]["reason"]
    assert world.desired_count() == 5


def test_a_failure_to_ask_cloudwatch_is_audited_and_tried_again(world: World, event: Event) -> None:
    world.react("DescribeAlarms", refuse("InternalServiceFault"))
    with pytest.raises(ClientError):
        world.invoke(FUNCTION, event)
    world.time += timedelta(minutes=1)
    world.invoke(FUNCTION, event)
    assert [entry["outcome"] for entry in world.audit()] == ["failed", "scaled"]


def crash_at_audit(world: World, event: Event) -> None:
    """Let the function die after the service is updated and before that is audited."""
    meets_audit = at_audit(crash)
    world.react("PutItem", *[meets_audit] * 4)
    with pytest.raises(Crash):
        world.invoke(FUNCTION, event)
    world.reactions.clear()
    assert world.desired_count() == 5
    assert world.audit() == []


def test_a_crash_between_update_and_audit_does_not_add_twice(world: World, event: Event) -> None:
    crash_at_audit(world, event)
    world.invoke(FUNCTION, event)
    [entry] = world.audit()
    assert (entry["outcome"], entry["before"], entry["after"]) == ("scaled", "3", "5")
    assert world.desired_count() == 5


def test_what_was_done_before_a_crash_is_audited_although_the_alarm_has_recovered(world: World, event: Event) -> None:
    crash_at_audit(world, event)
    recovered(world, event["detail"])
    world.invoke(FUNCTION, event)
    assert [entry["outcome"] for entry in world.audit()] == ["scaled"]


def test_a_crash_before_the_update_ends_in_the_number_that_was_meant(world: World, event: Event) -> None:
    world.react("UpdateService", crash)
    with pytest.raises(Crash):
        world.invoke(FUNCTION, event)
    world.aws("ecs").update_service(cluster="predictive", service="ml-service", desiredCount=4)
    world.invoke(FUNCTION, event)
    assert world.desired_count() == 5


def test_a_retry_never_scales_in(world: World, event: Event) -> None:
    world.react("UpdateService", refuse("ServerException"))
    with pytest.raises(ClientError):
        world.invoke(FUNCTION, event)
    world.aws("ecs").update_service(cluster="predictive", service="ml-service", desiredCount=8)
    world.invoke(FUNCTION, event)
    assert world.desired_count() == 8


def test_a_recovered_alarm_stops_a_retry(world: World, event: Event) -> None:
    world.react("UpdateService", refuse("ServerException"))
    with pytest.raises(ClientError):
        world.invoke(FUNCTION, event)
    recovered(world, event["detail"])
    world.time += timedelta(minutes=1)
    world.invoke(FUNCTION, event)
    assert [entry["outcome"] for entry in world.audit()] == ["failed", "skipped"]
    assert world.desired_count() == 3


@pytest.mark.parametrize("limit", ["step", "max_capacity", "cooldown_seconds"])
def test_a_request_without_a_limit_is_an_error_and_changes_nothing(world: World, event: Event, limit: str) -> None:
    del event["detail"]["effect"]["limits"][limit]
    with pytest.raises(Invalid, match=limit):
        world.invoke(FUNCTION, event)
    assert updates(world) == []
    assert [entry["outcome"] for entry in world.audit()] == ["failed"]


@pytest.mark.parametrize("detail", [None, {}, {"id": "x", "effect": {"kind": "notify"}, "alert": {}}])
def test_an_event_that_is_none_of_ours_is_raised(world: World, detail: object) -> None:
    with pytest.raises(Invalid):
        world.invoke(FUNCTION, {**recorded("eventbridge"), "detail": detail})
