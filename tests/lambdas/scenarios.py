"""Journeys that make each function call all that it can call on AWS, failures included."""

from collections.abc import Callable
from contextlib import suppress

from botocore.exceptions import ClientError

from lambdas.notifier.errors import RetryableError
from tests.lambdas.slack_server import Slack
from tests.lambdas.world import World, recorded, refuse, sns_body

BUSY = (503, "busy")


def route(world: World, _slack: Slack) -> None:
    """An alarm and its duplicate, a failure that is retried, two alerts in one message, one unreadable."""
    alarm = sns_body(recorded("cloudwatch_alarm"))
    world.react("PutEvents", refuse())
    world.route(alarm)
    world.route(alarm, alarm, sns_body(recorded("alertmanager_firing")), "not ours")


def notify(world: World, slack: Slack) -> None:
    """A Slack that is busy at first, then a duplicate."""
    world.route(sns_body(recorded("cloudwatch_alarm")))
    world.calls.clear()
    slack.answers.append(BUSY)
    with suppress(RetryableError):
        world.invoke("notifier", world.event("notify"))
    for _ in range(2):
        world.invoke("notifier", world.event("notify"))


def scale_out(world: World, _slack: Slack) -> None:
    """A failing update that is retried, then a duplicate."""
    world.route(sns_body(recorded("cloudwatch_alarm")))
    world.calls.clear()
    world.react("UpdateService", refuse())
    with suppress(ClientError):
        world.invoke("remediation/scale_out_service", world.event("remediate"))
    for _ in range(2):
        world.invoke("remediation/scale_out_service", world.event("remediate"))


SCENARIOS: dict[str, Callable[[World, Slack], None]] = {
    "alert_router": route,
    "notifier": notify,
    "remediation/scale_out_service": scale_out,
}
