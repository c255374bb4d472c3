"""The Lambda functions as they are deployed."""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest

from cli.recorder import Recording, Resource
from components import manifests
from components.manifests import QueueTrigger
from components.versions import LAMBDA_RUNTIME
from tests.components.aws import deployment

FUNCTION = "aws:lambda/function:Function"
BY_LAMBDA = {"LAMBDA_TASK_ROOT"}
"""What Lambda itself sets among the variables that the code reads."""


def functions() -> dict[str, Resource]:
    found = {r.name.removeprefix("aws-"): r for r in deployment.production().of_type(FUNCTION)}
    assert set(found) == {"alert_router", "notifier", "scale_out_service"}
    return found


def test_every_function_runs_on_arm_with_the_pinned_runtime_and_the_shared_layer() -> None:
    for name, function in functions().items():
        assert function.inputs["architectures"] == ["arm64"], name
        assert function.inputs["runtime"] == LAMBDA_RUNTIME, name
        assert function.inputs["layers"] == ["arn:aws:lambda:eu-west-1:123456789012:layer:vigil-prod-shared:1"], name


def test_every_function_is_as_large_and_as_many_as_its_manifest_says() -> None:
    for name, function in functions().items():
        manifest = manifests.builtin()[name]
        assert function.inputs["reservedConcurrentExecutions"] == manifest.reserved_concurrency, name
        assert function.inputs["memorySize"] * 2**20 == manifest.memory.value, name
        assert function.inputs["timeout"] == manifest.timeout.value, name


def test_every_function_logs_json_into_a_group_of_its_own_that_forgets() -> None:
    for name, function in functions().items():
        group = deployment.production().named("aws:cloudwatch/logGroup:LogGroup", f"aws-{name}").inputs
        assert group["name"] == f"/aws/lambda/{function.inputs['name']}"
        assert group["retentionInDays"] == 90, name
        assert function.inputs["loggingConfig"]["logGroup"] == group["name"]
        assert function.inputs["loggingConfig"]["logFormat"] == "JSON", name


def test_every_function_has_a_role_of_its_own_that_only_lambda_takes_on() -> None:
    roles = {name: function.inputs["role"] for name, function in functions().items()}
    assert len(set(roles.values())) == len(roles)
    for name, arn in roles.items():
        role = deployment.production().named("aws:iam/role:Role", f"aws-{name}")
        assert arn == f"arn:aws:iam::123456789012:role/{role.inputs['name']}"
        (trust,) = deployment.document(role, "assumeRolePolicy")
        assert trust["Principal"] == {"Service": "lambda.amazonaws.com"}, name
        assert trust["Action"] == ["sts:AssumeRole"], name


def test_what_a_function_fails_to_handle_is_tried_again_and_then_set_aside() -> None:
    for name, function in functions().items():
        queue = "arn:aws:sqs:eu-west-1:123456789012:vigil-prod-function-dead-letters"
        assert function.inputs["deadLetterConfig"] == {"targetArn": queue}, name
        if name == "alert_router":
            continue  # SQS calls it and waits; what it fails to handle stays in its queue
        retries = deployment.production().named(
            "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig", f"aws-{name}"
        )
        assert retries.inputs["functionName"] == function.inputs["name"]
        assert retries.inputs["maximumRetryAttempts"] == 2, name
        assert retries.inputs["maximumEventAgeInSeconds"] == 3600, name


def test_a_function_is_made_after_its_permissions() -> None:
    # Lambda refuses a dead-letter queue to which the role may not send yet.
    for name, function in functions().items():
        policy = deployment.production().named("aws:iam/rolePolicy:RolePolicy", f"aws-{name}")
        assert policy.urn in function.dependencies, name


def test_the_environment_holds_what_each_reference_stands_for() -> None:
    assert {name: variables(function) for name, function in functions().items()} == {
        "alert_router": {
            "ALERTS_TABLE": "vigil-prod-alerts",
            "DEAD_LETTER_QUEUE_URL": (
                "https://sqs.eu-west-1.amazonaws.com/123456789012/vigil-prod-alerts-dead-letters"
            ),
            "EVENT_BUS": "vigil-prod-alerts",
            "IDEMPOTENCY_TABLE": "vigil-prod-idempotency",
        },
        "notifier": {"IDEMPOTENCY_TABLE": "vigil-prod-idempotency", "SLACK_SECRET_ID": "chat/slack-token"},
        "scale_out_service": {
            "AUDIT_TABLE": "vigil-prod-audit",
            "IDEMPOTENCY_TABLE": "vigil-prod-idempotency",
        },
    }


def test_every_variable_that_the_code_needs_is_set() -> None:
    for name, function in functions().items():
        read = {variable for source in sources(function) for variable in required_variables(source)}
        assert read - BY_LAMBDA <= set(variables(function)), name


def test_required_variables_are_those_read_by_subscript() -> None:
    source = "os.environ['NEEDED']\nos.environ.get('OPTIONAL')\nos.environ[f'{channel}_COMPUTED']"
    assert required_variables(source) == {"NEEDED"}


def test_the_router_reads_the_alert_queue_no_faster_than_it_can_handle() -> None:
    manifest = manifests.builtin()["alert_router"]
    assert isinstance(manifest.trigger, QueueTrigger)
    (mapping,) = deployment.production().of_type("aws:lambda/eventSourceMapping:EventSourceMapping")
    assert mapping.inputs["eventSourceArn"] == "arn:aws:sqs:eu-west-1:123456789012:vigil-prod-alerts"
    assert mapping.inputs["functionName"].endswith(":123456789012:function:vigil-prod-alert_router")
    assert mapping.inputs["batchSize"] == manifest.trigger.batch_size
    assert mapping.inputs["functionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping.inputs["scalingConfig"] == {"maximumConcurrency": manifest.reserved_concurrency}


@pytest.mark.parametrize(
    ("left_out", "changes"),
    [
        ("notifier", {"receivers": {"slack": None, "email": deployment.WRITTEN["receivers"]["email"]}}),
        ("scale_out_service", {"services": [deployment.WRITTEN["services"][0]]}),
    ],
)
def test_a_function_that_nothing_can_start_is_left_out_with_all_that_belongs_to_it(
    left_out: str, changes: dict[str, Any]
) -> None:
    recording = deployment.rendered(**changes)
    assert {r.name for r in recording.of_type(FUNCTION)} == {f"aws-{n}" for n in functions() if n != left_out}
    assert [r.urn for r in recording.resources if left_out in r.name] == []


def test_every_function_is_started_by_something() -> None:
    started = started_functions(deployment.production())
    assert started == {f"vigil-prod-{name}" for name in functions()}


def started_functions(recording: Recording) -> set[str]:
    by_queue = recording.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")
    by_event = recording.of_type("aws:cloudwatch/eventTarget:EventTarget")
    arns = [r.inputs["functionName"] for r in by_queue] + [r.inputs["arn"] for r in by_event]
    return {arn.rsplit(":", 1)[1] for arn in arns}


def variables(function: Resource) -> dict[str, str]:
    found: dict[str, str] = function.inputs["environment"]["variables"]
    assert all(re.fullmatch(r"[A-Z][A-Z0-9_]*", name) for name in found)
    return found


def sources(function: Resource) -> list[str]:
    files = function.inputs["code"].files
    return [content.decode() for path, content in files.items() if path.endswith(".py")]


def required_variables(source: str) -> set[str]:
    return {
        node.slice.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Subscript)
        and ast.unparse(node.value) == "os.environ"
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    }
