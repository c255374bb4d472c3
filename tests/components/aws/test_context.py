"""ARNs and addresses of the region's own partition."""

from __future__ import annotations

import pytest

from components.aws.context import AwsContext
from tests.components.aws import deployment


@pytest.mark.parametrize(
    ("region", "arn", "role", "console", "host"),
    [
        (
            "eu-west-1",
            "arn:aws:sns:eu-west-1:123456789012:t",
            "arn:aws:iam::123456789012:role/r",
            "https://eu-west-1.console.aws.amazon.com",
            "sqs.eu-west-1.amazonaws.com",
        ),
        (
            "cn-north-1",
            "arn:aws-cn:sns:cn-north-1:123456789012:t",
            "arn:aws-cn:iam::123456789012:role/r",
            "https://cn-north-1.console.amazonaws.cn",
            "sqs.cn-north-1.amazonaws.com.cn",
        ),
        (
            "us-gov-west-1",
            "arn:aws-us-gov:sns:us-gov-west-1:123456789012:t",
            "arn:aws-us-gov:iam::123456789012:role/r",
            "https://us-gov-west-1.console.amazonaws-us-gov.com",
            "sqs.us-gov-west-1.amazonaws.com",
        ),
    ],
)
def test_a_region_implies_its_partition(region: str, arn: str, role: str, console: str, host: str) -> None:
    here = AwsContext("prod", "123456789012", region, 30)
    assert here.arn("sns", "t") == arn
    assert here.global_arn("iam", "role/r") == role
    assert (here.console, here.endpoint("sqs")) == (console, host)


def test_settings_without_an_account_are_refused() -> None:
    settings = deployment.settings()
    nameless = settings.model_copy(update={"aws": settings.aws.model_copy(update={"account_id": None})})
    with pytest.raises(ValueError, match=r"vigil:aws\.account_id: missing"):
        AwsContext.of(nameless, "eu-west-1")


def test_retention_is_in_days() -> None:
    assert deployment.context().log_retention_days == 90
    assert deployment.context(environment="dev").log_retention_days == 7
