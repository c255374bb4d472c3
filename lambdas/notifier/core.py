"""Delivers one notification."""

from collections.abc import Callable

from urllib3 import PoolManager

from lambdas.common.alert import Alert
from lambdas.common.effects import Notify
from lambdas.common.log import logger
from lambdas.notifier.channels import channel
from lambdas.notifier.errors import PermanentError, RetryableError


def deliver(effect: Notify, alert: Alert, *, http: PoolManager, secret: Callable[[str], str]) -> None:
    """Send the alert through the effect's channel; `secret` returns that of a channel.

    Raises RetryableError, PermanentError or the error of `secret`; all are logged and none is swallowed.
    """
    told = {"effect_id": effect.id, "channel": effect.channel, "destination": effect.destination}
    try:
        channel(effect.channel).send(alert, effect.destination, http=http, secret=secret(effect.channel))
    except RetryableError as error:
        logger.warning("Notification will be tried again", extra={**told, "reason": str(error)})
        raise
    except PermanentError as error:
        logger.error("Notification cannot be delivered", extra={**told, "reason": str(error)})
        raise
    logger.info("Notification delivered", extra=told)
