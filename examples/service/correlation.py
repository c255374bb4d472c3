"""The id by which a request is followed through logs, spans and services."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "x-correlation-id"
_GOOD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")

current: ContextVar[str | None] = ContextVar("correlation_id", default=None)
"""The id of the work that is being done; None between two pieces of it."""


@contextmanager
def under(identity: str) -> Iterator[None]:
    """Do the block under that id."""
    token = current.set(identity)
    try:
        yield
    finally:
        current.reset(token)


def new() -> str:
    """An id for work that brought none."""
    return str(uuid.uuid4())


def accepted(brought: Sequence[str]) -> str | None:
    """The id among the values that a caller's headers brought; None where there is none, or more than one, or one that
    could do harm in a log, a header or a query: it is replaced, and told of nowhere."""
    return brought[0] if len(brought) == 1 and _GOOD.fullmatch(brought[0]) else None
