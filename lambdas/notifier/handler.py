"""Lambda entry point of the notifier: one "notify" event, invoked asynchronously."""

import os
from functools import cache
from typing import Any

from aws_lambda_powertools.utilities.parameters import SecretsProvider
from urllib3 import PoolManager, Timeout

from lambdas.common import idempotency
from lambdas.common.aws import client
from lambdas.common.effects import read_notify
from lambdas.common.log import logger
from lambdas.notifier.core import deliver
from lambdas.notifier.errors import PermanentError

SECRET_SECONDS = 300  # how long a secret is kept in memory


@cache
def http() -> PoolManager:
    """Return the connection pool of this container; it neither retries (Lambda does) nor redirects."""
    return PoolManager(timeout=Timeout(connect=3, read=7), retries=False)


@cache
def secrets() -> SecretsProvider:
    """Return the reader of secrets of this container."""
    return SecretsProvider(boto3_client=client("secretsmanager"))


def secret(channel: str) -> str:
    """Return the secret that <CHANNEL>_SECRET_ID names. Raises PermanentError, GetParameterError."""
    try:
        secret_id = os.environ[f"{channel.upper()}_SECRET_ID"]
    except KeyError as error:
        raise PermanentError(f"The function has no environment variable {error}") from None
    return str(secrets().get(secret_id, max_age=SECRET_SECONDS))


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> None:
    """Deliver the notification once. Raises whatever Lambda must retry."""
    idempotency.begin(context)
    effect, alert = read_notify(event)
    try:
        idempotency.once(effect.id, lambda: deliver(effect, alert, http=http(), secret=secret))
    except PermanentError:
        secrets().clear_cache()  # type: ignore[no-untyped-call]  # perhaps the token was rotated: the retry reads it anew
        raise
