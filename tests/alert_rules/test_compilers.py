"""Compiling: overrides change figures, split rules without overlap or gap, and leave nothing of what is disabled."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alert_rules import registry
from alert_rules.compilers.cloudwatch import CompiledAlarm, compile_alarms
from alert_rules.compilers.common import Links, ResourceScope, ServiceScope
from alert_rules.compilers.prometheus import compile_rules
from alert_rules.compilers.rules import CompiledRules
from alert_rules.loader import builtin

LINKS = Links("https://runbooks.example.com", "https://grafana.example.com")
NAMES = ["a", "b", "b-c", "chat-service", "redis"]


def compiled(overrides: dict[str, Any] | None = None, services: list[ServiceScope] | None = None) -> CompiledRules:
    return compile_rules(
        builtin().prometheus,
        overrides=overrides or {},
        services=services or [],
        exporters=registry.exporters(),
        links=LINKS,
    )


def rules(result: CompiledRules, name: str) -> list[dict[str, Any]]:
    return [r for file in result.files.values() for g in file["groups"] for r in g["rules"] if r["alert"] == name]


def watches(rule: dict[str, Any], service: str) -> bool:
    """Whether every selector of the rule matches series of the service, as Prometheus anchors its expressions."""
    selectors = re.findall(r"\{([^{}]*service[^{}]*)\}", rule["expr"])
    assert selectors
    verdicts = set()
    for selector in selectors:
        matchers = re.findall(r'service(=~|!~|!=|=)"([^"]*)"', selector)
        verdicts.add(all(_matches(op, value, service) for op, value in matchers))
    assert len(verdicts) == 1, f"the selectors of {rule['alert']} disagree"
    return verdicts.pop()


def _matches(op: str, value: str, service: str) -> bool:
    equal = bool(re.fullmatch(value, service)) if "~" in op else value == service
    return equal != op.startswith("!")


@given(
    overridden=st.dictionaries(
        st.sampled_from(NAMES),
        st.sampled_from([{"threshold": "2%"}, {"for": "10m"}, {"enabled": False}, {"severity": "low"}]),
    )
)
def test_each_service_is_watched_by_exactly_one_rule_unless_it_is_disabled(overridden: dict[str, Any]) -> None:
    services = [
        ServiceScope(name, "team", {"HighErrorRate": overridden[name]} if name in overridden else {}) for name in NAMES
    ]
    found = rules(compiled(services=services), "HighErrorRate")
    for name in [*NAMES, "never-heard-of"]:
        expected = 0 if overridden.get(name, {}).get("enabled") is False else 1
        assert sum(watches(rule, name) for rule in found) == expected, name


def test_a_series_without_a_service_is_watched_by_none() -> None:
    for alert in builtin().prometheus:
        assert not any(watches(rule, "") for rule in rules(compiled(), alert.name))


def test_an_environments_override_changes_its_figure_and_nothing_else() -> None:
    before, after = compiled(), compiled({"HighErrorRate": {"threshold": "2%"}})
    assert {name for name in before.files if before.files[name] != after.files[name]} == {"http.yaml"}
    old, new = rules(before, "HighErrorRate")[0], rules(after, "HighErrorRate")[0]
    assert new["expr"] == old["expr"].replace("> 0.05", "> 0.02")
    assert new["annotations"]["description"] == old["annotations"]["description"].replace("5%", "2%")


def test_a_services_override_builds_on_the_environments() -> None:
    services = [ServiceScope("a", "t", {"HighErrorRate": {"for": "10m"}})]
    own = rules(compiled({"HighErrorRate": {"threshold": "2%", "severity": "high"}}, services), "HighErrorRate")[1]
    assert (own["for"], own["labels"]["severity"]) == ("10m", "high")
    assert "> 0.02" in own["expr"]


def test_a_service_may_keep_what_the_environment_disables() -> None:
    services = [ServiceScope("a", "t", {"HighErrorRate": {"enabled": True}}), ServiceScope("b", "t")]
    found = rules(compiled({"HighErrorRate": {"enabled": False}}, services), "HighErrorRate")
    assert [watches(found[0], name) for name in ("a", "b")] == [True, False]
    assert len(found) == 1


def test_rules_of_one_subject_from_two_places_are_refused_rather_than_lost() -> None:
    with pytest.raises(ValueError, match="http.yaml: a subject"):
        CompiledRules({"http.yaml": {}}) + CompiledRules({"http.yaml": {}})


@pytest.mark.parametrize("name", [alert.name for alert in builtin().prometheus])
def test_a_disabled_alert_leaves_nothing(name: str) -> None:
    result = compiled({name: {"enabled": False}})
    assert rules(result, name) == []  # another may name it in its condition, which then finds nothing
    assert name not in {line.name for line in result.alerts}


def test_a_subject_without_an_alert_leaves_no_file() -> None:
    assert "ai.yaml" not in compiled({"AIRequestFailures": {"enabled": False}}).files


def test_a_service_that_is_not_scraped_is_never_missed_whatever_it_overrides() -> None:
    services = [
        ServiceScope("a", "t"),
        ServiceScope("unscraped", "t", {"ServiceMissing": {"for": "10m"}}, scraped=False),
    ]
    [rule] = rules(compiled(services=services), "ServiceMissing")
    assert rule["expr"] == 'absent(up{service="a",team="t",job!="probes"})'


def test_a_service_may_be_missed_sooner_than_the_others() -> None:
    services = [ServiceScope("a", "t"), ServiceScope("b", "u", {"ServiceMissing": {"for": "1m"}})]
    found = rules(compiled(services=services), "ServiceMissing")
    assert [(rule["for"], rule["expr"]) for rule in found] == [
        ("1m", 'absent(up{service="b",team="u",job!="probes"})'),
        ("5m", 'absent(up{service="a",team="t",job!="probes"})'),
    ]


def test_zero_for_means_at_once() -> None:
    assert "for" not in rules(compiled({"ServiceDown": {"for": "0s"}}), "ServiceDown")[0]


def test_every_rule_has_a_line_in_the_alert_table() -> None:
    services = [ServiceScope("a", "t", {"HighErrorRate": {"threshold": "2%"}})]
    result = compiled(services=services)
    count = sum(len(group["rules"]) for file in result.files.values() for group in file["groups"])
    assert len(result.alerts) == count == len(builtin().prometheus) + 1


def alarms(resource: ResourceScope, overrides: dict[str, Any] | None = None) -> dict[str, CompiledAlarm]:
    found = compile_alarms(builtin(), [resource], overrides=overrides or {}, links=LINKS)
    return {alarm.alert: alarm for alarm in found}


def resource(kind: str, dimensions: dict[str, str], **overrides: Any) -> ResourceScope:
    return ResourceScope("r", kind, "s", "t", dimensions, overrides=overrides)


def test_an_alarms_for_becomes_evaluation_periods() -> None:
    alb = resource("alb", {"LoadBalancer": "app/x/1"}, AlbHighErrorRate={"for": "30m"})
    assert alarms(alb)["AlbHighErrorRate"].evaluation_periods == 6


def test_a_resources_override_wins_over_the_environments() -> None:
    alb = resource("alb", {"LoadBalancer": "app/x/1"}, AlbHighErrorRate={"threshold": 50})
    assert alarms(alb, {"AlbHighErrorRate": {"threshold": 20}})["AlbHighErrorRate"].threshold == 50


def test_a_disabled_alarm_is_not_compiled() -> None:
    alb = resource("alb", {"LoadBalancer": "app/x/1"}, AlbHighErrorRate={"enabled": False})
    assert set(alarms(alb)) == {"AlbHighLatency"}


def test_fixed_dimensions_of_a_kind_are_added() -> None:
    assert alarms(resource("engine_fleet", {}))["CriticalEngineHealth"].dimensions == {"AlertLevel": "red"}
