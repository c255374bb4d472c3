"""The JSON Schema of the stack files, for editors: made from the settings' own classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from alert_rules import json_text, loader
from components.settings.model import Environment, Settings
from components.settings.parse import PREFIX
from components.settings.profiles import with_defaults

FILE = "settings.schema.json"


def stack_file_schema() -> str:
    """The schema of `Pulumi.<stack>.yaml` as JSON text. Sections that a profile gives defaults are optional in it."""
    settings = Settings.model_json_schema(by_alias=True)
    definitions = settings.pop("$defs")
    given = with_defaults(Environment.DEV, {})
    for name, defaults in _defaults(definitions, settings["properties"], given):
        _relax(definitions[name], defaults)
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
    return json_text.pretty(schema)


def _relax(definition: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    """Makes optional what a profile or a size gives a default, in the sections below as in this one."""
    if required := [key for key in definition.get("required", ()) if key not in defaults]:
        definition["required"] = required
    else:
        definition.pop("required", None)


def _defaults(
    definitions: Mapping[str, Any], properties: Mapping[str, Any], given: Mapping[str, Any]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Name of each section that is given defaults, with these."""
    for key, value in given.items():
        reference = properties[key].get("$ref", "")
        if isinstance(value, Mapping) and reference:
            name = reference.rsplit("/", 1)[1]
            yield name, value
            yield from _defaults(definitions, definitions[name]["properties"], value)
