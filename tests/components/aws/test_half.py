"""The AWS half as a whole."""

from __future__ import annotations

from cli.recorder import Recording
from tests.components.aws import deployment


def test_every_resource_is_made_by_the_provider_that_the_stack_gives() -> None:
    provider = deployment.production().named("pulumi:providers:aws", "aws")
    resources = list(deployment.production().of_type("aws:"))
    assert len(resources) > 60
    for resource in resources:
        assert (resource.provider or "").startswith(f"{provider.urn}::"), resource.urn


def test_every_resource_belongs_to_a_component() -> None:
    for resource in deployment.production().of_type("aws:"):
        assert "vigil:aws:" in (resource.parent or ""), resource.urn


def test_rendering_twice_gives_the_same() -> None:
    assert shown(deployment.rendered()) == shown(deployment.production())


def test_environments_share_no_physical_name() -> None:
    production = physical_names(deployment.production())
    staging = physical_names(deployment.rendered(environment="staging"))
    assert len(production) == len(staging) > 30
    assert not production & staging


def shown(recording: Recording) -> list[tuple[str, object]]:
    return [(resource.urn, resource.inputs) for resource in recording.resources]


def physical_names(recording: Recording) -> set[tuple[str, str]]:
    keys = ("name", "dashboardName", "layerName")
    policies = "aws:iam/rolePolicy:RolePolicy"  # named within their role
    return {
        (resource.type, resource.inputs[key])
        for resource in recording.of_type("aws:")
        for key in keys
        if key in resource.inputs and resource.type != policies
    }
