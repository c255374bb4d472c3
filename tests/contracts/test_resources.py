"""What holds for every resource of every committed stack."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import pytest

from alert_rules.model import Severity
from lambdas.common.policy import Policy
from tests import rendered
from tests.rendered import STACKS

every_stack = pytest.mark.parametrize("stack", STACKS)


@every_stack
def test_every_resource_names_its_provider(stack: str) -> None:
    providers = {
        "aws": "urn:pulumi:{}::vigil::vigil:stack:Stack$pulumi:providers:aws::aws::",
        "kubernetes": "urn:pulumi:{}::vigil::vigil:stack:Stack$pulumi:providers:kubernetes::kubernetes::",
    }
    custom = [r for r in rendered.stack(stack).recording.resources if r.custom and not r.type.startswith("pulumi:")]
    assert len(custom) > 100
    for resource in custom:
        expected = providers[resource.type.split(":")[0]].format(stack)
        assert (resource.provider or "").startswith(expected), f"{resource.urn} has provider {resource.provider}"


@every_stack
def test_every_custom_resource_belongs_to_a_component_of_vigil(stack: str) -> None:
    for resource in rendered.stack(stack).recording.resources:
        if resource.custom:
            assert resource.parent and "vigil:" in resource.parent, resource.urn


@every_stack
def test_component_types_are_of_one_form(stack: str) -> None:
    types = {r.type for r in rendered.stack(stack).recording.resources if not r.custom}
    assert types and all(re.fullmatch(r"vigil:[a-z]+:[A-Z][A-Za-z]+", type_) for type_ in types), types


@every_stack
def test_physical_names_are_unique_and_of_one_formula(stack: str) -> None:
    names: Counter[tuple[str, str]] = Counter()
    for resource in rendered.stack(stack).recording.of_type("aws:"):
        name = resource.inputs.get("name") or resource.inputs.get("dashboardName")
        if isinstance(name, str) and resource.type not in ("aws:kms/alias:Alias", "aws:iam/rolePolicy:RolePolicy"):
            names[(resource.type, name)] += 1
            assert re.fullmatch(rf"(/aws/lambda/)?vigil-{stack}-[A-Za-z0-9_-]+", name), f"{resource.urn}: {name}"
    assert names
    assert max(names.values()) == 1


@every_stack
def test_the_topics_that_alertmanager_is_told_are_the_topics_that_are_made(stack: str) -> None:
    recording = rendered.stack(stack).recording
    made = {
        f"arn:aws:sns:eu-west-1:{account(stack)}:{r.inputs['name']}" for r in recording.of_type("aws:sns/topic:Topic")
    }
    config = str(rendered.stack(stack).files["mounted/alertmanager/etc/alertmanager/alertmanager.yaml"])
    assert set(re.findall(r"topic_arn: (\S+)", config)) == made
    assert len(made) == len(Severity) + 1


def account(stack: str) -> str:
    return {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}[stack]


@every_stack
def test_both_providers_are_held_to_this_account_and_tag_everything(stack: str) -> None:
    provider = rendered.stack(stack).recording.named("pulumi:providers:aws", "aws").inputs
    assert json.loads(provider["allowedAccountIds"]) == [account(stack)]
    tags = json.loads(provider["defaultTags"])["tags"]
    assert tags == {"project": "vigil", "environment": stack, "managed-by": "pulumi"}


@every_stack
def test_no_config_map_comes_near_the_limit_of_the_api_server(stack: str) -> None:
    for manifest in rendered.manifests(stack):
        if manifest["kind"] == "ConfigMap":
            size = len(json.dumps(manifest))
            assert size < 900_000, f"{manifest['metadata']['name']} has {size} bytes; etcd takes 1 MiB"


@every_stack
def test_every_alert_says_who_is_told_where_it_comes_from_and_where_to_read_on(stack: str) -> None:
    for alert in rendered.stack(stack).alerts:
        assert alert["severity"] in list(Severity)
        assert alert["condition"] and "$" not in alert["condition"], alert
        assert alert["runbook_url"].endswith(f"/{alert['alert']}.md")


def test_production_tells_somebody_of_every_alert() -> None:
    alerts = rendered.stack("prod").alerts
    assert alerts
    # The source's table: low is written down, and nobody is told; info is less than that.
    assert {alert["severity"] for alert in alerts if not alert["notified"]} <= {"low", "info"}
    assert rendered.stack("prod").warnings == []


@every_stack
def test_exports_hold_endpoints_topics_and_dashboards(stack: str) -> None:
    exports: dict[str, Any] = rendered.stack(stack).recording.exports
    assert set(exports) == {
        "environment",
        "topic_arns",
        "cloudwatch_dashboards",
        "prometheus_url",
        "alertmanager_url",
        "grafana_url",
        "main_dashboard",
    }
    assert set(exports["topic_arns"]) == {str(severity) for severity in Severity}


@every_stack
def test_every_dead_letter_queue_is_watched(stack: str) -> None:
    recording = rendered.stack(stack).recording
    queues = {r.inputs["name"] for r in recording.of_type("aws:sqs/queue:Queue") if "dead-letters" in r.inputs["name"]}
    alarms = recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    watched = {
        a.inputs["dimensions"]["QueueName"]
        for a in alarms
        if a.inputs["metricName"] == "ApproximateNumberOfMessagesVisible"
    }
    assert watched == queues and len(queues) == 3


@every_stack
def test_the_routers_queue_is_watched(stack: str) -> None:
    recording = rendered.stack(stack).recording
    mapping = next(iter(recording.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")))
    queue = mapping.inputs["eventSourceArn"].rsplit(":", 1)[1]
    alarm = recording.named("aws:cloudwatch/metricAlarm:MetricAlarm", "aws-alarm-alert-path-AlertQueueStalled")
    assert alarm.inputs["dimensions"] == {"QueueName": queue}


@every_stack
def test_every_alarm_tells_a_topic_of_its_own_severity_both_ways(stack: str) -> None:
    alarms = list(rendered.stack(stack).recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm"))
    assert alarms
    for alarm in alarms:
        [topic] = alarm.inputs["alarmActions"]
        assert alarm.inputs["okActions"] == [topic]
        assert topic.endswith(f":vigil-{stack}-alerts-{alarm.inputs['tags']['severity']}")


@every_stack
def test_the_cluster_is_the_one_that_the_settings_name_and_live_files_change_in_place(stack: str) -> None:
    provider = rendered.stack(stack).recording.named("pulumi:providers:kubernetes", "kubernetes").inputs
    assert provider["context"] == f"arn:aws:eks:eu-west-1:{account(stack)}:cluster/universal-ai-tools-{stack}"
    # Without it a changed ConfigMap is deleted and made anew, and Prometheus is without rules in between.
    assert provider["enableConfigMapMutable"] == "true"


@every_stack
def test_the_router_takes_the_policy_that_is_shipped_to_it(stack: str) -> None:
    shipped = json.loads(str(rendered.stack(stack).files[f"lambda/vigil-{stack}-alert_router/policy.json"]))
    policy = Policy.read(shipped)
    alarms = rendered.stack(stack).recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    assert set(policy.alarms) == {alarm.inputs["name"] for alarm in alarms}
