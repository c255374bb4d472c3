"""The alert router in a whole AWS: what arrives at SQS becomes events, once for every change of an alert."""

from datetime import timedelta

from tests.lambdas.alert_router.messages import DATA_BACK, FIRING, RESOLVED, TWO_ALERTS, data_back
from tests.lambdas.cloud import ALARM
from tests.lambdas.world import World, alarm_message, let_through, recorded, refuse, sns_body


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
