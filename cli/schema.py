"""The JSON Schema of the stack files, for editors: made from the settings' own classes."""

from __future__ import annotations

import json
from typing import Any

from alert_rules import loader
from components.settings.model import Settings
from components.settings.parse import PREFIX

FILE = "settings.schema.json"


def stack_file_schema() -> str:
    """The schema of `Pulumi.<stack>.yaml` as JSON text. Sections that a profile gives defaults are optional in it."""
    settings = Settings.model_json_schema(by_alias=True)
    definitions = settings.pop("$defs")
    for definition in definitions.values():
        _relax(definition)
    properties = {f"{PREFIX}{key}": value for key, value in settings["properties"].items()}
    names = sorted(loader.builtin().alerts)
    properties[f"{PREFIX}alerts"]["propertyNames"] = {"enum": names}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Settings of a vigil stack",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "required": [f"{PREFIX}environment", f"{PREFIX}links"],
                "properties": properties,
                "patternProperties": {f"^(?!{PREFIX})": {}},
                "additionalProperties": False,
            }
        },
        "$defs": definitions,
    }
    return json.dumps(schema, indent=2, sort_keys=True) + "\n"


_PROFILED = ("Aws", "Kubernetes", "Prometheus", "Alertmanager", "Grafana", "Remediation")


def _relax(definition: dict[str, Any]) -> None:
    if definition.get("title") in _PROFILED:
        definition.pop("required", None)
