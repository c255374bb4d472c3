"""IAM documents from plain values and Outputs alike. Pure: nothing here declares a resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

Statement = Mapping[str, Any]
Condition = Mapping[str, Mapping[str, Any]]


def document(*statements: Statement) -> pulumi.Output[str]:
    """The JSON text of a policy with these statements."""
    return pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)}, sort_keys=True)


def allow(
    actions: Sequence[str],
    resources: Sequence[pulumi.Input[str]],
    *,
    principal: Mapping[str, Any] | None = None,
    condition: Condition | None = None,
) -> Statement:
    """A statement that allows the actions; a principal belongs in policies of resources only."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    extra = {"Principal": principal, "Condition": condition}
    return statement | {key: value for key, value in extra.items() if value is not None}


def deny_plain_http(actions: Sequence[str], resource: pulumi.Input[str]) -> Statement:
    """A statement that refuses everybody who does not come over TLS."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": list(actions),
        "Resource": [resource],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def trust(
    service: str, *, actions: Sequence[str] = ("sts:AssumeRole",), condition: Condition | None = None
) -> pulumi.Output[str]:
    """The trust policy of a role that only a service may assume."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": list(actions)}
    return document(statement | ({"Condition": condition} if condition else {}))
