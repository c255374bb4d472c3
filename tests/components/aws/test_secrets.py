"""Slack's token: read where it is, or kept as a secret from settings to Secrets Manager."""

from __future__ import annotations

import pytest

from cli.recorder import Recording
from components.aws.secrets import ChannelSecret
from components.settings.types import KubernetesKey, Secret
from tests.components.aws import deployment

TOKEN = "xoxb-of-no-workspace"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"


def permitted(recording: Recording) -> list[str]:
    policy = recording.named("aws:iam/rolePolicy:RolePolicy", "aws-notifier")
    (statement,) = [s for s in deployment.document(policy) if "secretsmanager:GetSecretValue" in s["Action"]]
    return list(statement["Resource"])


def secret_id(recording: Recording) -> str:
    function = recording.named("aws:lambda/function:Function", "aws-notifier")
    return str(function.inputs["environment"]["variables"]["SLACK_SECRET_ID"])


def test_a_secret_that_exists_is_read_by_its_name_and_nothing_is_made() -> None:
    recording = deployment.production()
    assert not list(recording.of_type("aws:secretsmanager/"))
    assert secret_id(recording) == "chat/slack-token"
    assert permitted(recording) == ["arn:aws:secretsmanager:eu-west-1:123456789012:secret:chat/slack-token-??????"]


def test_a_pulumi_secret_is_put_into_secrets_manager_and_read_from_there() -> None:
    recording = deployment.rendered(secret=TOKEN)
    version = recording.named(VERSION, "aws-slack")
    assert version.inputs["secretString"] == TOKEN
    assert secret_id(recording) == "vigil-prod-slack"
    assert permitted(recording) == [version.inputs["secretId"]]


def test_a_pulumi_secret_stays_one_and_stands_nowhere_else() -> None:
    recording = deployment.rendered(secret=TOKEN)
    version = recording.named(VERSION, "aws-slack")
    assert ("secretString",) in version.secret_paths
    shown = [r.urn for r in recording.resources if TOKEN in str(r.masked)]
    assert shown == []
    held = [r.urn for r in recording.resources if TOKEN in str(r.inputs)]
    assert held == [version.urn]


def test_a_secret_that_only_the_cluster_can_read_is_an_error() -> None:
    secret, context = Secret(kubernetes=KubernetesKey(secret="slack", key="token")), deployment.context()
    with pytest.raises(ValueError, match="secrets_manager: NAME"):
        deployment.in_program(lambda: ChannelSecret("x", secret, channel="slack", context=context))
