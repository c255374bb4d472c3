"""policy.json says to the router exactly what the settings and the catalogue say."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alert_rules import loader
from alert_rules.model import Severity
from components import manifests
from components.aws.policy import policy_document
from components.aws.topics import topic_arn
from lambdas.common import alert
from lambdas.common.policy import Mode, Policy, Route
from tests.components.aws import deployment

ECS_TARGET = alert.Target("ecs", deployment.ECS)


def document(**changes: Any) -> dict[str, Any]:
    where = deployment.context()
    return policy_document(
        deployment.settings(**changes),
        context=where,
        alarms=deployment.alarms(),
        topics={topic_arn(where, severity): severity for severity in Severity},
        links=deployment.LINKS,
    )


def policy(**changes: Any) -> Policy:
    """The policy as the router reads it."""
    return Policy.read(json.loads(json.dumps(document(**changes))))


def shipped() -> Policy:
    """The policy in the rendered zip of the router."""
    function = deployment.production().named("aws:lambda/function:Function", "aws-alert_router")
    return Policy.read(json.loads(function.inputs["code"].files["policy.json"]))


def test_the_policy_in_the_zip_is_the_one_of_the_settings() -> None:
    assert shipped() == policy()


def test_the_router_knows_every_alarm_that_is_declared() -> None:
    declared = deployment.production().of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert set(shipped().alarms) == {alarm.inputs["name"] for alarm in declared}


def test_the_router_knows_every_topic_that_is_declared() -> None:
    # The heartbeat is counted, not routed.
    policies = deployment.production().of_type("aws:sns/topicPolicy:TopicPolicy")
    declared = [policy for policy in policies if not policy.inputs["arn"].endswith("heartbeat")]
    assert {arn: severity.value for arn, severity in shipped().topics.items()} == {
        topic.inputs["arn"]: topic.inputs["arn"].rsplit("-", 1)[1] for topic in declared
    }


def test_an_alarm_says_whose_it_is_and_where_to_read_on() -> None:
    known = policy().alarms["vigil-prod-ml-service-EcsHighCpuUtilization"]
    assert (known.alert, known.resource, known.service, known.team) == (
        "EcsHighCpuUtilization",
        "ml-service",
        "ml-service",
        "ml",
    )
    assert known.severity is alert.Severity.HIGH
    assert known.runbook_url == "https://runbooks.example.com/EcsHighCpuUtilization.md"
    assert known.dashboard_url == (
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home"
        "?region=eu-west-1#dashboards/dashboard/vigil-prod-resources"
    )
    declared = deployment.production().of_type("aws:cloudwatch/dashboard:Dashboard")
    assert "vigil-prod-resources" in {dashboard.inputs["dashboardName"] for dashboard in declared}


def test_an_alarm_of_a_service_names_the_remediation_and_its_target() -> None:
    known = policy().alarms["vigil-prod-ml-service-EcsHighCpuUtilization"]
    assert (known.remediation, known.target) == ("scale_out_service", ECS_TARGET)


def test_an_alarm_of_a_whole_cluster_has_no_target() -> None:
    known = policy().alarms["vigil-prod-cluster-EcsHighCpuUtilization"]
    assert (known.remediation, known.target) == ("scale_out_service", None)


def test_an_alarm_that_nothing_answers_has_neither_remediation_nor_target() -> None:
    known = policy().alarms["vigil-prod-ml-service-EcsHighMemoryUtilization"]
    assert (known.remediation, known.target) == (None, None)


def test_a_service_is_a_target_where_an_action_is_for_its_platform() -> None:
    services = policy().services
    assert services["ml-service"].target == ECS_TARGET
    assert services["checkout"].target is None
    assert services["checkout"].team == "payments"


def test_every_alert_that_comes_from_alertmanager_has_its_runbook() -> None:
    known = policy().alerts
    assert set(known) == {rule.name for rule in loader.builtin().rules}
    assert {"HighErrorRate", "LogErrorsSurging"} <= set(known)
    for name, entry in known.items():
        assert entry.runbook_url == f"https://runbooks.example.com/{name}.md"
        assert entry.remediation == manifests.remediation_for(name)


def test_slack_channels_become_routes_and_the_other_severities_have_none() -> None:
    routes = policy().routes
    assert routes[alert.Severity.CRITICAL] == (Route("slack", "#alerts-critical"),)
    assert routes[alert.Severity.HIGH] == (Route("slack", "#alerts-high"),)
    assert {severity for severity, to in routes.items() if not to} == {"medium", "low", "info"}


def test_without_slack_nobody_is_notified_by_the_router() -> None:
    receivers = {**deployment.WRITTEN["receivers"], "slack": None}
    assert set(policy(receivers=receivers).routes.values()) == {()}


def test_an_actions_own_mode_and_limits_win_over_the_general_ones() -> None:
    own = policy().remediation["scale_out_service"]
    assert (own.mode, dict(own.limits)) == (
        Mode.AUTOMATIC,
        {"step": 2, "max_capacity": 6, "cooldown_seconds": 900},
    )


@pytest.mark.parametrize("mode", ["off", "dry_run", "automatic"])
def test_the_general_mode_holds_where_an_action_has_none(mode: str) -> None:
    general = policy(remediation={"mode": mode}).remediation["scale_out_service"]
    assert (general.mode, general.limits["max_capacity"]) == (Mode(mode), 10)
