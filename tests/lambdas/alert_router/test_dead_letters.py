"""The reason of a dead letter is text that SQS takes."""

from lambdas.alert_router.dead_letters import printable


def test_a_reason_is_printable_ascii() -> None:
    assert printable("a\x00b\n\u00e9\ud800") == "a b \\xe9\\ud800"
