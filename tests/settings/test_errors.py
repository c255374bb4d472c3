"""What a person sees who makes a mistake in a stack file: file, key, value, what is allowed, the nearest known name."""

from __future__ import annotations

from typing import Any

import pytest

from alert_rules.problems import InvalidFiles
from components.settings.parse import parse_settings
from tests.settings.alerts import ALERTS
from tests.settings.changes import Change, sets
from tests.settings.examples import settings_of
from tests.settings.impossible import IMPOSSIBLE
from tests.settings.objectives import OBJECTIVES
from tests.settings.sections import SECTIONS
from tests.settings.watched import WATCHED

CASES: dict[str, tuple[Change, list[str]]] = {**IMPOSSIBLE, **OBJECTIVES, **SECTIONS, **ALERTS, **WATCHED}


def problems(change: Change, stack: str = "prod") -> list[str]:
    written = settings_of(stack)
    change(written)
    with pytest.raises(InvalidFiles) as caught:
        parse_settings(written, file=f"Pulumi.{stack}.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_so_that_it_can_be_mended(case: str) -> None:
    change, expected = CASES[case]
    found = problems(change)
    assert any(all(text in problem for text in expected) for problem in found), "\n".join(["got:", *found])


@pytest.mark.parametrize(
    "case",
    sorted(
        CASES.keys()
        - {
            "a half that is not enabled",
            "section that is no mapping",
            "production that pages nobody",
            "wildcard for an ECS service",
        }
    ),
)
def test_one_mistake_is_told_once(case: str) -> None:
    change, _ = CASES[case]
    assert len(problems(change)) == 1


def test_a_stack_that_names_no_cluster_is_refused() -> None:
    found = problems(sets("aws", to={"enabled": False}))
    assert any("vigil:kubernetes.context: missing; allowed: the kubeconfig context" in problem for problem in found)


def test_what_needs_aws_is_told_where_aws_is_not_enabled() -> None:
    found = problems(sets("aws", to={"enabled": False}))
    for expected in (
        "vigil:opentelemetry.xray: given True; allowed: unset while vigil:aws is not enabled",
        "vigil:exporters.cloudwatch: given True; allowed: unset while vigil:aws is not enabled",
        "vigil:object_storage: missing; allowed: where the buckets of thanos and loki are",
    ):
        assert any(expected in problem for problem in found), expected


def test_all_mistakes_are_told_at_once() -> None:
    names = [
        "unknown key inside",
        "bare number for a duration",
        "misspelt severity",
        "duplicate service",
        "secret in plain text",
        "receiver without its secret",
        "unknown kind",
    ]

    def change(written: dict[str, Any]) -> None:
        for name in names:
            CASES[name][0](written)

    found = problems(change)
    for name in names:
        assert any(all(text in problem for text in CASES[name][1]) for problem in found), f"{name} is not in {found}"
    assert len(found) == len(names)


def test_a_secret_never_shows_in_an_error() -> None:
    assert "xoxb-1234-oh-no" not in "\n".join(problems(CASES["secret in plain text"][0]))


def test_a_mistake_of_shape_hides_no_other_of_the_same_service() -> None:
    def change(written: dict[str, Any]) -> None:
        written["services"][0]["metrics"] = {"port": 8081, "interval": 10}
        written["services"][0]["alerts"] = {"HighErorRate": {"threshold": "2%"}}

    found = problems(change)
    assert len(found) == 2
    assert any("services[0].metrics.interval: given 10" in problem for problem in found)
    assert any("services[0].alerts.HighErorRate" in problem for problem in found)


@pytest.mark.parametrize("path", [("links",), ("services", 0, "runs_on"), ("links", "grafana")])
def test_a_misspelt_key_that_is_needed_is_one_mistake(path: tuple[str | int, ...]) -> None:
    def change(written: dict[str, Any]) -> None:
        place: Any = written
        for part in path[:-1]:
            place = place[part]
        place[f"{str(path[-1])[:-1]}"] = place.pop(path[-1])

    [problem] = problems(change)
    assert f"did you mean '{path[-1]}'?" in problem
