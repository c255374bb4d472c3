"""Reads the manifests of the Lambda functions: data that the deploy and the settings share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from alert_rules import quantities
from alert_rules.loader import define, read_yaml
from alert_rules.model import AlertName, Definition, Duration, Parameter
from alert_rules.problems import InvalidFiles, Problem
from alert_rules.quantities import Quantity, Unit

LAMBDAS = Path(__file__).parent.parent / "lambdas"


def _memory(written: object) -> Quantity:
    return quantities.parse(written, Unit.BYTES)


class QueueTrigger(Definition):
    """The function reads batches from a queue."""

    queue: Literal["alerts"]
    batch_size: int = Field(ge=1, le=10)


class EventTrigger(Definition):
    """The function is called by events of the alert bus."""

    event: Literal["notify", "remediate"]
    action: str | None = None


class Permission(Definition):
    """Actions on what a reference names; on everything only with a reason."""

    actions: tuple[str, ...]
    on: str
    reason: str | None = None


class FunctionManifest(Definition):
    """One Lambda function: what starts it, what it may do, what it is given."""

    name: str
    folder: str = Field(description="Path below lambdas/.")
    description: str
    timeout: Duration
    memory: Annotated[Quantity, BeforeValidator(_memory)]
    reserved_concurrency: int = Field(ge=1)
    trigger: QueueTrigger | EventTrigger
    data: tuple[Literal["policy.json"], ...] = ()
    environment: dict[str, str]
    permissions: tuple[Permission, ...]
    triggers: tuple[AlertName, ...] = Field((), description="Alerts that this remediation answers.")
    target: Literal["ecs"] | None = Field(None, description="Platform of the services it can act on.")
    limits: dict[str, Parameter] = {}

    @property
    def handler(self) -> str:
        """The handler string of the function."""
        return f"lambdas.{self.folder.replace('/', '.')}.handler.handler"


@cache
def builtin() -> Mapping[str, FunctionManifest]:
    """Manifests by function name. Raises InvalidFiles with every mistake of every manifest."""
    problems: list[Problem] = []
    found: dict[str, FunctionManifest] = {}
    for path in sorted(LAMBDAS.rglob("manifest.yaml")):
        folder = str(path.parent.relative_to(LAMBDAS))
        values = {
            **read_yaml(path, shown=f"lambdas/{folder}/manifest.yaml"),
            "name": path.parent.name,
            "folder": folder,
        }
        for manifest in define(
            FunctionManifest, values, file=f"lambdas/{folder}/manifest.yaml", key=folder, problems=problems
        ):
            found[manifest.name] = manifest
    if problems:
        raise InvalidFiles(problems)
    return found


def remediations() -> Mapping[str, FunctionManifest]:
    """Manifests of the remediation functions, by action name."""
    return {
        name: m
        for name, m in builtin().items()
        if isinstance(m.trigger, EventTrigger) and m.trigger.event == "remediate"
    }


def remediation_for(alert: str) -> str | None:
    """The action that answers an alert, or None where there is none."""
    return next((name for name, manifest in remediations().items() if alert in manifest.triggers), None)
