"""scale_out_service in a whole AWS: it acts within its limits, and each guard has its audited outcome."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.lambdas.cloud import ALARM
from tests.lambdas.remediation.scale_out_service.requests import FUNCTION, Event, another, recovered, updates
from tests.lambdas.world import Params, World


def test_a_firing_alarm_adds_two_tasks_and_is_audited(world: World, event: Event) -> None:
    world.invoke(FUNCTION, event)
    assert world.desired_count() == 5
    [entry] = world.audit()
    assert (entry["outcome"], entry["before"], entry["after"]) == ("scaled", "3", "5")
    assert (entry["action"], entry["mode"], entry["alert"]) == (
        "scale_out_service",
        "automatic",
        "EcsHighCpuUtilization",
    )
    assert entry["target"] == "ecs/predictive/ml-service"
    assert entry["sk"] == f"2026-03-01T10:01:00.000000+00:00#{event['detail']['id']}"
    assert entry["transition_id"] == event["detail"]["alert"]["transition_id"]
    assert int(entry["expires_at"]) == int((world.time + timedelta(days=400)).timestamp())


def test_a_duplicate_does_nothing(world: World, event: Event) -> None:
    for _ in range(3):
        world.invoke(FUNCTION, event)
        world.time += timedelta(minutes=1)
    assert world.desired_count() == 5
    assert len(world.audit()) == 1


def test_the_cap_holds(world: World, event: Event) -> None:
    world.aws("ecs").update_service(cluster="predictive", service="ml-service", desiredCount=9)
    world.invoke(FUNCTION, event)
    assert world.desired_count() == 10


# Guards


def resolved(world: World, detail: Event) -> None:
    detail["alert"]["status"] = "resolved"


def waited_too_long(world: World, detail: Event) -> None:
    world.time += timedelta(minutes=15)


def turned_off(world: World, detail: Event) -> None:
    detail["effect"]["mode"] = "off"


def incomplete_target(world: World, detail: Event) -> None:
    del detail["effect"]["target"]["service"]


def another_kind_of_target(world: World, detail: Event) -> None:
    detail["effect"]["target"]["kind"] = "kubernetes"


def alarm_deleted(world: World, detail: Event) -> None:
    world.aws("cloudwatch").delete_alarms(AlarmNames=[ALARM])


def alarm_not_named(world: World, detail: Event) -> None:
    del detail["alert"]["labels"]["alarm_name"]


def at_the_cap(world: World, detail: Event) -> None:
    world.aws("ecs").update_service(cluster="predictive", service="ml-service", desiredCount=10)


def above_the_cap(world: World, detail: Event) -> None:
    world.aws("ecs").update_service(cluster="predictive", service="ml-service", desiredCount=12)


def unknown_service(world: World, detail: Event) -> None:
    detail["effect"]["target"]["service"] = "another"


def inactive_service(world: World, detail: Event) -> None:
    world.aws("ecs").update_service(cluster="predictive", service="ml-service", desiredCount=0)
    world.aws("ecs").delete_service(cluster="predictive", service="ml-service")


GUARDED: dict[Callable[[World, Event], None], str] = {
    resolved: "the alert is resolved",
    waited_too_long: "changed more than 0:15:00 ago",
    turned_off: "the remediation is off",
    incomplete_target: "is not an ecs target with cluster, service",
    another_kind_of_target: "is not an ecs target with cluster, service",
    recovered: "no longer in ALARM: OK",
    alarm_deleted: "no longer in ALARM: not found",
    alarm_not_named: "no longer in ALARM: not found",
    at_the_cap: "already wants 10 tasks; max_capacity is 10",
    above_the_cap: "already wants 12 tasks; max_capacity is 10",
    unknown_service: "is not found",
    inactive_service: "the service ecs/predictive/ml-service is ",
}


@pytest.mark.parametrize(("happens", "reason"), GUARDED.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_a_guard_skips_says_why_and_holds_no_cooldown(
    world: World, event: Event, happens: Callable[[World, Event], None], reason: str
) -> None:
    happens(world, event["detail"])
    world.invoke(FUNCTION, event)
    assert updates(world) == []
    [entry] = world.audit()
    assert entry["outcome"] == "skipped"
    assert reason in entry["reason"]
    assert world.cooldowns() == []


def test_a_target_cools_down_before_the_next_remediation(world: World, event: Event) -> None:
    world.invoke(FUNCTION, event)
    world.time += timedelta(minutes=13)
    world.invoke(FUNCTION, another(event))
    assert [entry["outcome"] for entry in world.audit()] == ["scaled", "skipped"]
    assert "cooling down" in world.audit()[1]["reason"]
    assert world.desired_count() == 5


def test_a_target_that_has_cooled_down_is_scaled_again(world: World, event: Event) -> None:
    event["detail"]["effect"]["limits"]["cooldown_seconds"] = 600
    world.invoke(FUNCTION, event)
    world.time += timedelta(minutes=10)
    world.invoke(FUNCTION, another(event))
    assert world.desired_count() == 7


def test_a_composite_alarm_is_asked_again_too(world: World, event: Event) -> None:
    answers = iter(["OK", "ALARM"])

    def composite(params: Params) -> tuple[object, dict[str, Any]]:  # moto has no composite alarms
        assert "CompositeAlarm" in params["AlarmTypes"]
        alarm = {"AlarmName": "both", "StateValue": next(answers)}
        return type("Http", (), {"status_code": 200})(), {"MetricAlarms": [], "CompositeAlarms": [alarm]}

    world.react("DescribeAlarms", composite, composite)
    world.invoke(FUNCTION, event)
    assert world.desired_count() == 3
    world.invoke(FUNCTION, another(event))
    assert world.desired_count() == 5


def test_a_prometheus_alert_cannot_be_asked_again(world: World, event: Event) -> None:
    event["detail"]["alert"]["source"] = "prometheus"
    world.invoke(FUNCTION, event)
    assert world.desired_count() == 5
    assert "DescribeAlarms" not in [call.operation for call in world.calls]


def test_a_dry_run_says_what_it_would_do_and_does_not_hold_back_a_real_run(world: World, event: Event) -> None:
    event["detail"]["effect"]["mode"] = "dry_run"
    world.invoke(FUNCTION, event)
    world.invoke(FUNCTION, another(event))
    assert updates(world) == []
    would, skipped = world.audit()
    assert (would["outcome"], would["before"], would["after"]) == ("would_scale", "3", "5")
    assert skipped["outcome"] == "skipped"
    event["detail"]["effect"]["mode"] = "automatic"
    world.invoke(FUNCTION, another(another(event)))
    assert world.desired_count() == 5
