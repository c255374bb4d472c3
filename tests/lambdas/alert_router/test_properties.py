"""The alert router against whatever order and whatever bodies the world can produce."""

import json
import string
from collections import Counter
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.lambdas.world import World, alarm_message, recorded, refuse, sns_body
from tests.lambdas.world import world as make_world

QUICK = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
MANY = settings(QUICK, max_examples=150)
numbers = count()

Transition = tuple[int, str]  # minute, status

transitions = st.lists(
    st.tuples(st.integers(0, 59), st.sampled_from(["firing", "resolved"])),
    min_size=1,
    max_size=5,
    unique=True,
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Return one AWS for all examples; each example uses an alert of its own."""
    package = tmp_path_factory.mktemp("package")
    with pytest.MonkeyPatch.context() as patch, make_world(patch, package) as made:
        yield made


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[Transition], list[list[Transition]]]:
    """Return transitions, and messages that carry each at least once, in any order."""
    chosen = draw(transitions)
    duplicates = draw(st.lists(st.sampled_from(chosen), max_size=4))
    order = draw(st.permutations(chosen + duplicates))
    size = draw(st.integers(1, 3))
    return chosen, [list(order[i : i + size]) for i in range(0, len(order), size)]


def body_of(group: list[Transition], instance: str) -> str:
    """Return the message of Alertmanager that carries the transitions of one alert."""
    template = recorded("alertmanager_firing")["alerts"][0]
    alerts = []
    for minute, status in group:
        at = f"2026-03-01T09:{minute:02}:00Z"
        times = {"startsAt": at if status == "firing" else "2026-03-01T08:00:00Z", "endsAt": at}
        alerts.append({**template, "status": status, "labels": {**template["labels"], "i": instance}, **times})
    return sns_body({"alerts": alerts}, topic="critical")


def later(a: Transition, b: Transition) -> bool:
    """Tell whether a comes before b or is b; at one time firing comes before resolved."""
    return (a[0], a[1] == "resolved") <= (b[0], b[1] == "resolved")


def accepted(messages: list[list[Transition]]) -> set[Transition]:
    """Return the transitions that are not stale when they arrive."""
    newest: Transition | None = None
    kept = set()
    for transition in (t for group in messages for t in group):
        if newest is None or later(newest, transition):
            newest = transition
            kept.add(transition)
    return kept


def stored(world: World, instance: str) -> tuple[str, str]:
    """Return the time and status that are stored for the example's alert."""
    fingerprints = {
        detail["alert"]["fingerprint"] for detail in world.effects() if detail["alert"]["labels"].get("i") == instance
    }
    [fingerprint] = fingerprints
    key = {"fingerprint": {"S": fingerprint}}
    item = world.aws("dynamodb").get_item(TableName="vigil-alerts", Key=key)["Item"]
    return item["changed_at"]["S"][14:16], item["status"]["S"]


def emitted(world: World, instance: str) -> Counter[Transition]:
    """Return how often a notification was asked for, by transition of the example's alert."""
    alerts = [detail["alert"] for detail in world.effects("notify")]
    mine = [alert for alert in alerts if alert["labels"].get("i") == instance]
    return Counter((int(alert["changed_at"][14:16]), alert["status"]) for alert in mine)


@QUICK
@given(deliveries())
def test_any_order_with_duplicates_ends_in_one_state_and_each_effect_is_asked_for_once(
    shared: World, delivery: tuple[list[Transition], list[list[Transition]]]
) -> None:
    chosen, messages = delivery
    instance = str(next(numbers))
    shared.sent.clear()
    assert shared.route(*(body_of(group, instance) for group in messages)) == []
    last = max(chosen, key=lambda t: (t[0], t[1] == "resolved"))
    assert stored(shared, instance) == (f"{last[0]:02}", last[1])
    assert emitted(shared, instance) == Counter(accepted(messages))


@QUICK
@given(deliveries(), st.sampled_from(["PutEvents", "UpdateItem", "PutItem"]), st.integers(1, 3))
def test_failures_neither_lose_the_last_state_nor_double_an_effect(
    shared: World, delivery: tuple[list[Transition], list[list[Transition]]], operation: str, failures: int
) -> None:
    chosen, messages = delivery
    instance = str(next(numbers))
    shared.sent.clear()
    shared.reactions.clear()
    shared.react(operation, *[refuse()] * failures)
    waiting = [body_of(group, instance) for group in messages]
    for _ in range(2 * failures + 1):
        waiting = shared.route(*waiting) if waiting else []
    assert waiting == []
    last = max(chosen, key=lambda t: (t[0], t[1] == "resolved"))
    assert stored(shared, instance) == (f"{last[0]:02}", last[1])
    counts = emitted(shared, instance)
    assert counts[last] == 1
    # The record of work done may itself fail to be written: then, and only then, an effect may be doubled.
    assert operation == "UpdateItem" or max(counts.values()) == 1


# What SQS accepts in a body
characters = st.characters(min_codepoint=32, max_codepoint=0xFFFD, exclude_categories=["Cs"])
scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just("\ud800")
documents = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
bodies = (
    st.text(characters, min_size=1)
    | documents.map(json.dumps)
    | documents.map(sns_body)
    | st.text(string.printable).map(lambda text: sns_body(f"~{text}"))
)


@st.composite
def mutilated(draw: st.DrawFn) -> str:
    """Return a recorded message in which one value is replaced by anything."""
    if draw(st.booleans()):
        key = draw(st.sampled_from(sorted(recorded("cloudwatch_alarm"))))
        return sns_body(alarm_message(**{key: draw(documents)}))
    message: dict[str, Any] = recorded("alertmanager_firing")
    alert = message["alerts"][0]
    part = draw(st.sampled_from([alert, alert["labels"], alert["annotations"], message]))
    part[draw(st.sampled_from(sorted(part)))] = draw(documents)
    return sns_body(message)


@MANY
@given(bodies)
def test_any_other_body_is_set_aside_with_a_reason_and_holds_up_nothing(shared: World, body: str) -> None:
    good = sns_body({"alerts": [{**recorded("alertmanager_firing")["alerts"][0], "labels": fresh_labels()}]})
    shared.sent.clear()
    shared.calls.clear()
    shared.reactions.clear()
    assert shared.route(body, good) == []
    [letter] = [call.params for call in shared.calls if call.operation == "SendMessage"]
    assert letter["MessageBody"] == body
    reason = letter["MessageAttributes"]["reason"]["StringValue"]
    assert 0 < len(reason) <= 1024
    assert set(reason) <= set(string.printable) - set("\r\x0b\x0c")
    assert len(shared.effects()) == 1


@MANY
@given(mutilated())
def test_a_message_with_anything_in_one_place_is_handled_or_set_aside(shared: World, body: str) -> None:
    good = sns_body({"alerts": [{**recorded("alertmanager_firing")["alerts"][0], "labels": fresh_labels()}]})
    shared.sent.clear()
    shared.reactions.clear()
    assert shared.route(body, good) == []
    assert shared.effects()


def fresh_labels() -> dict[str, str]:
    """Return labels of an alert that no other example has."""
    return {
        "alertname": "HighErrorRate",
        "severity": "critical",
        "service": "checkout",
        "i": str(next(numbers)),
    }
