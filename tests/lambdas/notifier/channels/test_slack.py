"""What a Slack message looks like, and that nothing in an alert can break it."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import PoolManager

from lambdas.common.alert import Alert, Severity, Source, Status
from lambdas.notifier.channels import Channel, channel, names, slack
from lambdas.notifier.errors import PermanentError, RetryableError
from tests.lambdas.slack_server import Slack

ALERT = Alert(
    name="HighErrorRate",
    status=Status.FIRING,
    severity=Severity.CRITICAL,
    service="checkout",
    team="payments",
    environment="prod",
    source=Source.PROMETHEUS,
    changed_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
    started_at=datetime(2026, 3, 1, 10, tzinfo=UTC),
    labels={},
    summary="checkout answers with errors",
    description="5% of requests fail",
    runbook_url="https://runbooks.example.com/HighErrorRate",
    dashboard_url="https://grafana.example.com/d/x?a=1&b=2|3",
)


def texts(message: dict[str, Any]) -> list[str]:
    """Return all the text that Slack will format."""
    [attachment] = message["attachments"]
    parts = [part for block in attachment["blocks"] for part in block.get("fields", [block.get("text")])]
    return [message["text"], *(part["text"] for part in parts)]


def test_slack_is_a_channel() -> None:
    typed: Channel = slack  # mypy checks that the module fits
    assert channel("slack") is typed
    assert names() == ["slack"]


def test_a_message_says_what_who_where_since_when_and_links() -> None:
    message = slack.message(ALERT, "#alerts-critical")
    shown = "\n".join(texts(message))
    for part in ("HighErrorRate", "checkout answers with errors", "critical", "prod", "payments", "5% of"):
        assert part in shown
    assert "<!date^1772359200^{date_short_pretty} {time_secs}|2026-03-01 10:00:00 UTC>" in shown
    assert "<https://runbooks.example.com/HighErrorRate|Runbook>" in shown
    assert "<https://grafana.example.com/d/x?a=1&amp;b=2%7C3|Dashboard>" in shown


def test_colour_tells_severity_and_resolution() -> None:
    colours = [slack.message(replace(ALERT, severity=s), "#a")["attachments"][0]["color"] for s in Severity]
    assert len(set(colours)) == len(Severity)
    resolved = slack.message(replace(ALERT, status=Status.RESOLVED), "#a")
    assert resolved["attachments"][0]["color"] not in colours
    assert "Resolved" in resolved["text"]
    assert "Resolved at" in "\n".join(texts(resolved))
    assert "Resolved" not in "\n".join(texts(slack.message(ALERT, "#a")))


def test_text_of_an_alert_cannot_mention_or_link() -> None:
    evil = "<!channel> <https://evil.example|click> & @here"
    alert = replace(ALERT, name=evil, summary=evil, description=evil, service=evil, team=evil, environment=evil)
    for text in texts(slack.message(alert, "#a")):
        assert "<!channel>" not in text
        assert "<https://evil" not in text
    blocks = slack.message(alert, "#a")["attachments"][0]["blocks"]
    assert all(part["verbatim"] for b in blocks for part in b.get("fields", [b.get("text")]))


def test_an_alert_without_links_or_description_has_no_empty_block() -> None:
    bare = replace(ALERT, description="", runbook_url="", dashboard_url="", summary="", started_at=None)
    assert all(texts(slack.message(bare, "#a")))


# A busy Slack

LIMITED = (429, "slow down")


@pytest.fixture
def slack_answers(slack: Slack) -> Slack:
    """Return the Slack on loopback, by another name than that of the channel."""
    return slack


@dataclass
class Time:
    """A clock that only sleeping moves."""

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        """Sleep no time at all."""
        self.slept.append(seconds)
        self.now += seconds


def post(time: Time) -> None:
    """Send the alert to the Slack on loopback."""
    with PoolManager(retries=False) as http:
        slack.send(ALERT, "#a", http=http, secret="xoxb", sleep=time.sleep, clock=lambda: time.now)


@pytest.mark.parametrize(("seconds", "busy"), [("1", 1), ("3", 2), ("10", 2), ("20", 1), ("0", 2)])
def test_a_message_waits_as_long_as_slack_asks(slack_answers: Slack, seconds: str, busy: int) -> None:
    slack_answers.answers += [LIMITED] * busy
    slack_answers.retry_after = seconds
    time = Time()
    post(time)
    assert time.slept == [int(seconds)] * busy
    assert len(slack_answers.posts) == busy + 1


@pytest.mark.parametrize(
    ("seconds", "waits"),
    [
        ("1", 2),
        ("10", 2),
        ("11", 1),
        ("20", 1),
        ("21", 0),
        ("9" * 5000, 0),
        ("-1", 0),
        ("soon", 0),
        ("²", 0),
        (None, 0),
    ],
)
def test_a_slack_that_stays_busy_is_left_to_lambdas_retries(
    slack_answers: Slack, seconds: str | None, waits: int
) -> None:
    slack_answers.answers += [LIMITED] * 3
    slack_answers.retry_after = seconds
    time = Time()
    with pytest.raises(RetryableError, match="429"):
        post(time)
    assert len(time.slept) == waits
    assert sum(time.slept) <= 20
    assert len(slack_answers.posts) == waits + 1


def test_slow_answers_count_as_waiting(slack_answers: Slack) -> None:
    slack_answers.answers += [LIMITED] * 3
    slack_answers.retry_after = "10"
    time = Time()
    moments = iter([100.0, 109.0, 119.5])
    with PoolManager(retries=False) as http, pytest.raises(RetryableError):
        slack.send(ALERT, "#a", http=http, secret="xoxb", sleep=time.sleep, clock=lambda: next(moments))
    assert time.slept == [10]


def test_a_refusal_after_waiting_is_a_refusal(slack_answers: Slack) -> None:
    slack_answers.answers += [LIMITED, (200, {"ok": False, "error": "channel_not_found"})]
    slack_answers.retry_after = "1"
    with pytest.raises(PermanentError, match="channel_not_found"):
        post(Time())


wild = st.text(max_size=6000) | st.text("&<>x", max_size=6000)


@given(wild, wild, wild)
def test_any_message_is_within_slacks_limits(name: str, summary: str, description: str) -> None:
    alert = replace(ALERT, name=name or "x", summary=summary, description=description, service=name or "x")
    message = slack.message(alert, "#a")
    [attachment] = message["attachments"]
    assert len(message["text"]) <= 4000
    for block in attachment["blocks"]:
        assert len(block.get("text", {"text": ""})["text"]) <= 3000
        assert len(block.get("fields", [])) <= 10
        assert all(0 < len(part["text"]) <= 2000 for part in block.get("fields", []))
    json.dumps(message)


@given(wild, st.integers(1, 100))
def test_escaping_cuts_between_characters_and_leaves_no_control_character(text: str, limit: int) -> None:
    escaped = slack.escape(text, limit)
    assert len(escaped) <= limit
    for entity in ("&amp;", "&lt;", "&gt;"):
        escaped = escaped.replace(entity, "")
    assert not set(escaped) & set("&<>")


@pytest.mark.parametrize(("text", "expected"), [("a&b<c>", "a&amp;b&lt;c&gt;"), ("", "")])
def test_short_text_is_only_escaped(text: str, expected: str) -> None:
    assert slack.escape(text, 100) == expected
