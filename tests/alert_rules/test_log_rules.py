"""Compiling log alerts: each declared service is watched once, by a rule that knows its team, and what is disabled or has
no Loki leaves nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alert_rules import yaml12
from alert_rules.compilers.common import Links, ServiceScope
from alert_rules.compilers.loki import compile_log_rules
from alert_rules.compilers.rules import CompiledRules
from alert_rules.loader import builtin
from cli.preview import report
from components.stack import compile_content
from tests.components.kubernetes.examples import service, serving

LINKS = Links("https://runbooks.example.com", "https://grafana.example.com")
TEAMS = {"a": "x", "b": "y", "b-c": "x", "chat-service": "x", "redis": "y"}
NAMES = [alert.name for alert in builtin().loki]
OVERRIDES = st.dictionaries(
    st.sampled_from(list(TEAMS)),
    st.sampled_from([{"window": "10m"}, {"for": "10m"}, {"enabled": False}, {"severity": "critical"}]),
)


def compiled(
    overrides: dict[str, Any] | None = None,
    services: list[ServiceScope] | None = None,
    exporters: frozenset[str] = frozenset({"loki"}),
) -> CompiledRules:
    watched = [ServiceScope(name, team) for name, team in TEAMS.items()] if services is None else services
    return compile_log_rules(
        builtin().loki, overrides=overrides or {}, services=watched, exporters=exporters, links=LINKS
    )


def rules(result: CompiledRules, name: str) -> list[dict[str, Any]]:
    return [r for file in result.files.values() for g in file["groups"] for r in g["rules"] if r["alert"] == name]


def watched(rule: dict[str, Any]) -> set[str]:
    """Every service of which some selector of the rule reads lines, as Loki anchors its expressions."""
    found = re.findall(r'\{service(=~|=)"([^"]*)"\}', rule["expr"])
    assert len(found) == rule["expr"].count("{"), rule["expr"]
    return {name for name in TEAMS for op, value in found if (re.fullmatch if op == "=~" else str.__eq__)(value, name)}


@pytest.mark.parametrize("alert", NAMES)
@given(overridden=OVERRIDES)
def test_each_service_is_watched_by_exactly_one_rule_of_its_team_unless_it_is_disabled(
    alert: str, overridden: dict[str, Any]
) -> None:
    services = [
        ServiceScope(name, team, {alert: overridden[name]} if name in overridden else {})
        for name, team in TEAMS.items()
    ]
    found = rules(compiled(services=services), alert)
    for name, team in TEAMS.items():
        watching = [rule for rule in found if name in watched(rule)]
        assert len(watching) == (0 if overridden.get(name) == {"enabled": False} else 1), name
        assert {rule["labels"]["team"] for rule in watching} <= {team}
        assert {rule["labels"].get("service", name) for rule in watching} <= {name}


def test_a_rule_asks_for_the_services_of_one_team_and_names_it() -> None:
    found = rules(compiled(), "LogVolumeSurging")
    assert [(rule["expr"], rule["labels"]) for rule in found] == [
        (
            'sum by (service) (bytes_rate({service=~"a|b-c|chat-service"}[5m])) > 1048576',
            {"severity": "medium", "team": "x"},
        ),
        ('sum by (service) (bytes_rate({service=~"b|redis"}[5m])) > 1048576', {"severity": "medium", "team": "y"}),
    ]


def test_what_is_absent_is_asked_for_by_the_name_of_each_service() -> None:
    first, _ = rules(compiled(), "ServiceLogsMissing")
    assert first["expr"].splitlines() == [
        'absent_over_time({service="a"}[5m])',
        "or",
        'absent_over_time({service="b-c"}[5m])',
        "or",
        'absent_over_time({service="chat-service"}[5m])',
    ]
    assert (first["for"], first["labels"]) == ("1h", {"severity": "low", "team": "x"})


def test_a_services_override_is_a_rule_of_its_own_over_the_environments() -> None:
    services = [ServiceScope("a", "x", {"LogVolumeSurging": {"for": "20m"}}), ServiceScope("b", "x")]
    general, own = rules(compiled({"LogVolumeSurging": {"threshold": "2MiB"}}, services), "LogVolumeSurging")
    assert general["expr"] == 'sum by (service) (bytes_rate({service="b"}[5m])) > 2097152'
    assert own["expr"] == 'sum by (service) (bytes_rate({service="a"}[5m])) > 2097152'
    assert (general["for"], own["for"]) == ("10m", "20m")
    assert own["labels"] == {"severity": "medium", "team": "x", "service": "a"}


def test_a_service_may_keep_what_the_environment_disables() -> None:
    services = [ServiceScope("a", "x", {"PanicsLogged": {"enabled": True}}), ServiceScope("b", "x")]
    found = rules(compiled({"PanicsLogged": {"enabled": False}}, services), "PanicsLogged")
    assert [watched(rule) for rule in found] == [{"a"}]


@pytest.mark.parametrize("name", NAMES)
def test_a_disabled_alert_leaves_nothing(name: str) -> None:
    result = compiled({name: {"enabled": False}})
    assert name not in str(result.files)
    assert {line.name for line in result.alerts} == set(NAMES) - {name}


def test_without_an_enabled_alert_or_a_service_or_loki_there_is_no_file() -> None:
    assert compiled({name: {"enabled": False} for name in NAMES}) == CompiledRules()
    assert compiled(services=[]) == CompiledRules()
    assert compiled(exporters=frozenset({"application"})) == CompiledRules()


def test_zero_for_means_at_once() -> None:
    assert all("for" not in rule for rule in rules(compiled(), "PanicsLogged"))


def test_every_rule_has_a_line_in_the_alert_table() -> None:
    result = compiled(services=[ServiceScope("a", "x", {"PanicsLogged": {"threshold": 5}}), ServiceScope("b", "x")])
    count = sum(len(group["rules"]) for file in result.files.values() for group in file["groups"])
    assert len(result.alerts) == count
    assert {line.engine for line in result.alerts} == {"loki"}
    assert {line.source for line in result.alerts} == {"Loki, logs"}
    scopes = {line.scope for line in result.alerts if line.name == "PanicsLogged"}
    assert scopes == {"services of x but a", "a"}


def test_the_rules_of_a_thousand_services_of_a_hundred_teams_fit_a_config_map() -> None:
    own = {"LogErrorsSurging": {"threshold": "5%"}}
    services = [ServiceScope(f"service-{i:04}", f"team-{i // 10:03}", own if i % 10 == 0 else {}) for i in range(1000)]
    size = sum(len(yaml12.dump(content)) for content in compiled(services=services).files.values())
    assert 100_000 < size < 900_000  # etcd takes an object of 1 MiB


# --- what counts as a dying program -------------------------------------------------------------------------------

DYING = [
    "panic: runtime error: invalid memory address or nil pointer dereference",
    "fatal error: concurrent map writes",
    "Fatal Python error: Segmentation fault",
    "thread 'main' panicked at src/main.rs:4:5:",
    'Exception in thread "main" java.lang.OutOfMemoryError: Java heap space',
    "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
    '{"time":"2026-01-01T00:00:00Z","level":"fatal","msg":"no database"}',
    '{"severity": "PANIC", "message": "x"}',
    'ts=2026-01-01T00:00:00Z level=panic msg="x"',
]
LIVING = [
    "do not panic: all is well",
    '{"level":"error","msg":"fatal flaw"}',
    "level=info msg=fatality",
    # PostgreSQL's FATAL ends one session.
    'FATAL:  password authentication failed for user "app"',
    '{"error_severity":"FATAL","message":"password authentication failed"}',
    "200 GET /levels/fatal",
]


@pytest.mark.parametrize("line", DYING + LIVING)
def test_a_line_is_of_a_dying_program_or_not(line: str) -> None:
    [alert] = [alert for alert in builtin().loki if alert.name == "PanicsLogged"]
    [pattern] = re.findall("`([^`]+)`", alert.expression)
    assert bool(re.search(pattern, line)) is (line in DYING)


# --- in a stack ---------------------------------------------------------------------------------------------------

ON_ECS = {"name": "on-ecs", "team": "t", "runs_on": {"ecs": {"cluster": "c", "service": "s"}}}


def loki_of(**changes: Any) -> tuple[CompiledRules, dict[str, dict[str, str | bytes]]]:
    """The log rules of a stack of two services, and what Loki mounts, by directory."""
    content = compile_content(serving(service("checkout"), ON_ECS, **changes))
    mounted = {
        config.directory: dict(config.files)
        for spec in content.workloads
        if spec.name == "loki"
        for config in spec.config
    }
    return content.log_rules, mounted


def test_the_stack_watches_the_logs_of_services_in_the_cluster_alone_and_mounts_the_rules() -> None:
    result, mounted = loki_of()
    assert "checkout" in str(result.files)
    assert "on-ecs" not in str(result.files)
    assert set(mounted["/etc/loki/rules"]) == {"fake/logs.yaml"}
    assert "directory: /etc/loki/rules" in str(mounted["/etc/loki/config"]["loki.yaml"])


def test_without_a_rule_loki_has_neither_the_directory_nor_a_ruler_that_reads_it() -> None:
    result, mounted = loki_of(alerts={name: {"enabled": False} for name in NAMES})
    assert result == CompiledRules()
    assert set(mounted) == {"/etc/loki/config"}
    assert "ruler:" not in str(mounted["/etc/loki/config"]["loki.yaml"])


def test_without_loki_no_log_alert_is_in_the_table() -> None:
    content = compile_content(serving(service("checkout"), loki={"enabled": False}))
    assert content.log_rules == CompiledRules()
    assert {line.engine for line in content.alerts} == {"prometheus", "cloudwatch"}


@pytest.mark.parametrize(
    ("enabled", "expected"), [(True, "its logs alone are watched"), (False, "no alert can see it")]
)
def test_a_service_without_metrics_is_told_as_what_it_is(enabled: bool, expected: str) -> None:
    found = report.warnings(serving(service("checkout"), loki={"enabled": enabled, "bucket": "logs"}), [])
    assert f"service checkout has neither metrics nor a probe: {expected}" in found
