"""What the deploy makes in AWS, made in moto, and sessions that read AWS's models from disk only once."""

from typing import Any

import boto3
import botocore.session
from botocore.loaders import create_loader

REGION = "eu-west-1"
ALARM = "prod-ml-service-EcsHighCpuUtilization"
LOADER = create_loader()


def session() -> boto3.session.Session:
    """Return a session of its own; AWS's models are read from disk only once, which is most of the time."""
    core = botocore.session.Session()
    core.register_component("data_loader", LOADER)
    return boto3.session.Session(botocore_session=core, region_name=REGION)


def deploy(session: Any) -> dict[str, str]:
    """Make what the functions use; return the names by the references of manifests."""
    _tables(session.client("dynamodb"))
    _service(session.client("ecs"))
    _alarm(session.client("cloudwatch"))
    session.client("events").create_event_bus(Name="vigil-alerts")
    queue = session.client("sqs").create_queue(QueueName="vigil-dead-letters")
    session.client("secretsmanager").create_secret(Name="vigil-slack", SecretString="xoxb-secret")
    return {
        "table.alerts": "vigil-alerts",
        "table.idempotency": "vigil-idempotency",
        "table.audit": "vigil-audit",
        "bus.alerts": "vigil-alerts",
        "queue.alerts_dead_letters": queue["QueueUrl"],
        "secret.slack": "vigil-slack",
    }


def _tables(dynamodb: Any) -> None:
    keys = {"alerts": ["fingerprint"], "idempotency": ["id"], "audit": ["target", "sk"]}
    for name, attributes in keys.items():
        kinds = zip(attributes, ["HASH", "RANGE"], strict=False)
        dynamodb.create_table(
            TableName=f"vigil-{name}",
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": attribute, "KeyType": kind} for attribute, kind in kinds],
            AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in attributes],
        )


def _service(ecs: Any) -> None:
    ecs.create_cluster(clusterName="predictive")
    container = {"name": "app", "image": "app:1", "memory": 128}
    ecs.register_task_definition(family="ml", containerDefinitions=[container])
    ecs.create_service(cluster="predictive", serviceName="ml-service", taskDefinition="ml", desiredCount=3)


def _alarm(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        Namespace="AWS/ECS",
        MetricName="CPUUtilization",
        Statistic="Average",
        Period=300,
        EvaluationPeriods=3,
        Threshold=80,
        ComparisonOperator="GreaterThanThreshold",
    )
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="load")
