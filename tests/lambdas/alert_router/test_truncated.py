"""Of a notification that Alertmanager cut, every alert before the cut is read."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lambdas.alert_router.normalise import Message, normalise
from lambdas.alert_router.truncated import complete_alerts
from lambdas.common.checks import Invalid
from lambdas.common.policy import Policy
from tests.lambdas.world import NOW, policy_document, recorded, sns_body

POLICY = Policy.read(policy_document())
TEMPLATE = recorded("alertmanager_firing")

texts = st.text(max_size=8) | st.text('\\"{}[],: \té€😀', max_size=8)
formats: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"indent": st.sampled_from([None, 1]), "ensure_ascii": st.booleans()}
)


def notification(prose: list[str], **formatting: Any) -> str:
    """Return a notification with an alert for each text."""
    [item, *_] = TEMPLATE["alerts"]
    alerts = [
        {**item, "labels": {**item["labels"], "i": str(number)}, "annotations": {"summary": text}}
        for number, text in enumerate(prose)
    ]
    return json.dumps({**TEMPLATE, "receiver": 'sns \\ "x"', "alerts": alerts}, **formatting)


def read(text: str) -> Message:
    """Return what the router reads, as it does: what is Invalid is a problem."""
    try:
        return normalise(sns_body(text), POLICY, NOW)
    except Invalid as error:
        return Message(problems=(str(error),))


def numbers(message: Message) -> list[str]:
    """Return which alerts were read."""
    return [alert.labels["i"] for alert in message.alerts]


def whole(text: str) -> int:
    """Return how many alerts are complete in the text, found by their last key."""
    tail = '"fingerprint": "9a3c1f0be27d4a55"'
    return sum(rest.lstrip().startswith("}") for rest in text.split(tail)[1:])


@settings(max_examples=300, deadline=None)
@given(st.lists(texts, min_size=1, max_size=4), formats, st.data())
def test_every_alert_before_the_cut_is_read(prose: list[str], formatting: dict[str, Any], data: st.DataObject) -> None:
    encoded = notification(prose, **formatting).encode("utf-8", "replace")
    cut = encoded[: data.draw(st.integers(0, len(encoded) - 1))].decode("utf-8", "replace")
    found = read(cut)
    assert numbers(found) == [str(number) for number in range(whole(cut))]
    assert found.problems
    assert complete_alerts(cut) is None or found.problems == (f"cut after {whole(cut)} alerts",)


def test_at_every_byte() -> None:
    text = notification(["a", "}, {", "é"])
    counts = [len(read(text[:end]).alerts) for end in range(len(text))]
    assert counts == sorted(counts)
    assert set(counts) == {0, 1, 2, 3}
    assert read(text).problems == ()


def test_a_bad_alert_of_a_cut_notification_is_named_too() -> None:
    found = read(notification(["a", "b"]).replace("2026-03-01T10:00:04.123456789Z", "soon", 1)[:-1])
    assert numbers(found) == ["1"]
    assert found.problems == ("cut after 2 alerts", "alerts[0]: startsAt: 'soon' is not a time")


@pytest.mark.parametrize("text", ["hello", "", '{"AlarmName": "x"', '{"receiver": "x", "alerts": {', '["alerts", ['])
def test_what_does_not_begin_like_a_notification_is_none(text: str) -> None:
    assert complete_alerts(text) is None
    assert "not JSON" in read(text).problems[0]


def test_a_nesting_too_deep_ends_the_alerts() -> None:
    assert complete_alerts('{"alerts": [{}, ' + '{"a": [' * 100_000) == [{}]
