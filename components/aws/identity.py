"""Who the stack's pods are on AWS: a role a workload, that its pods and only they take on through EKS Pod Identity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.access import AwsAccess
from components.aws import iam
from components.aws.context import AwsContext
from components.aws.topics import KEY_ACTIONS
from components.base import Component
from components.naming import physical_name
from components.settings.model import Settings


@dataclass(frozen=True)
class Granting:
    """What access is granted to: the topics and their key, and what the settings name."""

    settings: Settings
    context: AwsContext
    topic_arns: Sequence[pulumi.Input[str]]
    key_arn: pulumi.Input[str]


class PodIdentity(Component, area="aws"):
    """The role of one workload, its rights, and its association with the workload's service account."""

    association: aws.eks.PodIdentityAssociation

    def __init__(
        self,
        name: str,
        workload: str,
        namespace: str,
        access: Sequence[AwsAccess],
        *,
        granting: Granting,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        cluster, context = granting.settings.kubernetes.eks_cluster, granting.context
        if cluster is None:
            raise ValueError(f"vigil:kubernetes.eks_cluster: missing; {workload} reaches AWS through it")
        role = aws.iam.Role(
            name,
            name=physical_name("role", context.environment, workload),
            description=f"Pods of {workload}: {', '.join(each.replace('_', ' ') for each in access)}",
            assume_role_policy=_trust(cluster, namespace, workload, context),
            opts=self.child(),
        )
        statements = [statement for each in access for statement in _statements(each, granting)]
        policy = iam.document(*statements)
        rights = aws.iam.RolePolicy(name, name="access", role=role.name, policy=policy, opts=self.child())
        self.association = aws.eks.PodIdentityAssociation(
            name,
            cluster_name=cluster,
            namespace=namespace,
            service_account=workload,
            role_arn=role.arn,
            opts=self.child(depends_on=[rights]),
        )
        self.register_outputs({"role_arn": role.arn})


def _statements(access: AwsAccess, granting: Granting) -> list[iam.Statement]:
    """The statements that grant exactly one kind of access."""
    settings, context = granting.settings, granting.context
    match access:
        case AwsAccess.PUBLISH_ALERTS:
            through_topics = {"StringEquals": {"kms:ViaService": context.endpoint("sns")}}
            return [
                iam.allow(["sns:Publish"], granting.topic_arns),
                iam.allow(KEY_ACTIONS, [granting.key_arn], condition=through_topics),
            ]
        case AwsAccess.WRITE_METRICS:
            return [iam.allow(["aps:RemoteWrite"], [_workspace(granting)])]
        case AwsAccess.METRICS_BUCKET:
            return _bucket(settings.thanos.bucket, context, _CHANGE)
        case AwsAccess.READ_METRICS_BUCKET:
            return _bucket(settings.thanos.bucket, context, _READ)
        case AwsAccess.LOGS_BUCKET:
            return _bucket(settings.loki.bucket, context, _CHANGE)
        case AwsAccess.WRITE_TRACES:
            # X-Ray knows no resources that a policy could name.
            return [iam.allow(["xray:PutSpans", "xray:PutSpansForIndexing", "xray:PutTraceSegments"], ["*"])]
        case AwsAccess.READ_METRIC_DATA:
            # Nor does CloudWatch for what is read of it.
            return [iam.allow(["cloudwatch:GetMetricData", "cloudwatch:GetMetricStatistics"], ["*"])]
        case AwsAccess.READ_CLOUDWATCH:
            return [iam.allow(_GRAFANA, ["*"])]


_GRAFANA = (
    "cloudwatch:DescribeAlarmHistory",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:DescribeAlarmsForMetric",
    "cloudwatch:GetInsightRuleReport",
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "ec2:DescribeRegions",
    "logs:DescribeLogGroups",
    "logs:GetLogEvents",
    "logs:GetLogGroupFields",
    "logs:GetQueryResults",
    "logs:StartQuery",
    "logs:StopQuery",
    "tag:GetResources",
)
"""What Grafana's documentation of its CloudWatch data source asks for, without EC2's instances and tags."""


def _workspace(granting: Granting) -> str:
    wanted = granting.settings.prometheus.remote_write
    if wanted is None:
        raise ValueError("vigil:prometheus.remote_write is not set")
    context = granting.context
    region = wanted.region or context.region
    return f"arn:{context.partition}:aps:{region}:{context.account_id}:workspace/{wanted.workspace}"


_READ = ("s3:GetObject",)
_CHANGE = ("s3:AbortMultipartUpload", "s3:DeleteObject", *_READ, "s3:PutObject")


def _bucket(name: str | None, context: AwsContext, actions: Sequence[str]) -> list[iam.Statement]:
    if name is None:
        raise ValueError("no bucket is set")
    bucket = f"arn:{context.partition}:s3:::{name}"
    # A bucket of that name in another account is not ours, whoever took the name.
    ours = {"StringEquals": {"s3:ResourceAccount": context.account_id}}
    return [
        iam.allow(["s3:ListBucket"], [bucket], condition=ours),
        iam.allow(actions, [f"{bucket}/*"], condition=ours),
    ]


def _trust(cluster: str, namespace: str, account: str, context: AwsContext) -> pulumi.Output[str]:
    # The session tags that Pod Identity sets say which pod asks (EKS user guide, pod-id-role, pod-id-abac).
    # Not aws:SourceArn: a condition on it refused rightful pods (awslabs/mountpoint-s3-csi-driver issue 781).
    asked_by = {
        "aws:SourceAccount": context.account_id,
        "aws:RequestTag/eks-cluster-arn": context.arn("eks", f"cluster/{cluster}"),
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": account,
    }
    return iam.trust(
        "pods.eks.amazonaws.com",
        actions=("sts:AssumeRole", "sts:TagSession"),
        condition={"StringEquals": asked_by},
    )
