"""AWS clients, one a service and container, made when first needed."""

from functools import cache
from typing import Any, TypeAlias

import boto3
from botocore.config import Config

Client: TypeAlias = Any  # boto3 makes client classes at run time; static types need a package a service

# Well under the shortest function timeout (30 s), so that a hanging call is retried before the function ends.
CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


@cache
def client(service: str) -> Client:
    """Return the client of the service, with short timeouts and standard retries."""
    return boto3.client(service, config=CONFIG)  # type: ignore[call-overload]


def is_condition_failure(error: Exception) -> bool:
    """Tell whether a botocore ClientError is DynamoDB saying that the condition of a write does not hold."""
    response = getattr(error, "response", {})
    return bool(response.get("Error", {}).get("Code") == "ConditionalCheckFailedException")
