"""What the names in Lambda manifests (`table.alerts`, `ecs_services`, …) stand for in one deployment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pulumi

from alert_rules.problems import MISSING, InvalidFiles, Problem, listed, nearest
from components.aws import iam
from components.aws.context import AwsContext
from components.manifests import FunctionManifest
from components.naming import physical_name
from components.settings.model import Settings

EVERYTHING = "*"


@dataclass(frozen=True)
class Reference:
    """What a name stands for: ARNs in permissions; in the environment its name, URL or id, if it has one."""

    arns: tuple[pulumi.Input[str], ...]
    value: pulumi.Input[str] | None = None


References = Mapping[str, Reference]


def static_references(settings: Settings, *, context: AwsContext) -> References:
    """References that need no resource of ours: the declared ECS services, our alarms, everything."""
    services = [service.runs_on.ecs for service in settings.services if service.runs_on.ecs]
    names = sorted({f"service/{service.cluster}/{service.service}" for service in services})
    alarms = f"alarm:{physical_name('alarm', context.environment)}-*"
    return {
        "ecs_services": Reference(tuple(context.arn("ecs", name) for name in names)),
        "alarms": Reference((context.arn("cloudwatch", alarms),)),
        EVERYTHING: Reference((EVERYTHING,)),
    }


def environment(manifest: FunctionManifest, references: References) -> dict[str, pulumi.Input[str]]:
    """The environment variables of a function. Raises InvalidFiles for what stands for no value."""
    found: dict[str, pulumi.Input[str]] = {}
    for variable, name in manifest.environment.items():
        key = f"environment.{variable}"
        value = _find(manifest, key, name, references).value
        if value is None:
            with_value = [known for known, reference in references.items() if reference.value is not None]
            raise _invalid(manifest, key, name, f"what has a name, URL or id: {listed(with_value)}")
        found[variable] = value
    return found


def statements(manifest: FunctionManifest, references: References) -> Iterator[iam.Statement]:
    """The permissions of a function as IAM. Raises InvalidFiles for unknown names and `*` without reason."""
    for index, permission in enumerate(manifest.permissions):
        key = f"permissions[{index}]"
        arns = _find(manifest, f"{key}.on", permission.on, references).arns
        if permission.on == EVERYTHING and not permission.reason:
            raise _invalid(manifest, f"{key}.reason", MISSING, 'why the actions need "*"')
        yield iam.allow(permission.actions, arns)


def _find(manifest: FunctionManifest, key: str, name: str, references: References) -> Reference:
    found = references.get(name)
    if found is None or not found.arns:
        known = [known for known, reference in references.items() if reference.arns]
        raise _invalid(manifest, key, name, f"one of: {listed(known)}", nearest(name, known))
    return found


def _invalid(
    manifest: FunctionManifest, key: str, value: object, allowed: str, hint: str | None = None
) -> InvalidFiles:
    return InvalidFiles([Problem(f"lambdas/{manifest.folder}/manifest.yaml", key, value, allowed, hint)])
