"""Reads `Pulumi.<stack>.yaml` the way Pulumi's engine hands it to the program."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alert_rules.loader import read_yaml
from alert_rules.problems import MISSING, InvalidFiles, Problem, nearest

PLACEHOLDER = "[secret: its value is known only to `pulumi up`]"


@dataclass(frozen=True)
class StackFile:
    """The configuration of a stack: values as the engine passes them (structures as JSON), and which are secret."""

    stack: str
    values: dict[str, str]
    secret_keys: tuple[str, ...]

    @property
    def account(self) -> str | None:
        """The AWS account that the stack names, if any."""
        aws = json.loads(self.values.get("vigil:aws", "{}"))
        return aws.get("account_id") if isinstance(aws, dict) else None

    @property
    def region(self) -> str | None:
        """The AWS region that the stack names, if any."""
        return self.values.get("aws:region")


def read_stack_file(project: Path, stack: str) -> StackFile:
    """The stack's file below `project`. Raises InvalidFiles where it is missing, malformed or without a `config`."""
    path = project / f"Pulumi.{stack}.yaml"
    known = stacks(project)
    if stack not in known:
        allowed = f"one of the stacks of this project: {', '.join(known) or 'there are none'}"
        raise InvalidFiles([Problem(path.name, "stack", stack, allowed, nearest(stack, known))])
    config = read_yaml(path).get("config", MISSING)
    if not isinstance(config, dict):
        raise InvalidFiles([Problem(path.name, "config", config, "a mapping of settings")])
    secret_keys = tuple(key for key, value in config.items() if _has_secret(value))
    values = {str(key): _as_passed(value) for key, value in config.items() if value is not None}
    return StackFile(stack, values, secret_keys)


def stacks(project: Path) -> list[str]:
    """Names of the stacks that have a file in the project."""
    return sorted(path.name.split(".")[1] for path in project.glob("Pulumi.*.yaml"))


def _has_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(_has_secret(item) for item in value.values())
    return isinstance(value, list) and any(_has_secret(item) for item in value)


def _as_passed(value: Any) -> str:
    if isinstance(value, dict) and set(value) == {"secure"}:
        return PLACEHOLDER
    if isinstance(value, dict | list):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)
