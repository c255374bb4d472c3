"""Requests for the action, and what they lead to."""

from typing import Any

from tests.lambdas.cloud import ALARM
from tests.lambdas.world import Params, World

FUNCTION = "remediation/scale_out_service"
Event = dict[str, Any]


def another(event: Event) -> Event:
    """Return the request of a later firing of the same alarm."""
    return {**event, "detail": {**event["detail"], "id": f"{event['detail']['id']}-later"}}


def updates(world: World) -> list[Params]:
    """Return the calls that changed an ECS service."""
    return [call.params for call in world.calls if call.operation == "UpdateService"]


def recovered(world: World, detail: Event) -> None:
    """Let the alarm be OK again."""
    world.aws("cloudwatch").set_alarm_state(AlarmName=ALARM, StateValue="OK", StateReason="calm")
