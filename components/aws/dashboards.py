"""CloudWatch dashboards from their bodies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.context import AwsContext
from components.base import Component
from components.naming import physical_name

REFERENCE = "cloudwatch:"
"""What stands before the name of a CloudWatch dashboard where a Grafana one could be meant too."""


class Dashboards(Component, area="aws"):
    """One CloudWatch dashboard for each body, by short name."""

    names: tuple[str, ...]

    def __init__(
        self,
        name: str,
        bodies: Mapping[str, Mapping[str, Any]],
        *,
        context: AwsContext,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self.names = tuple(dashboard_name(context, short) for short in bodies)
        for short, body in bodies.items():
            aws.cloudwatch.Dashboard(
                f"{name}-{short}",
                dashboard_name=dashboard_name(context, short),
                dashboard_body=json.dumps(body, sort_keys=True),
                opts=self.child(),
            )
        self.register_outputs({"names": list(self.names)})


def dashboard_name(context: AwsContext, short: str) -> str:
    """The physical name of a dashboard."""
    return physical_name("dashboard", context.environment, short)


def dashboard_url(reference: str, *, context: AwsContext) -> str:
    """The address of a dashboard: `cloudwatch:<name>` in the AWS console, any other is an address already."""
    if not reference.startswith(REFERENCE):
        return reference
    name = dashboard_name(context, reference.removeprefix(REFERENCE))
    return f"{context.console}/cloudwatch/home?region={context.region}#dashboards/dashboard/{name}"
