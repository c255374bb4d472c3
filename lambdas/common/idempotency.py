"""Doing a thing once although its event is delivered at least once."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

from lambdas.common.aws import client

WINDOW_SECONDS = 24 * 60 * 60  # outlives every retry of SQS and of asynchronous invocations (6 h)


class Once(Protocol):
    """Runs the work unless work under the key has already succeeded within the window."""

    def __call__(self, key: str, work: Callable[[], object], /) -> None:
        """Raise what the work raises (it may be tried again), or a Powertools error when it is under way."""


@cache
def _store() -> DynamoDBPersistenceLayer:
    table = os.environ["IDEMPOTENCY_TABLE"]
    return DynamoDBPersistenceLayer(table_name=table, boto3_client=client("dynamodb"))


@cache
def _config() -> IdempotencyConfig:
    return IdempotencyConfig(expires_after_seconds=WINDOW_SECONDS)


def begin(context: Any) -> None:
    """Tell how long this invocation may last: work that a crash leaves under way can be retried after that.

    Without it the record of crashed work would block its retries for the whole window.
    """
    _config().register_lambda_context(context)


def once(key: str, work: Callable[[], object]) -> None:
    """Run the work unless it has been done under this key; see Once."""

    def run(*, key: str) -> None:  # noqa: ARG001  (Powertools reads the key from the argument)
        work()

    guarded = idempotent_function(run, data_keyword_argument="key", persistence_store=_store(), config=_config())
    guarded(key=key)
