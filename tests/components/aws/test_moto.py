"""An AWS in memory takes what is rendered, and the Lambdas' code finds there the tables that it expects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig
from moto import mock_aws

from alert_rules.model import Severity
from cli.recorder import Resource
from lambdas.alert_router.state import AlertStates
from lambdas.common.alert import Target
from lambdas.common.effects import Remediate
from lambdas.common.policy import Mode
from lambdas.common.remediation.action import Result
from lambdas.common.remediation.ledger import Ledger
from tests.components.aws import deployment
from tests.components.aws.test_event_route import ALERT

NOW = datetime(2026, 3, 1, 10, 1, tzinfo=UTC)


@pytest.fixture
def aws() -> Iterator[Any]:
    """A session on an AWS in memory."""
    with mock_aws():
        yield boto3.session.Session(region_name=deployment.REGION)


def inputs(type_: str) -> list[Mapping[str, Any]]:
    found = [resource.inputs for resource in deployment.production().of_type(type_)]
    assert found, type_
    return found


def capitalised(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The values that are given, under the names that boto3 knows them by."""
    return {theirs: values[ours] for ours, theirs in names.items() if ours in values}


def test_sns_takes_the_topics_and_their_policies(aws: Any) -> None:
    sns = aws.client("sns")
    for topic in inputs("aws:sns/topic:Topic"):
        sns.create_topic(Name=topic["name"], Attributes={"KmsMasterKeyId": topic["kmsMasterKeyId"]})
    for policy in inputs("aws:sns/topicPolicy:TopicPolicy"):
        sns.set_topic_attributes(TopicArn=policy["arn"], AttributeName="Policy", AttributeValue=policy["policy"])
    arns = {topic["TopicArn"] for topic in sns.list_topics()["Topics"]}
    assert arns == {policy["arn"] for policy in inputs("aws:sns/topicPolicy:TopicPolicy")}
    assert len(arns) == len(Severity) + 1


def test_sns_delivers_through_the_rendered_subscriptions(aws: Any) -> None:
    sns, sqs = aws.client("sns"), aws.client("sqs")
    create_queues(sqs)
    for topic in inputs("aws:sns/topic:Topic"):
        sns.create_topic(Name=topic["name"])
    for subscription in inputs("aws:sns/topicSubscription:TopicSubscription"):
        sns.subscribe(
            TopicArn=subscription["topic"],
            Protocol=subscription["protocol"],
            Endpoint=subscription["endpoint"],
            Attributes={"RedrivePolicy": subscription["redrivePolicy"]},
        )
    arn = f"arn:aws:sns:eu-west-1:{deployment.ACCOUNT}:vigil-prod-alerts-high"
    sns.publish(TopicArn=arn, Message="fire")
    url = sqs.get_queue_url(QueueName="vigil-prod-alerts")["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
    envelope = json.loads(message["Body"])
    assert (envelope["TopicArn"], envelope["Message"]) == (arn, "fire")


def test_sqs_takes_the_queues_and_their_policies(aws: Any) -> None:
    sqs = aws.client("sqs")
    create_queues(sqs)
    for policy in inputs("aws:sqs/queuePolicy:QueuePolicy"):
        sqs.set_queue_attributes(QueueUrl=policy["queueUrl"], Attributes={"Policy": policy["policy"]})
    for policy in inputs("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy"):
        sqs.set_queue_attributes(
            QueueUrl=policy["queueUrl"], Attributes={"RedriveAllowPolicy": policy["redriveAllowPolicy"]}
        )
    assert len(sqs.list_queues()["QueueUrls"]) == 4


def create_queues(sqs: Any) -> None:
    names = {
        "visibilityTimeoutSeconds": "VisibilityTimeout",
        "messageRetentionSeconds": "MessageRetentionPeriod",
        "kmsMasterKeyId": "KmsMasterKeyId",
        "redrivePolicy": "RedrivePolicy",
    }
    # A redrive policy must name a queue that exists.
    for queue in sorted(inputs("aws:sqs/queue:Queue"), key=lambda queue: "redrivePolicy" in queue):
        attributes = {name: str(value) for name, value in capitalised(queue, names).items()}
        sqs.create_queue(QueueName=queue["name"], Attributes=attributes)


def test_cloudwatch_takes_the_alarms(aws: Any) -> None:
    cloudwatch = aws.client("cloudwatch")
    names = {
        "name": "AlarmName",
        "alarmDescription": "AlarmDescription",
        "namespace": "Namespace",
        "metricName": "MetricName",
        "statistic": "Statistic",
        "extendedStatistic": "ExtendedStatistic",
        "period": "Period",
        "evaluationPeriods": "EvaluationPeriods",
        "threshold": "Threshold",
        "comparisonOperator": "ComparisonOperator",
        "unit": "Unit",
        "treatMissingData": "TreatMissingData",
        "alarmActions": "AlarmActions",
        "okActions": "OKActions",
    }
    for alarm in inputs("aws:cloudwatch/metricAlarm:MetricAlarm"):
        dimensions = [{"Name": key, "Value": value} for key, value in alarm.get("dimensions", {}).items()]
        cloudwatch.put_metric_alarm(**capitalised(alarm, names), Dimensions=dimensions)
    stored = {alarm["AlarmName"] for alarm in cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]}
    assert stored == {alarm["name"] for alarm in inputs("aws:cloudwatch/metricAlarm:MetricAlarm")}


def test_cloudwatch_takes_the_dashboards(aws: Any) -> None:
    cloudwatch = aws.client("cloudwatch")
    for dashboard in inputs("aws:cloudwatch/dashboard:Dashboard"):
        answer = cloudwatch.put_dashboard(
            DashboardName=dashboard["dashboardName"], DashboardBody=dashboard["dashboardBody"]
        )
        assert not answer.get("DashboardValidationMessages"), dashboard["dashboardName"]


def test_iam_takes_the_roles_and_their_policies(aws: Any) -> None:
    iam = aws.client("iam")
    for role in inputs("aws:iam/role:Role"):
        iam.create_role(RoleName=role["name"], AssumeRolePolicyDocument=role["assumeRolePolicy"])
    for policy in inputs("aws:iam/rolePolicy:RolePolicy"):
        iam.put_role_policy(RoleName=policy["role"], PolicyName=policy["name"], PolicyDocument=policy["policy"])
    assert len(iam.list_roles()["Roles"]) == 3 + len(deployment.ACCESS)


def test_eventbridge_takes_the_bus_its_rules_targets_and_archive(aws: Any) -> None:
    events = aws.client("events")
    for bus in inputs("aws:cloudwatch/eventBus:EventBus"):
        events.create_event_bus(Name=bus["name"])
    for rule in inputs("aws:cloudwatch/eventRule:EventRule"):
        events.put_rule(Name=rule["name"], EventBusName=rule["eventBusName"], EventPattern=rule["eventPattern"])
    for target in inputs("aws:cloudwatch/eventTarget:EventTarget"):
        events.put_targets(
            Rule=target["rule"],
            EventBusName=target["eventBusName"],
            Targets=[{"Id": target["targetId"], "Arn": target["arn"]}],
        )
    for archive in inputs("aws:cloudwatch/eventArchive:EventArchive"):
        events.create_archive(
            ArchiveName=archive["name"],
            EventSourceArn=archive["eventSourceArn"],
            RetentionDays=archive["retentionDays"],
        )
    rules = events.list_rules(EventBusName="vigil-prod-alerts")["Rules"]
    assert {"vigil-prod-notifier", "vigil-prod-scale_out_service"} <= {rule["Name"] for rule in rules}


@pytest.fixture
def dynamodb(aws: Any) -> Any:
    """A client of DynamoDB with the rendered tables."""
    client = aws.client("dynamodb")
    for table in inputs("aws:dynamodb/table:Table"):
        keys = [("hashKey", "HASH"), ("rangeKey", "RANGE")]
        client.create_table(
            TableName=table["name"],
            BillingMode=table["billingMode"],
            KeySchema=[{"AttributeName": table[key], "KeyType": kind} for key, kind in keys if key in table],
            AttributeDefinitions=[
                {"AttributeName": a["name"], "AttributeType": a["type"]} for a in table["attributes"]
            ],
            DeletionProtectionEnabled=table["deletionProtectionEnabled"],
        )
    return client


def item_that_expires(dynamodb: Any, table: str) -> None:
    """Asserts that what the code has written carries the attribute that the table takes as time to live."""
    resource: Resource = deployment.production().named("aws:dynamodb/table:Table", f"aws-path-tables-{table}")
    items = dynamodb.scan(TableName=resource.inputs["name"])["Items"]
    assert items, f"nothing is in {table}"
    for item in items:
        expires = item[resource.inputs["ttl"]["attributeName"]]
        assert int(expires["N"]) > NOW.timestamp(), f"{table}: {item}"


def test_the_router_finds_the_table_of_alerts_that_it_expects(dynamodb: Any) -> None:
    assert AlertStates(dynamodb, "vigil-prod-alerts").accept(ALERT, NOW)
    item_that_expires(dynamodb, "alerts")


def test_remediations_find_the_audit_table_that_they_expect(dynamodb: Any) -> None:
    target = Target("ecs", deployment.ECS)
    limits = {"cooldown_seconds": 900}
    request = Remediate("1", "scale_out_service", Mode.AUTOMATIC, target, limits)
    ledger = Ledger(dynamodb, "vigil-prod-audit")
    assert ledger.claim(request, NOW)
    ledger.record(request, ALERT, Result("skipped"), NOW)
    item_that_expires(dynamodb, "audit")


def test_powertools_finds_the_idempotency_table_that_it_expects(dynamodb: Any) -> None:
    store = DynamoDBPersistenceLayer(table_name="vigil-prod-idempotency", boto3_client=dynamodb)
    store.configure(IdempotencyConfig(), function_name="router")
    store.save_inprogress(data={"key": "transition"}, remaining_time_in_millis=1000)
    store.save_success(data={"key": "transition"}, result={})
    item_that_expires(dynamodb, "idempotency")
