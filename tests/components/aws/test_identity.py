"""Alertmanager's pods, and no others, may publish to the topics."""

from __future__ import annotations

import pytest

from alert_rules.model import Severity
from components.aws.identity import AlertmanagerIdentity
from tests.components.aws import deployment


def test_the_role_belongs_to_alertmanagers_service_account_in_this_cluster() -> None:
    association = deployment.production().named(
        "aws:eks/podIdentityAssociation:PodIdentityAssociation", "aws-alertmanager"
    )
    assert association.inputs == {
        "clusterName": "tools",
        "namespace": "observability",
        "serviceAccount": "alertmanager",
        "roleArn": "arn:aws:iam::123456789012:role/vigil-prod-alertmanager",
    }


def test_only_pod_identity_takes_the_role_on_and_only_for_these_pods() -> None:
    role = deployment.production().named("aws:iam/role:Role", "aws-alertmanager")
    (trust,) = deployment.document(role, "assumeRolePolicy")
    assert trust["Principal"] == {"Service": "pods.eks.amazonaws.com"}
    assert trust["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    assert trust["Condition"] == {
        "StringEquals": {
            "aws:SourceAccount": "123456789012",
            "aws:RequestTag/eks-cluster-arn": "arn:aws:eks:eu-west-1:123456789012:cluster/tools",
            "aws:RequestTag/kubernetes-namespace": "observability",
            "aws:RequestTag/kubernetes-service-account": "alertmanager",
        }
    }


def test_the_role_publishes_to_the_topics_and_uses_their_key_for_that_alone() -> None:
    policy = deployment.production().named("aws:iam/rolePolicy:RolePolicy", "aws-alertmanager")
    publish, key = deployment.document(policy)
    assert publish["Action"] == ["sns:Publish"]
    assert sorted(publish["Resource"]) == sorted(
        f"arn:aws:sns:eu-west-1:123456789012:vigil-prod-alerts-{severity}" for severity in Severity
    )
    assert key["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert key["Condition"] == {"StringEquals": {"kms:ViaService": "sns.eu-west-1.amazonaws.com"}}


def test_without_a_cluster_there_is_no_identity_to_give() -> None:
    kubernetes = deployment.settings().kubernetes.model_copy(update={"eks_cluster": None})
    with pytest.raises(ValueError, match=r"vigil:kubernetes\.eks_cluster: missing"):
        deployment.in_program(
            lambda: AlertmanagerIdentity("x", kubernetes, context=deployment.context(), topic_arns=["t"], key_arn="k")
        )
