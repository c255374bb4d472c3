"""Who may publish to the topics, and what becomes of what cannot be delivered."""

from __future__ import annotations

import json

import pytest

from alert_rules.model import Severity
from components.aws.topics import heartbeat_arn, topic_arn
from tests.components.aws import deployment

ARN = "arn:aws:sns:eu-west-1:123456789012:vigil-prod-alerts-{}"
DEAD_LETTERS = "arn:aws:sqs:eu-west-1:123456789012:vigil-prod-subscriptions-dead-letters"


@pytest.mark.parametrize("severity", Severity)
def test_a_topic_admits_alarms_of_this_account_and_nobody_else_by_itself(severity: Severity) -> None:
    policy = deployment.production().named("aws:sns/topicPolicy:TopicPolicy", f"aws-alerts-{severity}")
    allowed = [s for s in deployment.document(policy) if s["Effect"] == "Allow"]
    assert policy.inputs["arn"] == ARN.format(severity)
    assert [s["Principal"] for s in allowed] == [{"Service": "cloudwatch.amazonaws.com"}]
    assert all(s["Action"] == ["sns:Publish"] and s["Resource"] == [ARN.format(severity)] for s in allowed)
    [alarms] = allowed
    assert alarms["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*"},
    }


@pytest.mark.parametrize("severity", Severity)
def test_a_topic_refuses_everybody_without_tls(severity: Severity) -> None:
    policy = deployment.production().named("aws:sns/topicPolicy:TopicPolicy", f"aws-alerts-{severity}")
    (denied,) = [s for s in deployment.document(policy) if s["Effect"] == "Deny"]
    assert denied["Principal"] == "*"
    assert denied["Action"] == ["sns:Publish"]
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


EVERY_TOPIC = {
    *(topic_arn(deployment.context(), severity) for severity in Severity),
    heartbeat_arn(deployment.context()),
}


def test_every_severity_and_the_heartbeat_have_a_topic_under_the_key_of_our_own() -> None:
    key = deployment.production().named("aws:kms/key:Key", "aws-alerts-key")
    topics = list(deployment.production().of_type("aws:sns/topic:Topic"))
    assert sorted(topic.inputs["name"] for topic in topics) == sorted(arn.rsplit(":", 1)[1] for arn in EVERY_TOPIC)
    assert len({topic.inputs["kmsMasterKeyId"] for topic in topics}) == 1
    assert topics[0].inputs["kmsMasterKeyId"].startswith("arn:aws:kms:"), "alarms need a customer managed key"
    assert key.inputs["enableKeyRotation"] is True


def test_the_arn_of_a_topic_is_known_before_it_is_declared() -> None:
    policies = deployment.production().of_type("aws:sns/topicPolicy:TopicPolicy")
    assert {policy.inputs["arn"] for policy in policies} == EVERY_TOPIC


def test_the_key_serves_the_account_and_the_services_on_its_behalf() -> None:
    key = deployment.production().named("aws:kms/key:Key", "aws-alerts-key")
    administrators, services = deployment.document(key)
    assert administrators["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert services["Principal"] == {
        "Service": ["cloudwatch.amazonaws.com", "events.amazonaws.com", "sns.amazonaws.com"]
    }
    assert services["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert services["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_every_subscription_gives_up_its_messages_to_one_queue() -> None:
    subscriptions = list(deployment.production().of_type("aws:sns/topicSubscription:TopicSubscription"))
    assert len(subscriptions) == 6, "five to the queue, one by e-mail"
    for subscription in subscriptions:
        redrive = json.loads(subscription.inputs["redrivePolicy"])
        assert redrive == {"deadLetterTargetArn": DEAD_LETTERS}, subscription.name


def test_only_the_topics_send_to_that_queue() -> None:
    policy = deployment.production().named("aws:sqs/queuePolicy:QueuePolicy", "aws-alerts-dead-letters")
    (allowed,) = [s for s in deployment.document(policy) if s["Effect"] == "Allow"]
    assert allowed["Principal"] == {"Service": "sns.amazonaws.com"}
    assert allowed["Action"] == ["sqs:SendMessage"]
    assert sorted(allowed["Condition"]["ArnLike"]["aws:SourceArn"]) == sorted(ARN.format(s) for s in Severity)


def test_the_severities_of_the_settings_go_out_by_mail_too() -> None:
    mails = [
        subscription.inputs
        for subscription in deployment.production().of_type("aws:sns/topicSubscription:TopicSubscription")
        if subscription.inputs["protocol"] == "email"
    ]
    assert [(mail["topic"], mail["endpoint"]) for mail in mails] == [(ARN.format("critical"), "oncall@example.com")]
    assert [json.loads(mail["filterPolicy"]) for mail in mails] == [{"alertmanager": [{"exists": False}]}]
