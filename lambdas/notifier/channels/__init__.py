"""The ways to reach people: each module of this package is one channel, found by its name."""

import pkgutil
from importlib import import_module
from typing import Protocol, cast

from urllib3 import PoolManager

from lambdas.common.alert import Alert
from lambdas.notifier.errors import PermanentError


class Channel(Protocol):
    """What a channel module has."""

    def send(self, alert: Alert, destination: str, *, http: PoolManager, secret: str) -> None:
        """Deliver the alert, authenticated by the secret. Raises RetryableError or PermanentError."""


def names() -> list[str]:
    """Return the channels there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def channel(name: str) -> Channel:
    """Return the channel of that name, imported only now. Raises PermanentError when there is none."""
    if name not in names():
        raise PermanentError(f"No channel {name!r}; there are: {', '.join(names())}")
    return cast(Channel, import_module(f"{__name__}.{name}"))
