"""The pods of a workload, and no others, may do on AWS what the workload asks for, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from alert_rules.model import Severity
from components.access import AwsAccess
from components.aws.identity import Granting, PodIdentity
from tests.components.aws import deployment


def rights(workload: str) -> list[dict[str, Any]]:
    """The statements of the workload's policy."""
    policy = deployment.production().named("aws:iam/rolePolicy:RolePolicy", f"aws-{workload}")
    return deployment.document(policy)


def test_the_role_belongs_to_the_workloads_service_account_in_this_cluster() -> None:
    for workload in deployment.ACCESS:
        association = deployment.production().named(
            "aws:eks/podIdentityAssociation:PodIdentityAssociation", f"aws-{workload}"
        )
        assert association.inputs == {
            "clusterName": "tools",
            "namespace": "observability",
            "serviceAccount": workload,
            "roleArn": f"arn:aws:iam::123456789012:role/vigil-prod-{workload}",
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


def test_alertmanager_publishes_to_the_topics_and_uses_their_key_for_that_alone() -> None:
    publish, key = rights("alertmanager")
    assert publish["Action"] == ["sns:Publish"]
    names = [*(f"alerts-{severity}" for severity in Severity), "heartbeat"]
    assert sorted(publish["Resource"]) == sorted(
        f"arn:aws:sns:eu-west-1:123456789012:vigil-prod-{name}" for name in names
    )
    assert key["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert key["Condition"] == {"StringEquals": {"kms:ViaService": "sns.eu-west-1.amazonaws.com"}}


def test_a_bucket_is_read_written_and_cleaned_by_those_who_keep_something_in_it() -> None:
    ours = {"StringEquals": {"s3:ResourceAccount": "123456789012"}}
    for workload, bucket in (("prometheus", "metrics-123"), ("loki", "logs-123")):
        listing, objects = rights(workload)[-2:]
        assert (listing["Action"], listing["Resource"]) == (["s3:ListBucket"], [f"arn:aws:s3:::{bucket}"])
        assert objects["Resource"] == [f"arn:aws:s3:::{bucket}/*"]
        assert set(objects["Action"]) == {
            "s3:AbortMultipartUpload",
            "s3:DeleteObject",
            "s3:GetObject",
            "s3:PutObject",
        }
        assert listing["Condition"] == objects["Condition"] == ours


def test_who_only_answers_for_what_is_in_a_bucket_only_reads_it() -> None:
    listing, objects = rights("thanos-store")
    assert (listing["Action"], objects["Action"]) == (["s3:ListBucket"], ["s3:GetObject"])
    assert objects["Resource"] == ["arn:aws:s3:::metrics-123/*"]


def test_metrics_are_written_to_their_own_workspace() -> None:
    write = rights("prometheus")[0]
    assert write["Action"] == ["aps:RemoteWrite"]
    assert write["Resource"] == ["arn:aws:aps:eu-west-1:123456789012:workspace/ws-0123"]


@pytest.mark.parametrize("workload", ["otel-gateway", "cloudwatch-exporter", "grafana"])
def test_what_knows_no_resources_is_granted_by_named_actions(workload: str) -> None:
    (statement,) = rights(workload)
    assert statement["Resource"] == ["*"]
    assert not [action for action in statement["Action"] if "*" in action]
    if workload != "otel-gateway":
        assert not [a for a in statement["Action"] if a.split(":")[1].startswith(("Put", "Delete", "Create", "Update"))]


def test_without_a_cluster_there_is_no_identity_to_give() -> None:
    chosen = deployment.settings()
    nowhere = chosen.model_copy(update={"kubernetes": chosen.kubernetes.model_copy(update={"eks_cluster": None})})
    granting = Granting(nowhere, deployment.context(), ["t"], "k")
    with pytest.raises(ValueError, match=r"vigil:kubernetes\.eks_cluster: missing"):
        deployment.in_program(
            lambda: PodIdentity("x", "alertmanager", "a", [AwsAccess.PUBLISH_ALERTS], granting=granting)
        )
