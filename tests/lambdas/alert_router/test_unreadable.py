"""Messages that no retry can mend: the alert router sets them aside, and what is good in them and beside them goes through."""

import json

import pytest

from tests.lambdas.alert_router.messages import FIRING
from tests.lambdas.world import World, alarm_message, recorded, refuse, sns_body

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
