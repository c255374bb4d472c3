"""Least privilege: every role of the AWS half may do what it needs and nothing more."""

from __future__ import annotations

from typing import Any

from components import manifests
from components.aws import identity
from tests.components.aws import deployment

ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ACCOUNT = "123456789012"


def of(name: str) -> list[dict[str, Any]]:
    return deployment.document(deployment.production().named(ROLE_POLICY, f"aws-{name}"))


def grants(name: str) -> set[tuple[str, str]]:
    """(action, resource) pairs that a role is allowed."""
    return {(action, arn) for s in of(name) for action in s["Action"] for arn in s["Resource"]}


def test_no_role_is_allowed_everything_of_a_service() -> None:
    for policy in deployment.production().of_type(ROLE_POLICY):
        for statement in deployment.document(policy):
            for action in statement["Action"]:
                assert ":" in action, f"{policy.name}: {action}"
                assert not action.endswith(":*"), f"{policy.name}: {action}"


WITHOUT_RESOURCES = {
    "cloudwatch-exporter": ("cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics"),
    "grafana": identity._GRAFANA,
    "otel-gateway": ("xray:PutSpans", "xray:PutSpansForIndexing", "xray:PutTraceSegments"),
}
"""What pods do with services that know no resources, or only show: by workload."""


def test_a_role_may_act_on_everything_only_for_a_reason_in_the_manifest() -> None:
    for policy in deployment.production().of_type(ROLE_POLICY):
        manifest = manifests.builtin().get(policy.name.removeprefix("aws-"))
        reasoned = {
            action
            for permission in (manifest.permissions if manifest else ())
            for action in permission.actions
            if permission.on == "*" and permission.reason
        }
        reasoned |= set(WITHOUT_RESOURCES.get(policy.name.removeprefix("aws-"), ()))
        for statement in deployment.document(policy):
            if "*" in statement["Resource"]:
                assert set(statement["Action"]) <= reasoned, f"{policy.name}: {statement}"


def test_every_role_has_one_policy_and_nothing_attached() -> None:
    recording = deployment.production()
    roles = sorted(role.inputs["name"] for role in recording.of_type("aws:iam/role:Role"))
    assert sorted(policy.inputs["role"] for policy in recording.of_type(ROLE_POLICY)) == roles
    assert not list(recording.of_type("aws:iam/rolePolicyAttachment:RolePolicyAttachment"))
    assert not [role for role in recording.of_type("aws:iam/role:Role") if "managedPolicyArns" in role.inputs]


def test_every_function_writes_its_own_logs_and_dead_letters_and_no_other() -> None:
    for name in ("alert_router", "notifier", "scale_out_service"):
        group = f"arn:aws:logs:eu-west-1:{ACCOUNT}:log-group:/aws/lambda/vigil-prod-{name}:*"
        assert {g for g in grants(name) if g[0].startswith("logs:")} == {
            ("logs:CreateLogStream", group),
            ("logs:PutLogEvents", group),
        }
        queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:vigil-prod-function-dead-letters"
        assert ("sqs:SendMessage", queue) in grants(name)


def test_the_router_reads_the_alert_queue_and_writes_what_it_remembers() -> None:
    queue = f"arn:aws:sqs:eu-west-1:{ACCOUNT}:vigil-prod-{{}}"
    table = f"arn:aws:dynamodb:eu-west-1:{ACCOUNT}:table/vigil-prod-{{}}"
    shared = {g for g in grants("alert_router") if g[0].startswith(("logs:", "kms:"))}
    assert grants("alert_router") - shared == {
        ("sqs:ReceiveMessage", queue.format("alerts")),
        ("sqs:DeleteMessage", queue.format("alerts")),
        ("sqs:GetQueueAttributes", queue.format("alerts")),
        ("sqs:SendMessage", queue.format("alerts-dead-letters")),
        ("sqs:SendMessage", queue.format("function-dead-letters")),
        ("dynamodb:GetItem", table.format("alerts")),
        ("dynamodb:UpdateItem", table.format("alerts")),
        ("dynamodb:PutItem", table.format("idempotency")),
        ("dynamodb:UpdateItem", table.format("idempotency")),
        ("dynamodb:DeleteItem", table.format("idempotency")),
        ("events:PutEvents", f"arn:aws:events:eu-west-1:{ACCOUNT}:event-bus/vigil-prod-alerts"),
    }


def test_the_notifier_reads_its_channels_secret_and_no_other() -> None:
    arn = f"arn:aws:secretsmanager:eu-west-1:{ACCOUNT}:secret:chat/slack-token-??????"
    secrets = {g for g in grants("notifier") if g[0].startswith("secretsmanager:")}
    assert secrets == {("secretsmanager:GetSecretValue", arn)}


def test_scale_out_touches_the_declared_services_only() -> None:
    arn = f"arn:aws:ecs:eu-west-1:{ACCOUNT}:service/predictive/ml-service"
    assert {g for g in grants("scale_out_service") if g[0].startswith("ecs:")} == {
        ("ecs:DescribeServices", arn),
        ("ecs:UpdateService", arn),
    }


def test_functions_use_the_key_through_queues_only() -> None:
    for name in ("alert_router", "notifier", "scale_out_service"):
        (statement,) = [s for s in of(name) if any(action.startswith("kms:") for action in s["Action"])]
        assert statement["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"]
        assert all(arn.startswith(f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/") for arn in statement["Resource"])
        assert statement["Condition"] == {"StringEquals": {"kms:ViaService": "sqs.eu-west-1.amazonaws.com"}}
