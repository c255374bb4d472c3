"""The alert router in a whole AWS: what arrives at SQS becomes events, whatever fails on the way."""

import json
from datetime import timedelta
from itertools import chain, repeat
from pathlib import Path

import pytest

from lambdas.common.policy import PolicyError
from tests.lambdas.cloud import ALARM
from tests.lambdas.world import (
    Crash,
    Params,
    World,
    alarm_message,
    clear_caches,
    crash,
    let_through,
    recorded,
    refuse,
    sns_body,
)

FIRING = sns_body(recorded("cloudwatch_alarm"))
RESOLVED = sns_body(recorded("cloudwatch_ok"))
TWO_ALERTS = sns_body(recorded("alertmanager_firing"), topic="critical")


def data_back(minute: int) -> str:
    """Return the message of an alarm that lacked data and is OK since that minute."""
    at = f"2026-03-01T10:{minute}:00.000+0000"
    return sns_body({**recorded("cloudwatch_ok"), "OldStateValue": "INSUFFICIENT_DATA", "StateChangeTime": at})


DATA_BACK = data_back(20)


def test_an_alarm_is_recorded_and_asks_for_a_notification_and_a_remediation(world: World) -> None:
    assert world.route(FIRING) == []
    [stored] = world.alerts()
    assert (stored["status"], stored["severity"], stored["service"]) == ("firing", "high", "ml-service")
    assert stored["changed_at"] == "2026-03-01T10:00:00.123000+00:00"
    assert int(stored["expires_at"]) == int((world.time + timedelta(days=30)).timestamp())
    [notify] = world.effects("notify")
    assert notify["effect"] == {"kind": "notify", "channel": "slack", "destination": "#alerts-high"}
    [remediate] = world.effects("remediate")
    assert remediate["effect"]["action"] == "scale_out_service"
    assert remediate["alert"]["labels"]["alarm_name"] == ALARM
    assert {entry["Source"] for entry in world.sent} == {"vigil.alert_router"}


def test_a_duplicate_asks_for_nothing_again(world: World) -> None:
    world.route(FIRING, FIRING)
    world.route(FIRING)
    assert len(world.effects()) == 2


def test_a_resolved_alarm_keeps_its_identity_and_is_not_remedied(world: World) -> None:
    world.route(FIRING)
    world.time += timedelta(minutes=20)
    world.route(RESOLVED)
    [stored] = world.alerts()
    assert stored["status"] == "resolved"
    assert stored["first_seen"] == "2026-03-01T10:01:00.000000+00:00"
    assert [e["alert"]["status"] for e in world.effects("notify")] == ["firing", "resolved"]
    assert len(world.effects("remediate")) == 1


def test_a_new_alarm_that_gets_its_first_data_tells_nobody_of_a_recovery(world: World) -> None:
    world.time += timedelta(minutes=20)
    world.route(DATA_BACK)
    assert [stored["status"] for stored in world.alerts()] == ["resolved"]
    assert world.effects() == []


def test_an_alarm_that_fired_and_lost_its_data_recovers_when_it_is_back(world: World) -> None:
    world.route(FIRING)
    world.time += timedelta(minutes=20)
    world.route(DATA_BACK)
    assert [e["alert"]["status"] for e in world.effects("notify")] == ["firing", "resolved"]


def test_an_alarm_of_a_metric_with_gaps_recovers_once_and_not_after_every_gap(world: World) -> None:
    world.time += timedelta(hours=1)
    world.route(FIRING, *(data_back(minute) for minute in range(20, 60, 10)))
    assert [e["alert"]["status"] for e in world.effects("notify")] == ["firing", "resolved"]


def test_retries_of_a_recovery_decide_as_its_first_attempt_did(world: World) -> None:
    world.time += timedelta(hours=1)
    world.route(FIRING)
    world.react("PutEvents", refuse(), refuse())
    assert world.route(DATA_BACK) == [DATA_BACK]
    assert world.route(DATA_BACK) == [DATA_BACK]
    assert world.route(DATA_BACK) == []
    assert [e["alert"]["status"] for e in world.effects("notify")] == ["firing", "resolved"]


def test_a_retry_after_a_gap_without_alarm_still_tells_nobody(world: World) -> None:
    world.time += timedelta(hours=1)
    world.route(FIRING, RESOLVED)
    world.sent.clear()
    world.react("UpdateItem", let_through, refuse())  # the state is stored, "done" is not
    assert world.route(data_back(30)) == [data_back(30)]
    assert world.route(data_back(30)) == []
    assert world.effects() == []


def test_a_change_that_arrives_after_a_later_one_is_dropped(world: World) -> None:
    world.time += timedelta(minutes=20)
    assert world.route(RESOLVED, FIRING) == []
    assert [alert["status"] for alert in world.alerts()] == ["resolved"]
    assert [effect["alert"]["status"] for effect in world.effects()] == ["resolved"]


def test_missing_data_is_no_alert(world: World) -> None:
    assert world.route(sns_body(recorded("cloudwatch_insufficient_data"))) == []
    assert (world.alerts(), world.effects(), world.dead_letters()) == ([], [], [])


def test_all_alerts_of_a_notification_are_handled(world: World) -> None:
    assert world.route(TWO_ALERTS) == []
    assert len(world.alerts()) == 2
    assert [e["effect"]["destination"] for e in world.effects()] == ["#alerts-critical"] * 2


def test_an_alert_without_routes_is_recorded_in_silence(world: World) -> None:
    message = recorded("alertmanager_resolved")
    message["alerts"][0]["labels"]["severity"] = "low"
    world.time += timedelta(minutes=20)
    assert world.route(sns_body(message)) == []
    assert len(world.alerts()) == 1
    assert world.effects() == []


def test_text_that_cannot_be_encoded_costs_a_character_and_not_the_alert(world: World) -> None:
    assert world.route(sns_body(alarm_message(NewStateReason="half a pair: \ud83d"))) == []
    assert world.effects("notify")[0]["alert"]["description"] == "half a pair: ?"


# Failures


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


# Messages that no retry can mend

NOT_OURS = {
    "not JSON": "  hello\n",
    "a list": "[]",
    "nested too deep": "[" * 100_000,
    "no envelope": json.dumps({"AlarmName": "x"}),
    "a subscription": json.dumps({**json.loads(FIRING), "Type": "SubscriptionConfirmation"}),
    "no message": json.dumps({"Type": "Notification", "TopicArn": "arn"}),
    "no topic": json.dumps({"Type": "Notification", "Message": "{}"}),
    "text in the message": sns_body("Successfully validated SNS topic"),
    "unknown shape": sns_body({"hello": 1}),
    "a number for a name": sns_body(alarm_message(AlarmName=7)),
    "an absurd name": sns_body(alarm_message(AlarmName="x" * 5000)),
    "an unknown state": sns_body(alarm_message(NewStateValue="PANIC")),
    "no time": sns_body(alarm_message(StateChangeTime=None)),
    "a time without offset": sns_body(alarm_message(StateChangeTime="2026-03-01T10:00:00")),
    "Go's zero time": sns_body(alarm_message(StateChangeTime="0001-01-01T00:00:00Z")),
    "a time before time": sns_body(alarm_message(StateChangeTime="0001-01-01T00:00:00+23:59")),
    "a time to come": sns_body(alarm_message(StateChangeTime="2026-03-02T10:00:00.000+0000")),
    "no alerts": sns_body({"alerts": []}),
    "alerts that are none": sns_body({"alerts": [1, None, {}] * 100}),
    "an alert too large": sns_body(
        {
            "alerts": [
                {
                    **recorded("alertmanager_firing")["alerts"][0],
                    "labels": {"alertname": "x", **{f"l{n}": "y" * 1000 for n in range(70)}},
                }
            ]
        }
    ),
}


@pytest.mark.parametrize("body", NOT_OURS.values(), ids=NOT_OURS)
def test_an_unreadable_message_is_set_aside_and_the_rest_of_the_batch_goes_through(world: World, body: str) -> None:
    assert world.route(body, FIRING) == []
    [letter] = world.dead_letters()
    assert letter["Body"] == body
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert set(attributes) == {"reason", "source_message_id"}
    assert 0 < len(attributes["reason"]) <= 1024
    assert attributes["reason"].isascii()
    assert len(world.effects()) == 2


def test_an_unreadable_message_that_cannot_be_set_aside_is_delivered_again(world: World) -> None:
    world.react("SendMessage", refuse())
    assert world.route("hello") == ["hello"]
    assert world.route("hello") == []
    assert len(world.dead_letters()) == 1


def test_one_bad_alert_of_a_notification_is_set_aside_and_the_good_ones_go_through(world: World) -> None:
    message = recorded("alertmanager_firing")
    del message["alerts"][0]["startsAt"]
    assert world.route(sns_body(message)) == []
    assert len(world.effects()) == 1
    [letter] = world.dead_letters()
    assert letter["MessageAttributes"]["reason"]["StringValue"] == "alerts[0]: startsAt: None is not a time"


CUT_ATTRIBUTE = {"truncated": {"Type": "String", "Value": "true"}}  # as Alertmanager marks what it has cut


def test_the_whole_alerts_of_a_cut_notification_go_through_and_it_is_set_aside(world: World) -> None:
    text = json.dumps(recorded("alertmanager_firing"))
    body = sns_body(text[: text.rindex("summary")], "critical", MessageAttributes=CUT_ATTRIBUTE)
    assert world.route(body) == []
    assert len(world.effects()) == 2
    [letter] = world.dead_letters()
    assert letter["Body"] == body
    assert letter["MessageAttributes"]["reason"]["StringValue"] == "cut after 2 alerts"


def test_a_message_is_set_aside_once_although_its_good_alerts_need_a_retry(world: World) -> None:
    message = recorded("alertmanager_firing")
    del message["alerts"][0]["startsAt"]
    body = sns_body(message)
    world.react("PutEvents", refuse())
    assert world.route(body) == [body]
    assert world.route(body) == []
    assert len(world.dead_letters()) == 1
    assert len(world.effects()) == 1


def test_a_call_that_is_let_through_changes_nothing(world: World) -> None:
    world.react("PutEvents", let_through)
    assert world.route(FIRING) == []
    assert len(world.effects()) == 2
