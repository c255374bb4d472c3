"""The committed stack files as raw settings, for tests to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alert_rules import yaml12
from components.settings.model import Settings
from components.settings.parse import PREFIX, parse_settings

ROOT = Path(__file__).parents[2]
STACKS = ("dev", "staging", "prod")


def settings_of(stack: str) -> dict[str, Any]:
    """What stands under `vigil:` in a stack file, as a fresh structure."""
    config = yaml12.load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    return {key.removeprefix(PREFIX): value for key, value in config.items() if key.startswith(PREFIX)}


def parsed(stack: str, **changes: Any) -> Settings:
    """The settings of a stack with some top-level keys set otherwise."""
    settings = parse_settings({**settings_of(stack), **changes}, file=f"Pulumi.{stack}.yaml")
    return settings.in_region("eu-west-1")
