"""One deployment of the AWS half as the recorder sees it: a small production system, alarms of every kind."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pulumi
import pulumi_aws as aws

from alert_rules import loader
from alert_rules.compilers.cloudwatch import CompiledAlarm, compile_alarms
from alert_rules.compilers.common import Links, ResourceScope
from cli.recorder import Recording, Resource, record
from components.access import AwsAccess
from components.aws.context import AwsContext
from components.aws.half import AwsHalf
from components.settings.model import Settings
from components.settings.parse import parse_settings

ACCOUNT = "123456789012"
REGION = "eu-west-1"
LINKS = Links("https://runbooks.example.com", "https://grafana.example.com")
ECS = {"cluster": "predictive", "service": "ml-service"}

WRITTEN: Mapping[str, Any] = {
    "environment": "prod",
    "links": {"runbooks": LINKS.runbooks, "grafana": LINKS.grafana},
    "aws": {"account_id": ACCOUNT},
    "kubernetes": {"eks_cluster": "tools", "namespace": "observability"},
    "prometheus": {"remote_write": {"workspace": "ws-0123"}},
    "thanos": {"bucket": "metrics-123"},
    "loki": {"bucket": "logs-123"},
    "jaeger": {"storage": "opensearch", "endpoint": "https://search.example.com:9200"},
    "jaeger_storage_password": {"kubernetes": {"secret": "search", "key": "password"}},
    "services": [
        {"name": "checkout", "team": "payments", "runs_on": {"kubernetes": {"namespace": "shop"}}},
        {"name": "ml-service", "team": "ml", "runs_on": {"ecs": ECS}},
    ],
    "receivers": {
        "slack": {"channels": {"critical": "#alerts-critical", "high": "#alerts-high"}},
        "email": {
            "to": "oncall@example.com",
            "sender": "alerts@example.com",
            "smarthost": "smtp.example.com:587",
            "username": "alerts",
            "severities": ["critical"],
        },
    },
    "slack_bot_token": {"secrets_manager": "chat/slack-token"},
    "smtp_password": {"kubernetes": {"secret": "smtp", "key": "password"}},
    "grafana_admin_password": {"kubernetes": {"secret": "grafana", "key": "password"}},
    "grafana_secret_key": {"kubernetes": {"secret": "grafana", "key": "secret-key"}},
    "maintenance": [
        {
            "name": "patching",
            "timezone": "Europe/Dublin",
            "days": ["sunday"],
            "start": "02:00",
            "end": "04:00",
            "services": ["checkout"],
        }
    ],
    "remediation": {
        "mode": "dry_run",
        "actions": {"scale_out_service": {"mode": "automatic", "limits": {"max_capacity": 6}}},
    },
}

RESOURCES = (
    ResourceScope("public", "alb", "gateway", "api", {"LoadBalancer": "app/public/50dc6c495c0c9188"}),
    ResourceScope("cluster", "ecs", "cluster", "api", {"ClusterName": "predictive"}),
    ResourceScope(
        "ml-service",
        "ecs",
        "ml-service",
        "ml",
        {"ClusterName": "predictive", "ServiceName": "ml-service"},
        target={"kind": "ecs", **ECS},
    ),
    ResourceScope("rul-model", "sagemaker_endpoint", "rul-model", "ml", {"EndpointName": "rul", "VariantName": "main"}),
    ResourceScope("sensors", "kinesis", "sensors", "data", {"StreamName": "sensors"}),
    ResourceScope("ml-metrics", "ml_service", "ml-service", "ml", {}),
    ResourceScope("pipeline", "data_pipeline", "pipeline", "data", {}),
    ResourceScope("fleet", "engine_fleet", "fleet", "ml", {}),
    ResourceScope("predictions", "prediction_quality", "predictions", "ml", {}),
)


ACCESS = {
    "alertmanager": ("observability", [AwsAccess.PUBLISH_ALERTS]),
    "prometheus": ("observability", [AwsAccess.WRITE_METRICS, AwsAccess.METRICS_BUCKET]),
    "thanos-store": ("observability", [AwsAccess.READ_METRICS_BUCKET]),
    "loki": ("observability", [AwsAccess.LOGS_BUCKET]),
    "otel-gateway": ("observability", [AwsAccess.WRITE_TRACES]),
    "cloudwatch-exporter": ("observability", [AwsAccess.READ_METRIC_DATA]),
    "grafana": ("observability", [AwsAccess.READ_CLOUDWATCH]),
}
"""What workloads of the cluster ask for on AWS."""


def settings(**changes: Any) -> Settings:
    """The settings of the deployment with the top-level keys replaced that are given; None leaves one out."""
    written = {key: value for key, value in {**WRITTEN, **changes}.items() if value is not None}
    return parse_settings(written, file="Pulumi.test.yaml").in_region(REGION)


def context(**changes: Any) -> AwsContext:
    """Where the deployment is."""
    return AwsContext.of(settings(**changes), REGION)


def alarms(**changes: Any) -> tuple[CompiledAlarm, ...]:
    """The compiled alarms of the deployment."""
    overrides = settings(**changes).alerts
    return compile_alarms(loader.builtin(), RESOURCES, overrides=overrides, links=LINKS)


def rendered(*, secret: str | None = None, **changes: Any) -> Recording:
    """The AWS half with these settings; `secret` is Slack's token as a Pulumi secret, not by reference."""

    def program() -> None:
        token = {"slack_bot_token": pulumi.Output.secret(secret)} if secret else {}
        chosen = settings(**changes, **token)
        where = AwsContext.of(chosen, REGION)
        AwsHalf(
            "aws",
            chosen,
            context=where,
            alarms=compile_alarms(loader.builtin(), RESOURCES, overrides=chosen.alerts, links=LINKS),
            resources=RESOURCES,
            links=LINKS,
            access=ACCESS if chosen.kubernetes.enabled else {},
            opts=pulumi.ResourceOptions(providers=[aws.Provider("aws", region=REGION)]),
        )

    return record(program, stack="test", settings={}, account=ACCOUNT, region=REGION)


def in_program(declare: Callable[[], object]) -> Recording:
    """What `declare` declares when it is the whole program."""

    def program() -> None:
        declare()

    return record(program, stack="test", settings={}, account=ACCOUNT, region=REGION)


@cache
def production() -> Recording:
    """The deployment as it is written, rendered once."""
    return rendered()


def document(resource: Resource, key: str = "policy") -> list[dict[str, Any]]:
    """The statements of a policy document among a resource's inputs."""
    found: list[dict[str, Any]] = json.loads(resource.inputs[key])["Statement"]
    return found
