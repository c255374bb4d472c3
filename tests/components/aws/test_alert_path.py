"""The queue between topics and router, the bus, and the dead-letter queues beside them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alert_rules.model import Severity
from components import manifests
from tests.components.aws import deployment

QUEUE = "aws:sqs/queue:Queue"
TOPIC = "arn:aws:sns:eu-west-1:123456789012:vigil-prod-alerts-{}"
SQS = "arn:aws:sqs:eu-west-1:123456789012:vigil-prod-{}"


def queue(name: str) -> Any:
    return deployment.production().named(QUEUE, f"aws-path-{name}").inputs


def allowed(name: str) -> dict[str, Any]:
    policy = deployment.production().named("aws:sqs/queuePolicy:QueuePolicy", f"aws-path-{name}")
    (statement,) = [s for s in deployment.document(policy) if s["Effect"] == "Allow"]
    return statement


def test_every_queue_is_encrypted_and_keeps_messages_for_two_weeks() -> None:
    queues = list(deployment.production().of_type(QUEUE))
    assert len(queues) == 4
    for resource in queues:
        assert resource.inputs["kmsMasterKeyId"].startswith("arn:aws:kms:"), resource.name
        assert resource.inputs["messageRetentionSeconds"] == 14 * 86400, resource.name


def test_a_message_stays_hidden_for_six_times_the_routers_timeout() -> None:
    timeout = manifests.builtin()["alert_router"].timeout.value
    assert queue("alerts")["visibilityTimeoutSeconds"] == 6 * timeout


def test_a_message_is_set_aside_after_five_deliveries() -> None:
    redrive = json.loads(queue("alerts")["redrivePolicy"])
    assert redrive == {"deadLetterTargetArn": SQS.format("alerts-dead-letters"), "maxReceiveCount": 5}


def test_the_dead_letter_queue_serves_the_alert_queue_alone() -> None:
    policy = deployment.production().named(
        "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy", "aws-path-alerts-dead-letters"
    )
    assert policy.inputs["queueUrl"].endswith("/vigil-prod-alerts-dead-letters")
    assert json.loads(policy.inputs["redriveAllowPolicy"]) == {
        "redrivePermission": "byQueue",
        "sourceQueueArns": [SQS.format("alerts")],
    }


def test_only_the_topics_send_to_the_alert_queue() -> None:
    statement = allowed("alerts")
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Action"] == ["sqs:SendMessage"]
    assert statement["Resource"] == [SQS.format("alerts")]
    sources = statement["Condition"]["ArnLike"]["aws:SourceArn"]
    assert sorted(sources) == sorted(TOPIC.format(severity) for severity in Severity)


def test_only_rules_of_the_alert_bus_send_to_the_functions_dead_letters() -> None:
    statement = allowed("function-dead-letters")
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {"aws:SourceArn": ["arn:aws:events:eu-west-1:123456789012:rule/vigil-prod-alerts/*"]}
    }


@pytest.mark.parametrize("severity", Severity)
def test_every_topic_feeds_the_alert_queue_with_its_envelope(severity: Severity) -> None:
    subscription = deployment.production().named("aws:sns/topicSubscription:TopicSubscription", f"aws-path-{severity}")
    assert subscription.inputs["topic"] == TOPIC.format(severity)
    assert subscription.inputs["endpoint"] == SQS.format("alerts")
    assert subscription.inputs["rawMessageDelivery"] is False, "the router reads the topic from the envelope"


def test_the_bus_keeps_its_events_for_thirty_days() -> None:
    archive = deployment.production().named("aws:cloudwatch/eventArchive:EventArchive", "aws-path-bus")
    bus = "arn:aws:events:eu-west-1:123456789012:event-bus/vigil-prod-alerts"
    assert archive.inputs["eventSourceArn"] == bus
    assert archive.inputs["retentionDays"] == 30
    assert len(archive.inputs["name"]) <= 48, "EventBridge takes 48 characters"


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_tables_can_be_restored_and_in_production_not_deleted_by_mistake(environment: str) -> None:
    recording = deployment.rendered(environment=environment)
    tables = list(recording.of_type("aws:dynamodb/table:Table"))
    assert len(tables) == 3
    for table in tables:
        assert table.inputs["billingMode"] == "PAY_PER_REQUEST", table.name
        assert table.inputs["pointInTimeRecovery"] == {"enabled": True}, table.name
        assert table.inputs["serverSideEncryption"] == {"enabled": True}, table.name
        assert table.inputs["deletionProtectionEnabled"] is (environment == "prod"), table.name
