"""A Prometheus alert that Alertmanager ended while Prometheus was away is heard again when it goes on."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambdas.world import World, recorded, refuse, sns_body
from tests.lambdas.world import world as make_world

FIRING, RESOLVED = "firing", "resolved"
START, END, TRUE_END = "10:00:00", "10:20:00", "11:30:00"
GOES_ON = "2026-03-01T10:20:00.000001+00:00"  # the instant after END
numbers = count()


def message(status: str, sent: str, *, end: str = END, start: str = START, i: str = "0") -> str:
    """Return Alertmanager's notification of one alert, sent at a time of the day."""
    item = recorded("alertmanager_firing")["alerts"][0]
    times = {"startsAt": day(start), "endsAt": day(end)}
    changed = {**item, "status": status, "labels": {**item["labels"], "i": i}, **times}
    return sns_body({"alerts": [changed]}, "critical", Timestamp=day(sent))


def day(time: str) -> str:
    """Return the time on the day of the tests."""
    return f"2026-03-01T{time}Z"


def told(world: World, i: str = "0") -> list[str]:
    """Return the statuses that people were told of, in order."""
    alerts = [effect["alert"] for effect in world.effects("notify")]
    return [alert["status"] for alert in alerts if alert["labels"]["i"] == i]


def stored(world: World) -> tuple[str, str]:
    """Return the status and the time of the one alert."""
    [item] = world.alerts()
    return item["status"], item["changed_at"]


@pytest.fixture
def world(world: World) -> World:
    """Return an AWS at noon."""
    world.time = world.time.replace(hour=12)
    return world


BEGUN, ENDED, BACK = message(FIRING, "10:00:30"), message(RESOLVED, "10:20:30"), message(FIRING, "10:40:00")


def test_an_alert_that_goes_on_after_its_end_is_heard_again(world: World) -> None:
    assert world.route(BEGUN, ENDED, BACK) == []
    assert told(world) == [FIRING, RESOLVED, FIRING]
    assert stored(world) == (FIRING, GOES_ON)


def test_its_repeats_and_duplicates_are_not(world: World) -> None:
    world.route(BEGUN, ENDED, BACK, BACK, message(FIRING, "11:40:00"))
    world.route(BEGUN, ENDED, BACK, message(FIRING, "11:50:00"))
    assert told(world) == [FIRING, RESOLVED, FIRING]


def test_its_true_end_is_heard_and_it_may_go_on_again(world: World) -> None:
    world.route(BEGUN, ENDED, BACK, message(RESOLVED, "11:30:30", end=TRUE_END))
    assert stored(world) == (RESOLVED, "2026-03-01T11:30:00.000000+00:00")
    world.route(message(FIRING, "11:50:00"))
    assert told(world) == [FIRING, RESOLVED, FIRING, RESOLVED, FIRING]


def test_a_true_end_is_heard_although_the_message_before_it_was_long_under_way(world: World) -> None:
    world.route(BEGUN, ENDED, message(FIRING, "11:31:00"), message(RESOLVED, "11:32:00", end=TRUE_END))
    assert stored(world) == (RESOLVED, "2026-03-01T11:30:00.000000+00:00")
    assert told(world) == [FIRING, RESOLVED, FIRING, RESOLVED]


def test_an_alert_sent_before_its_end_and_delivered_after_it_stays_ended(world: World) -> None:
    world.route(message(FIRING, "10:15:00"), ENDED, BEGUN)
    world.route(ENDED, message(FIRING, "10:16:00"))
    assert told(world)[-1] == RESOLVED
    assert stored(world)[0] == RESOLVED


def test_an_alert_that_ends_at_the_time_it_began_is_heard_again(world: World) -> None:
    world.route(message(RESOLVED, "10:20:30", end=START), BACK)
    assert told(world) == [RESOLVED, FIRING]


def test_a_new_alert_needs_no_help(world: World) -> None:
    world.route(BEGUN, ENDED, message(FIRING, "10:45:00", start="10:44:00"))
    assert stored(world) == (FIRING, "2026-03-01T10:44:00.000000+00:00")
    assert told(world) == [FIRING, RESOLVED, FIRING]


@pytest.mark.parametrize("lost", [1, 2], ids=["of the end", "of the message after it"])
@pytest.mark.parametrize("timestamp", [None, "soon"])
def test_without_a_time_of_sending_the_times_of_the_alert_decide(
    world: World, lost: int, timestamp: str | None
) -> None:
    bodies = [json.loads(body) for body in (BEGUN, ENDED, BACK)]
    bodies[lost]["Timestamp"] = timestamp
    assert world.route(*map(json.dumps, bodies)) == []
    assert told(world) == [FIRING, RESOLVED]


@pytest.mark.parametrize("operation", ["PutEvents", "UpdateItem", "GetItem"])
def test_a_failure_does_not_hide_that_it_goes_on(world: World, operation: str) -> None:
    world.route(BEGUN, ENDED)
    world.react(operation, refuse(), refuse())
    assert world.route(BACK) == [BACK]
    assert world.route(BACK) == [BACK]
    assert world.route(BACK) == []
    assert told(world) == [FIRING, RESOLVED, FIRING]


def test_a_repeat_tells_what_the_first_message_failed_to(world: World) -> None:
    world.route(BEGUN, ENDED)
    world.react("PutEvents", refuse())
    world.route(BACK)
    world.route(message(FIRING, "11:40:00"))
    world.route(BACK)
    assert told(world) == [FIRING, RESOLVED, FIRING]


def test_the_time_of_sending_stays_inside(world: World) -> None:
    world.route(BEGUN)
    assert "sent_at" not in world.effects("notify")[0]["alert"]


def test_an_end_that_is_sent_again_after_the_alert_went_on_is_heard_again(world: World) -> None:
    again = message(RESOLVED, "10:50:00")
    world.route(BEGUN, ENDED, BACK, ENDED)
    assert told(world) == [FIRING, RESOLVED, FIRING]
    world.react("PutEvents", refuse())
    assert world.route(again) == [again]
    assert world.route(again, again, ENDED, BACK) == []
    assert told(world) == [FIRING, RESOLVED, FIRING, RESOLVED]


def test_a_message_older_than_the_last_repeat_is_old_news(world: World) -> None:
    world.route(message(FIRING, "10:40:00"), ENDED, message(RESOLVED, "10:50:00"), message(FIRING, "10:45:00"))
    assert told(world) == [FIRING, RESOLVED]


def test_the_end_of_an_earlier_run_does_not_end_the_next(world: World) -> None:
    world.route(BEGUN, ENDED, message(FIRING, "10:45:00", start="10:44:00"), message(RESOLVED, "10:45:02"))
    assert stored(world)[0] == FIRING
    assert told(world) == [FIRING, RESOLVED, FIRING]


# Every order

Sent = tuple[str, str]  # status, when

words = st.lists(
    st.tuples(st.sampled_from([FIRING, RESOLVED]), st.integers(21, 59).map("10:{}:00".format)),
    min_size=1,
    max_size=6,
    unique_by=lambda word: word[1],
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return one AWS for all examples; each example uses an alert of its own."""
    with pytest.MonkeyPatch.context() as patch, make_world(patch, tmp_path_factory.mktemp("package")) as made:
        made.time = made.time.replace(hour=12)
        yield made


EVERY = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


@EVERY
@given(words, st.data(), st.integers(0, 2))
def test_in_any_order_with_duplicates_and_failures_what_was_sent_last_has_the_last_word(
    shared: World, sent: list[Sent], data: st.DataObject, failures: int
) -> None:
    i = str(next(numbers))
    order = data.draw(st.permutations([*sent, *data.draw(st.lists(st.sampled_from(sent), max_size=4))]))
    shared.sent.clear()
    shared.reactions.clear()
    deliver(shared, order, i, failures=failures)
    last = data.draw(st.sampled_from([FIRING, RESOLVED]))
    deliver(shared, [(last, "11:00:00"), *order], i, failures=0)
    assert told(shared, i)[-1] == last
    assert set(changes(shared, i).values()) == {1}


@EVERY
@given(st.data())
def test_a_false_end_is_told_once_and_what_goes_on_is_told_once(shared: World, data: st.DataObject) -> None:
    i = str(next(numbers))
    sent = [
        (FIRING, "10:00:30"),
        (FIRING, "10:10:30"),
        (RESOLVED, "10:20:30"),
        (FIRING, "10:40:00"),
        (FIRING, "10:50:00"),
    ]
    order = data.draw(st.permutations([*sent, *data.draw(st.lists(st.sampled_from(sent), max_size=5))]))
    shared.sent.clear()
    shared.reactions.clear()
    deliver(shared, [*order, (FIRING, "11:00:00")], i, failures=0)  # Alertmanager repeats what still fires
    assert told(shared, i)[-1] == FIRING
    made = changes(shared, i)
    assert set(made.values()) == {1}
    assert made[FIRING, GOES_ON] == made[RESOLVED, "2026-03-01T10:20:00.000000+00:00"]
    shared.route(message(RESOLVED, "11:30:30", end=TRUE_END, i=i))
    assert told(shared, i)[-1] == RESOLVED
    assert sum(made.values()) + 1 == len(told(shared, i))


def changes(world: World, i: str) -> Counter[tuple[str, str]]:
    """Return how often people were told of each change, by status and time."""
    alerts = [effect["alert"] for effect in world.effects("notify")]
    return Counter((alert["status"], alert["changed_at"]) for alert in alerts if alert["labels"]["i"] == i)


def deliver(world: World, order: list[Sent], i: str, *, failures: int) -> None:
    """Deliver the messages one by one, each until it is taken."""
    world.react("PutEvents", *[refuse()] * failures)
    for status, sent in order:
        waiting = [message(status, sent, i=i)]
        for _ in range(failures + 1):
            waiting = world.route(*waiting) if waiting else []
        assert waiting == []
