"""Settings that are right, and settings that are anything at all."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pydantic
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alert_rules import yaml12
from alert_rules.problems import InvalidFiles
from cli.schema import FILE, stack_file_schema
from components.settings.kubernetes import Size
from components.settings.model import Environment
from components.settings.parse import parse_settings
from components.settings.profiles import PROFILES
from tests.settings.examples import ROOT, STACKS, parsed, settings_of


@pytest.mark.parametrize("stack", STACKS)
def test_a_committed_stack_is_valid(stack: str) -> None:
    assert parsed(stack).environment == stack


def test_a_profile_sets_what_the_stack_file_does_not() -> None:
    assert parsed("dev").kubernetes.size is Size.SMALL
    assert parsed("prod").prometheus.replicas == 2
    assert parsed("prod", prometheus={"replicas": 1}).prometheus.replicas == 1
    assert parsed("prod", prometheus={"replicas": 1}).prometheus.retention.text == "15d"


@pytest.mark.parametrize("environment", list(Environment))
def test_every_profile_stands_by_itself(environment: Environment) -> None:
    search = {"storage": "opensearch", "endpoint": "https://search.example.com:9200"}
    assert parsed("prod", environment=str(environment), jaeger=search).environment is environment
    assert set(PROFILES[environment]) == set(PROFILES[Environment.DEV])


def test_nothing_changes_after_loading() -> None:
    with pytest.raises(pydantic.ValidationError, match="frozen"):
        parsed("dev").environment = Environment.PROD  # type: ignore[misc]


def test_windows_that_touch_or_watch_over_different_services_do_not_overlap() -> None:
    first = {"name": "a", "timezone": "Europe/Dublin", "days": ["sunday"], "start": "02:00", "end": "04:00"}
    after = {**first, "name": "b", "start": "04:00", "end": "05:00"}
    assert len(parsed("prod", maintenance=[first, after]).maintenance) == 2
    apart = [{**first, "services": ["redis"]}, {**first, "name": "b", "services": ["postgres"]}]
    assert len(parsed("prod", maintenance=apart).maintenance) == 2


def test_the_schema_for_editors_is_the_one_of_the_classes() -> None:
    assert (ROOT / FILE).read_text(encoding="utf-8") == stack_file_schema(), "run `vigil schema > settings.schema.json`"


def stack_file(stack: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml12.load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))
    return content


@pytest.mark.parametrize("stack", STACKS)
def test_the_schema_takes_the_committed_stacks_and_they_point_at_it(stack: str) -> None:
    jsonschema.validate(stack_file(stack), json.loads(stack_file_schema()))
    text = (ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")
    assert text.startswith(f"# yaml-language-server: $schema=./{FILE}\n")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("vigil:alertz", {}),
        ("vigil:environment", "production"),
        ("vigil:alerts", {"HighErorRate": {}}),
        ("vigil:kubernetes", {"sise": "small"}),
        ("vigil:prometheus", {"retention": 15}),
        ("vigil:slack_bot_token", "xoxb-plain"),
    ],
)
def test_the_schema_refuses_what_the_program_refuses(key: str, value: object) -> None:
    content = stack_file("prod")
    content["config"][key] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, json.loads(stack_file_schema()))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in entries:
        found += places(item, (*path, key))
    return found


PLACES = places(settings_of("prod"))


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(PLACES), value=JSON)
def test_anything_anywhere_is_either_valid_or_told(path: tuple[Any, ...], value: Any) -> None:
    written = copy.deepcopy(settings_of("prod"))
    place: Any = written
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    try:
        parse_settings(written, file="Pulumi.prod.yaml")
    except InvalidFiles as error:
        assert error.problems
        assert all(p.file == "Pulumi.prod.yaml" and p.key.startswith("vigil:") and p.allowed for p in error.problems)
