"""Reads the settings of the stack that is being run. The only place that reads Pulumi's configuration."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime import config as pulumi_config

from alert_rules import yaml12
from alert_rules.problems import InvalidFiles, Problem
from components.settings.model import SECRET_KEYS, Settings
from components.settings.parse import PREFIX, parse_settings
from components.settings.types import secret_allowed


@dataclass(frozen=True)
class Loaded:
    """The settings and where they apply."""

    settings: Settings
    region: str


def load_settings() -> Loaded:
    """The settings of the current stack, from `Pulumi.<stack>.yaml` by way of the engine.

    Raises InvalidFiles with every mistake, each with its line where the stack file lies in the working directory.
    """
    file = f"Pulumi.{pulumi.get_stack()}.yaml"
    try:
        values = _own_values(file)
        region = pulumi.Config("aws").get("region")
        if not region:
            raise InvalidFiles([Problem(file, "aws:region", "nothing", "an AWS region such as eu-west-1")])
        return Loaded(parse_settings(values, file=file).in_region(region), region)
    except InvalidFiles as error:
        raise InvalidFiles(with_lines(error.problems, Path(file))) from None


def _own_values(file: str) -> dict[str, Any]:
    """The values under `vigil:`; secrets as Outputs. Raises InvalidFiles where a secret stands where none may."""
    project = pulumi.Config(PREFIX.rstrip(":"))
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for full_key, raw in _all_config().items():
        if not full_key.startswith(PREFIX):
            continue
        key = full_key.removeprefix(PREFIX)
        if not pulumi_config.is_config_secret(full_key):
            values[key] = _decoded(raw)
        elif key in SECRET_KEYS:
            values[key] = project.get_secret(key)
        else:
            problems.append(
                Problem(
                    file, full_key, "[secret]", f"no secret; secrets are {', '.join(SECRET_KEYS)}: {secret_allowed()}"
                )
            )
    if problems:
        raise InvalidFiles(problems)
    return values


def _all_config() -> Mapping[str, Any]:
    # pulumi.Config can only be asked for keys by name; an unknown key must be an error, so the whole map is needed.
    return pulumi_config.CONFIG.get() or pulumi_config.get_config_env()


def _decoded(raw: Any) -> Any:
    """The engine hands structured values over as JSON and scalars as plain text."""
    if isinstance(raw, str) and raw[:1] in "{[" and raw:
        return json.loads(raw)
    return raw


def with_lines(problems: Iterable[Problem], path: Path) -> list[Problem]:
    """The problems of the stack file at `path`, each with its line as far as the file can be read."""
    try:
        root = yaml12.compose(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError):
        return list(problems)
    return [Problem(p.file, p.key, p.value, p.allowed, p.nearest, _line(root, p.key)) for p in problems]


def _line(root: Any, key: str) -> int | None:
    """The line of the deepest part of `key` that the file has."""
    node, line = _child(root, "config")[0], None
    prefix, _, rest = key.partition(":")
    parts = rest.replace("[", ".[").split(".")
    for part in [f"{prefix}:{parts[0]}", *parts[1:]]:
        node, found = _child(node, part)
        if node is None:
            break
        line = found
    return line


def _child(node: Any, part: str) -> tuple[Any, int | None]:
    """What stands under a key or index of a YAML node, and the line it starts on; (None, None) where nothing does."""
    if isinstance(node, yaml.SequenceNode) and part.startswith("["):
        index = int(part.strip("[]"))
        if index < len(node.value):
            return node.value[index], node.value[index].start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == part:
                return value, name.start_mark.line + 1
    return None, None
