"""Each manifest grants what its function calls on AWS, and nothing else."""

import pytest

from tests.lambdas.scenarios import SCENARIOS
from tests.lambdas.slack_server import Slack
from tests.lambdas.world import Call, World, manifest

Grant = tuple[str, str]  # action, what it is granted on

PREFIXES = {"monitoring": "cloudwatch"}  # where the IAM prefix is not the service's signing name
RESOURCES = ("TableName", "QueueUrl", "EventBusName", "SecretId")

# Made by Lambda's poller with the function's role, not by the function.
POLLER = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}


def granted(function: str) -> set[Grant]:
    """Return what the manifest grants."""
    permissions = manifest(function)["permissions"]
    return {(action, permission["on"]) for permission in permissions for action in permission["actions"]}


def used(call: Call, references: dict[str, str]) -> Grant:
    """Return what a call needs."""
    action = f"{PREFIXES.get(call.service, call.service)}:{call.operation}"
    if call.service == "ecs":
        return action, "ecs_services"
    if call.service == "monitoring":
        return action, "*"
    params = {**call.params, **(call.params.get("Entries") or [{}])[0]}
    name = next(params[key] for key in RESOURCES if key in params)
    kind = {"dynamodb": "table", "sqs": "queue", "events": "bus", "secretsmanager": "secret"}[call.service]
    return action, next(r for r, value in references.items() if value == name and r.startswith(kind))


@pytest.mark.parametrize("function", SCENARIOS)
def test_permissions_are_exactly_what_the_function_calls(world: World, slack: Slack, function: str) -> None:
    SCENARIOS[function](world, slack)
    triggered = {(action, "queue.alerts") for action in POLLER if "queue" in manifest(function)["trigger"]}
    assert granted(function) == triggered | {used(call, world.references) for call in world.calls}


@pytest.mark.parametrize("function", SCENARIOS)
def test_a_grant_on_everything_has_a_reason(function: str) -> None:
    wide = [permission for permission in manifest(function)["permissions"] if permission["on"] == "*"]
    assert all(permission.get("reason") for permission in wide)
