"""Who Alertmanager is on AWS: a role that its pods, and only they, take on through EKS Pod Identity."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.aws import iam
from components.aws.context import AwsContext
from components.aws.topics import KEY_ACTIONS
from components.base import Component
from components.naming import physical_name
from components.settings.model import Kubernetes

SERVICE_ACCOUNT = "alertmanager"


class AlertmanagerIdentity(Component, area="aws"):
    """The role, its right to publish to these topics, and its association with Alertmanager's service account."""

    association: aws.eks.PodIdentityAssociation

    def __init__(
        self,
        name: str,
        kubernetes: Kubernetes,
        *,
        context: AwsContext,
        topic_arns: Sequence[pulumi.Input[str]],
        key_arn: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        if kubernetes.eks_cluster is None:
            raise ValueError("vigil:kubernetes.eks_cluster: missing; Alertmanager reaches SNS through it")
        role = aws.iam.Role(
            name,
            name=physical_name("role", context.environment, SERVICE_ACCOUNT),
            description="Alertmanager, which publishes alerts to the SNS topics",
            assume_role_policy=_trust(kubernetes.eks_cluster, kubernetes.namespace, context),
            opts=self.child(),
        )
        through_topics = {"StringEquals": {"kms:ViaService": context.endpoint("sns")}}
        policy = iam.document(
            iam.allow(["sns:Publish"], topic_arns),
            iam.allow(KEY_ACTIONS, [key_arn], condition=through_topics),
        )
        publish = aws.iam.RolePolicy(name, name="publish", role=role.name, policy=policy, opts=self.child())
        self.association = aws.eks.PodIdentityAssociation(
            name,
            cluster_name=kubernetes.eks_cluster,
            namespace=kubernetes.namespace,
            service_account=SERVICE_ACCOUNT,
            role_arn=role.arn,
            opts=self.child(depends_on=[publish]),
        )
        self.register_outputs({"role_arn": role.arn})


def _trust(cluster: str, namespace: str, context: AwsContext) -> pulumi.Output[str]:
    # The session tags that Pod Identity sets say which pod asks (EKS user guide, pod-id-role, pod-id-abac).
    # Not aws:SourceArn: a condition on it refused rightful pods (awslabs/mountpoint-s3-csi-driver issue 781).
    asked_by = {
        "aws:SourceAccount": context.account_id,
        "aws:RequestTag/eks-cluster-arn": context.arn("eks", f"cluster/{cluster}"),
        "aws:RequestTag/kubernetes-namespace": namespace,
        "aws:RequestTag/kubernetes-service-account": SERVICE_ACCOUNT,
    }
    return iam.trust(
        "pods.eks.amazonaws.com",
        actions=("sts:AssumeRole", "sts:TagSession"),
        condition={"StringEquals": asked_by},
    )
