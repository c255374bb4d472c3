"""The names in manifests stand for what they say, and a wrong name says where it is and what is allowed."""

from __future__ import annotations

import pytest

from alert_rules.problems import InvalidFiles
from components import manifests
from components.aws.references import Reference, environment, statements, static_references
from components.manifests import FunctionManifest, Permission
from tests.components.aws import deployment

KNOWN = {
    "table.alerts": Reference(("arn:alerts",), "alerts"),
    "alarms": Reference(("arn:alarms",)),
    "ecs_services": Reference(()),
    "*": Reference(("*",)),
}


def manifest(*permissions: Permission, **variables: str) -> FunctionManifest:
    changes = {"environment": variables, "permissions": permissions}
    return manifests.builtin()["scale_out_service"].model_copy(update=changes)


def problem(raised: pytest.ExceptionInfo[InvalidFiles]) -> str:
    (found,) = raised.value.problems
    return str(found)


def test_a_name_becomes_its_value_in_the_environment() -> None:
    assert environment(manifest(TABLE="table.alerts"), KNOWN) == {"TABLE": "alerts"}


def test_a_name_becomes_its_arns_in_permissions() -> None:
    permission = Permission(actions=("dynamodb:GetItem",), on="table.alerts")
    assert list(statements(manifest(permission), KNOWN)) == [
        {"Effect": "Allow", "Action": ["dynamodb:GetItem"], "Resource": ["arn:alerts"]}
    ]


def test_an_unknown_name_is_told_with_its_manifest_and_the_nearest_known_one() -> None:
    with pytest.raises(InvalidFiles) as raised:
        environment(manifest(TABLE="table.alert"), KNOWN)
    assert problem(raised) == (
        "lambdas/remediation/scale_out_service/manifest.yaml: environment.TABLE: given 'table.alert'; "
        "allowed: one of: *, alarms, table.alerts; did you mean 'table.alerts'?"
    )


def test_a_name_without_a_value_is_no_variable() -> None:
    with pytest.raises(InvalidFiles) as raised:
        environment(manifest(ALARMS="alarms"), KNOWN)
    assert "environment.ALARMS: given 'alarms'; allowed: what has a name, URL or id" in problem(raised)


def test_a_permission_on_nothing_is_an_error_rather_than_a_statement_that_iam_refuses() -> None:
    permission = Permission(actions=("ecs:UpdateService",), on="ecs_services")
    with pytest.raises(InvalidFiles) as raised:
        list(statements(manifest(permission), KNOWN))
    assert "permissions[0].on: given 'ecs_services'" in problem(raised)


def test_a_permission_on_everything_needs_a_reason() -> None:
    bare = Permission(actions=("cloudwatch:DescribeAlarms",), on="*")
    with pytest.raises(InvalidFiles) as raised:
        list(statements(manifest(bare), KNOWN))
    assert "permissions[0].reason: missing" in problem(raised)
    (found,) = statements(manifest(bare.model_copy(update={"reason": "CloudWatch wants it"})), KNOWN)
    assert found["Resource"] == ["*"]


def test_the_declared_services_and_this_environments_alarms_have_arns() -> None:
    found = static_references(deployment.settings(), context=deployment.context())
    assert found["ecs_services"].arns == ("arn:aws:ecs:eu-west-1:123456789012:service/predictive/ml-service",)
    assert found["alarms"].arns == ("arn:aws:cloudwatch:eu-west-1:123456789012:alarm:vigil-prod-*",)
