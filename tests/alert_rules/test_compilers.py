"""Compiling: overrides change figures, split rules without overlap or gap, and leave nothing of what is disabled."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alert_rules import declared, registry
from alert_rules.compilers.cloudwatch import CompiledAlarm, compile_alarms
from alert_rules.compilers.common import Links, ResourceScope, ServiceScope
from alert_rules.compilers.prometheus import compile_rules
from alert_rules.compilers.rules import CompiledRules
from alert_rules.loader import builtin
from alert_rules.model import PrometheusAlert

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
    return [rule for rule in every_rule(result) if rule.get("alert") == name]


def recorded(result: CompiledRules, alert: str) -> list[dict[str, Any]]:
    """The rules that record something for the alert alone."""
    return [rule for rule in every_rule(result) if rule.get("record", "").startswith(f"{alert}:")]


def every_rule(result: CompiledRules) -> list[dict[str, Any]]:
    return [rule for file in result.files.values() for group in file["groups"] for rule in group["rules"]]


def watches(rule: dict[str, Any], service: str) -> bool:
    """Whether every selector of the rule matches series of the service, as Prometheus anchors its expressions."""
    selectors = re.findall(r"\{([^{}]*service[^{}]*)\}", rule["expr"])
    assert selectors
    verdicts = set()
    for selector in selectors:
        matchers = re.findall(r'service(=~|!~|!=|=)"([^"]*)"', selector)
        verdicts.add(all(_matches(op, value, service) for op, value in matchers))
    assert len(verdicts) == 1, f"the selectors of {rule} disagree"
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


def test_two_files_of_one_name_are_refused_rather_than_one_lost() -> None:
    with pytest.raises(ValueError, match="http.yaml: the name of two rule files"):
        CompiledRules({"http.yaml": {}}) + CompiledRules({"http.yaml": {}})


@pytest.mark.parametrize("name", [alert.name for alert in builtin().prometheus])
def test_a_disabled_alert_leaves_nothing(name: str) -> None:
    result = compiled({name: {"enabled": False}})
    assert rules(result, name) == []  # another may name it in its condition, which then finds nothing
    assert recorded(result, name) == []
    assert name not in {line.name for line in result.alerts}


def test_a_subject_without_an_alert_leaves_no_file() -> None:
    assert "ai.yaml" not in compiled({"AIRequestFailures": {"enabled": False}}).files


def test_a_service_may_be_missed_sooner_than_the_others() -> None:
    services = [ServiceScope("a", "t"), ServiceScope("b", "u", {"ServiceMissing": {"for": "1m"}})]
    found = rules(compiled(services=services), "ServiceMissing")
    assert [(rule["for"], watches(rule, "a"), watches(rule, "b")) for rule in found] == [
        ("1m", False, True),
        ("5m", True, False),
    ]


def test_what_is_declared_and_scraped_is_recorded_under_its_name_and_team() -> None:
    services = [ServiceScope("b", "u"), ServiceScope("a", "t"), ServiceScope("unscraped", "t", scraped=False)]
    assert declared.recording_rules(services) == {
        "declared.yaml": {
            "groups": [
                {
                    "name": "declared",
                    "interval": "1m",
                    "rules": [
                        {"record": declared.SERVICE, "expr": "vector(1)", "labels": {"service": "a", "team": "t"}},
                        {"record": declared.SERVICE, "expr": "vector(1)", "labels": {"service": "b", "team": "u"}},
                    ],
                }
            ]
        }
    }
    assert declared.recording_rules(services[2:]) == {}


# --- what is recorded for an alert ------------------------------------------------------------------------------


def test_an_alert_reads_what_is_recorded_for_it_and_all_of_its_condition_is_somewhere() -> None:
    for alert in builtin().prometheus:
        result = compiled()
        [rule] = rules(result, alert.name)
        whole = rule["expr"]
        for each in recorded(result, alert.name):
            read = f'last_over_time({each["record"]}{{service!=""}}[25m])'
            assert read in whole, "recorded, and never read"
            whole = whole.replace(read, f"(\n{each['expr']}\n)")
        assert whole == alert.default_query


def test_something_is_recorded_every_ten_minutes_after_the_alerts_of_its_subject() -> None:
    with_recordings = {alert.subject for alert in builtin().prometheus if alert.recorded}
    assert with_recordings >= {"anomalies", "jobs", "pipelines"}
    for name, file in compiled().files.items():
        recording = [group for group in file["groups"] if any("record" in rule for rule in group["rules"])]
        subject = name.removesuffix(".yaml")
        assert [(group["name"], group["interval"]) for group in recording] == (
            [(f"{subject}-recorded", "10m")] if subject in with_recordings else []
        )
        assert recording in ([], [file["groups"][-1]])


@given(
    overridden=st.dictionaries(
        st.sampled_from(NAMES), st.sampled_from([{"window": "1h"}, {"window": "20m"}, {"enabled": False}])
    )
)
def test_what_a_service_overrides_is_recorded_for_it_once_with_its_own_figures(overridden: dict[str, Any]) -> None:
    services = [
        ServiceScope(name, "team", {"TrafficDropped": overridden[name]} if name in overridden else {}) for name in NAMES
    ]
    result = compiled(services=services)
    found = recorded(result, "TrafficDropped")
    for name in [*NAMES, "never-heard-of"]:
        own = overridden.get(name, {})
        mine = [rule for rule in found if watches(rule, name)]
        assert [rule["record"] for rule in mine] == (
            [] if own.get("enabled") is False else ["TrafficDropped:last_week", "TrafficDropped:week_before"]
        )
        for rule in mine:
            assert f"[{own.get('window', '30m')}] offset" in rule["expr"]
            assert rule.get("labels", {}) == ({"service": name} if own else {})


RECORDING = {
    "name": "Probe",
    "subject": "probe",
    "severity": "low",
    "for": "5m",
    "dashboard": "main",
    "condition": "c",
    "summary": "s",
    "description": "d",
    "reason": "Ours: for this test alone.",
    "expression": "rate(a{$selector}[5m]) > $past",
    "recorded": {"past": "rate(a{$selector}[5m] offset 1d)"},
}


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"recorded": {"Past": "a{$selector}"}, "expression": "a{$selector} > $Past"}, "a name in snake_case"),
        ({"recorded": {"selector": "a{$selector}"}, "expression": "a{$selector} > 1"}, "a name in snake_case"),
        ({"recorded": {"past": "a{$selector} > $ 1"}}, "to hold placeholders of parameters alone"),
        (
            {
                "recorded": {"past": "a{$selector}", "older": "$past offset 1d"},
                "expression": "a{$selector} > $past + $older",
            },
            "`recorded.older` to hold placeholders of parameters alone",
        ),
        ({"recorded": {"past": "up"}}, "`recorded.past` to hold \\$selector"),
        ({"expression": "a{$selector} > 1"}, r"used in `expression`; unused: \['past'\]"),
        ({"recorded": {"past": "a{$selector} > $line"}}, r"undeclared: \['line'\]"),
    ],
)
def test_what_cannot_be_recorded_is_refused(keys: dict[str, Any], told: str) -> None:
    PrometheusAlert(**RECORDING)
    with pytest.raises(ValidationError, match=told):
        PrometheusAlert(**(RECORDING | keys))


def test_zero_for_means_at_once() -> None:
    assert "for" not in rules(compiled({"ServiceDown": {"for": "0s"}}), "ServiceDown")[0]


def test_every_rule_has_a_line_in_the_alert_table() -> None:
    services = [ServiceScope("a", "t", {"HighErrorRate": {"threshold": "2%"}})]
    result = compiled(services=services)
    count = sum("alert" in rule for rule in every_rule(result))
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
