"""Calls that fail, a crash, or no time left: the alert router loses no alert and doubles none."""

from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path

import pytest

from lambdas.common.policy import PolicyError
from tests.lambdas.alert_router.messages import FIRING, TWO_ALERTS, data_back
from tests.lambdas.world import Crash, Params, World, clear_caches, crash, let_through, refuse


def test_an_alert_whose_events_fail_is_delivered_again_and_the_rest_of_the_batch_is_not(world: World) -> None:
    world.react("PutEvents", refuse())
    assert world.route(FIRING, TWO_ALERTS) == [FIRING]
    assert len(world.effects()) == 2
    assert world.route(FIRING) == []
    assert [e["alert"]["name"] for e in world.effects("notify")].count("EcsHighCpuUtilization") == 1


def test_a_failure_within_a_notification_neither_loses_nor_doubles_its_other_alerts(world: World) -> None:
    world.react("PutEvents", refuse())
    assert world.route(TWO_ALERTS) == [TWO_ALERTS]
    assert len(world.effects()) == 1
    assert world.route(TWO_ALERTS) == []
    ids = [effect["id"] for effect in world.effects()]
    assert len(ids) == len(set(ids)) == 2


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem"])
def test_a_failing_table_leads_to_another_delivery(world: World, operation: str) -> None:
    world.react(operation, refuse())
    assert world.route(FIRING) == [FIRING]
    assert world.effects() == []
    assert world.route(FIRING) == []
    assert len(world.effects()) == 2


def test_only_refused_events_are_put_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    accepted, throttled = {"EventId": "1"}, {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}

    def refuse_second(params: Params) -> tuple[object, dict[str, object]]:
        http = type("Http", (), {"status_code": 200})()
        return http, {"FailedEntryCount": 1, "Entries": [accepted, throttled]}

    world.react("PutEvents", refuse_second)
    assert world.route(FIRING) == []
    ids = [effect["id"] for effect in world.effects()]
    assert len(ids) == len(set(ids)) == 2


def test_events_refused_to_the_end_lead_to_another_delivery(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _seconds: None)

    def refuse_all(params: Params) -> tuple[object, dict[str, object]]:
        results = [{"ErrorCode": "InternalFailure"}] * len(params["Entries"])
        return type("Http", (), {"status_code": 200})(), {
            "FailedEntryCount": len(results),
            "Entries": results,
        }

    world.react("PutEvents", refuse_all, refuse_all, refuse_all)
    assert world.route(FIRING) == [FIRING]
    assert world.route(FIRING) == []
    assert len(world.effects()) == 2


@pytest.mark.parametrize("operation", ["PutEvents", "UpdateItem"])
def test_a_crash_does_not_block_the_next_delivery(world: World, operation: str) -> None:
    world.react(operation, crash)
    with pytest.raises(Crash):
        world.route(FIRING)
    assert world.route(FIRING) == []
    assert len(world.effects()) == 2


def test_a_wrong_policy_stops_the_function_before_it_takes_a_message(world: World, tmp_path: Path) -> None:
    (tmp_path / "policy.json").write_text('{"version": 2}')
    clear_caches()
    with pytest.raises(PolicyError, match="version: 2 is not 1"):
        world.route(FIRING)


def test_a_call_that_is_let_through_changes_nothing(world: World) -> None:
    world.react("PutEvents", let_through)
    assert world.route(FIRING) == []
    assert len(world.effects()) == 2


# Time


def test_records_for_which_no_time_remains_are_delivered_again(world: World) -> None:
    bodies = [FIRING, data_back(20), TWO_ALERTS, "not ours"]
    world.time += timedelta(hours=1)
    world.remaining = chain([60_000, 30_000, 10_000, 10_000], repeat(9_999))
    assert world.route(*bodies) == bodies[2:]
    assert [e["alert"]["status"] for e in world.effects("notify")] == ["firing", "resolved"]
    assert "SendMessage" not in {call.operation for call in world.calls}
    world.remaining = repeat(60_000)
    assert world.route(*bodies[2:]) == []
    assert len(world.effects("notify")) == 4
    assert len(world.dead_letters()) == 1


def test_a_large_notification_goes_on_where_time_ran_out(world: World) -> None:
    world.remaining = chain([60_000, 60_000], repeat(9_999))
    assert world.route(TWO_ALERTS) == [TWO_ALERTS]
    assert len(world.effects()) == 1
    world.remaining = repeat(60_000)
    assert world.route(TWO_ALERTS) == []
    ids = [effect["id"] for effect in world.effects()]
    assert len(ids) == len(set(ids)) == 2
