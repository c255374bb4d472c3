"""YAML is read as Pulumi's engine reads it, so that `vigil preview` and `pulumi up` see the same settings."""

from __future__ import annotations

import pytest
import yaml

from alert_rules import yaml12


@pytest.mark.parametrize("word", ["on", "off", "yes", "no", "y", "n", "On", "10:00", "02:30", "2026-01-01"])
def test_words_and_times_stay_text(word: str) -> None:
    assert yaml12.load(f"key: {word}") == {"key": word}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("12", 12),
        ("-1", -1),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("~", None),
        ("null", None),
    ],
)
def test_scalars_of_yaml_1_2_are_read(text: str, value: object) -> None:
    assert yaml12.load(f"key: {text}") == {"key": value}


@pytest.mark.parametrize(
    "content", [{"a": "off", "b": ["10:00", "true", "1", ""]}, {"text": "two\nlines\n"}, {"é": "ü"}]
)
def test_what_is_written_reads_back_the_same(content: object) -> None:
    assert yaml12.load(yaml12.dump(content)) == content


def test_a_key_that_stands_twice_is_refused_with_both_places() -> None:
    with pytest.raises(yaml.YAMLError, match=r"(?s)the key 'a' stands twice, first in line 1.*line 3"):
        yaml12.load("a: 1\nb: 2\na: 3\n")
    assert yaml12.load("a: {b: 1}\nc: {b: 2}\n") == {"a": {"b": 1}, "c": {"b": 2}}
