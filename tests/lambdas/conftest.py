"""An AWS in memory for each test; nothing leaves the machine."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before anything imports boto3: no real credentials, no metadata service, no retries that sleep.
os.environ.update(
    AWS_ACCESS_KEY_ID="testing",
    AWS_SECRET_ACCESS_KEY="testing",
    AWS_SESSION_TOKEN="testing",
    AWS_DEFAULT_REGION="eu-west-1",
    AWS_REGION="eu-west-1",
    AWS_EC2_METADATA_DISABLED="true",
    AWS_CONFIG_FILE=os.devnull,
    AWS_SHARED_CREDENTIALS_FILE=os.devnull,
    MOTO_ECS_NEW_ARN="true",
)

from tests.lambdas import slack_server
from tests.lambdas import world as worlds


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[worlds.World]:
    """Return a fresh AWS with the functions deployed."""
    with worlds.world(monkeypatch, tmp_path) as made:
        yield made


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[slack_server.Slack]:
    """Return a Slack that the notifier posts to."""
    with slack_server.running() as slack:
        monkeypatch.setenv("SLACK_API_URL", slack.url)
        yield slack
