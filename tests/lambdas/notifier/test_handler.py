"""The notifier with an HTTP server as Slack: an event becomes one message, and no failure is swallowed."""

import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from lambdas.common.checks import Invalid
from lambdas.notifier import handler
from lambdas.notifier.errors import PermanentError, RetryableError
from tests.lambdas.slack_server import Slack
from tests.lambdas.world import World, recorded, sns_body


@pytest.fixture
def event(world: World) -> dict[str, Any]:
    """Return the event that the router sends for the recorded alarm."""
    world.route(sns_body(recorded("cloudwatch_alarm")))
    return world.event("notify")


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Return all that the functions log, every attribute and traceback included."""
    lines: list[str] = []
    watcher = logging.Handler(level=logging.DEBUG)
    formatter = logging.Formatter()
    watcher.emit = lambda record: lines.append(f"{formatter.format(record)} {vars(record)}")  # type: ignore[method-assign]
    root = logging.getLogger()
    loggers = [root, logging.getLogger("vigil")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(watcher)
        logger.setLevel(logging.DEBUG)
    yield lines
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(watcher)
        logger.setLevel(level)


def test_an_event_becomes_one_message_in_its_channel(world: World, slack: Slack, event: dict[str, Any]) -> None:
    world.invoke("notifier", event)
    world.invoke("notifier", event)
    [post] = slack.posts
    assert (post["path"], post["channel"]) == ("/api/chat.postMessage", "#alerts-high")
    assert slack.tokens == ["Bearer xoxb-secret"]


BUSY: dict[str, tuple[int, Any]] = {
    "ratelimited": (200, {"ok": False, "error": "ratelimited"}),
    "429": (429, "slow down"),
    "503": (503, "busy"),
    "a proxy's page": (200, "<html>"),
}


@pytest.mark.parametrize("answer", BUSY.values(), ids=BUSY)
def test_a_busy_slack_is_tried_again(
    world: World, slack: Slack, event: dict[str, Any], answer: tuple[int, Any]
) -> None:
    slack.answers.append(answer)
    with pytest.raises(RetryableError):
        world.invoke("notifier", event)
    world.invoke("notifier", event)
    assert len(slack.posts) == 2


REFUSED: dict[str, tuple[int, Any]] = {
    "channel_not_found": (200, {"ok": False, "error": "channel_not_found"}),
    "invalid_auth": (200, {"ok": False, "error": "invalid_auth"}),
    "no reason": (200, {"ok": False}),
    "a list": (200, []),
    "not found": (404, "no"),
    "moved": (302, ""),
}


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED)
def test_a_refusal_is_logged_and_raised_every_time(
    world: World, slack: Slack, event: dict[str, Any], log: list[str], answer: tuple[int, Any]
) -> None:
    slack.answers += [answer, answer]
    for _ in range(2):
        with pytest.raises(PermanentError, match="#alerts-high"):
            world.invoke("notifier", event)
    assert len(slack.posts) == 2
    assert any("Notification cannot be delivered" in line for line in log)


def test_a_slack_that_cannot_be_reached_is_tried_again(world: World, event: dict[str, Any]) -> None:
    world.patch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api")
    with pytest.raises(RetryableError, match="cannot be reached"):
        world.invoke("notifier", event)


def test_the_token_is_read_once_and_again_after_a_refusal(world: World, slack: Slack, event: dict[str, Any]) -> None:
    slack.answers.append((200, {"ok": False, "error": "token_revoked"}))
    with pytest.raises(PermanentError):
        world.invoke("notifier", event)
    world.aws("secretsmanager").put_secret_value(SecretId="vigil-slack", SecretString="xoxb-rotated\n")
    world.invoke("notifier", event)
    event["detail"]["id"] += "another"
    world.invoke("notifier", event)
    assert slack.tokens == ["Bearer xoxb-secret", "Bearer xoxb-rotated", "Bearer xoxb-rotated"]
    assert [call.operation for call in world.calls].count("GetSecretValue") == 2


def test_the_token_is_never_logged(world: World, slack: Slack, event: dict[str, Any], log: list[str]) -> None:
    for answer in [BUSY["429"], REFUSED["invalid_auth"], BUSY["a proxy's page"]]:
        slack.answers.append(answer)
        with pytest.raises((RetryableError, PermanentError)) as failure:
            world.invoke("notifier", event)
        assert "xoxb" not in repr(failure.value)
    world.invoke("notifier", event)
    vigils = [line for line in log if "'name': 'vigil" in line]
    assert vigils
    assert not [line for line in vigils if "xoxb" in line]


def test_an_unknown_channel_is_a_clear_error(world: World, slack: Slack, event: dict[str, Any]) -> None:
    for channel in ("pigeon", "../errors", "slack.os", "__init__"):
        event["detail"]["effect"]["channel"] = channel
        with pytest.raises(PermanentError):
            world.invoke("notifier", event)
    assert slack.posts == []


def test_a_channel_without_a_secret_is_a_clear_error(world: World, event: dict[str, Any]) -> None:
    os.environ.pop("PIGEON_SECRET_ID", None)
    with pytest.raises(PermanentError, match="PIGEON_SECRET_ID"):
        handler.secret("pigeon")


def test_the_event_of_another_function_is_raised(world: World, slack: Slack, event: dict[str, Any]) -> None:
    event["detail"]["effect"]["kind"] = "remediate"
    with pytest.raises(Invalid, match="'remediate' is not notify"):
        world.invoke("notifier", event)
    assert slack.posts == []


@pytest.mark.parametrize("detail", [None, {}, {"id": "x", "effect": {"kind": "remediate"}}, {"effect": []}])
def test_an_event_that_is_none_of_ours_is_raised(world: World, detail: object) -> None:
    with pytest.raises(Invalid):
        world.invoke("notifier", {**recorded("eventbridge"), "detail": detail})
