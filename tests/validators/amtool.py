"""Alertmanager's own judgement of its configuration and routes."""

import json
from pathlib import Path

from tests.validators.binaries import run


def check_config(file: Path) -> str:
    """Check a configuration file with its templates and return the report.

    Files of secrets named in it are not read. Templates are found relative to the file. Raises AssertionError
    with amtool's output.
    """
    return run("amtool", "check-config", file)


def route(file: Path, **labels: str) -> list[str]:
    """Return the receivers, in the routing tree's order, of an alert with these labels.

    Mute and active time intervals are not considered: amtool asks where an alert goes, not when.
    """
    pairs = [f"{name}={json.dumps(value)}" for name, value in labels.items()]
    return run("amtool", "config", "routes", "test", f"--config.file={file}", *pairs).strip().split(",")
