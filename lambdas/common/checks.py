"""Checks for values that come from outside. Each takes the value and its path and raises Invalid naming both.

Messages show values in printable ASCII, so that they can be logged whatever the value held.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

E = TypeVar("E", bound=StrEnum)

TEXT_LIMIT = 1024  # characters; longer than any name, label or URL that is meant
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)  # older is a zero value (Go writes 0001-01-01), not a time


class Invalid(ValueError):
    """A value is not what was agreed; the message says where, what was given and what is allowed."""


def shown(value: object) -> str:
    """Return the value as short printable ASCII for a message."""
    text = ascii(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def parse_json(text: str, path: str) -> Any:
    """Return the decoded JSON text. Raises Invalid when it is not JSON or is nested absurdly deep."""
    try:
        return json.loads(text)
    except RecursionError:
        raise Invalid(f"{path}: JSON is nested too deep") from None
    except ValueError as error:
        raise Invalid(f"{path}: not JSON ({error})") from None


def mapping(value: object, path: str, *, keys: Sequence[str] | None = None) -> Mapping[str, Any]:
    """Return the value as a mapping; with `keys`, no other key may be in it."""
    if not isinstance(value, dict):
        raise Invalid(f"{path}: {shown(value)} is not an object")
    unknown = sorted(set(value) - set(keys)) if keys is not None else []
    if keys is not None and unknown:
        raise Invalid(f"{path}: unknown key {shown(unknown[0])}; allowed: {', '.join(keys)}")
    return value


def sequence(value: object, path: str) -> Sequence[Any]:
    """Return the value as a list."""
    if not isinstance(value, list):
        raise Invalid(f"{path}: {shown(value)} is not a list")
    return value


def text(value: object, path: str, *, limit: int = TEXT_LIMIT) -> str:
    """Return the value as non-empty text of at most `limit` characters, safe to encode."""
    if not isinstance(value, str) or not value:
        raise Invalid(f"{path}: {shown(value)} is not text")
    if len(value) > limit:
        raise Invalid(f"{path}: {len(value)} characters is longer than {limit}")
    return encodable(value)


def optional_text(value: object, path: str) -> str:
    """Return the value as text, or "" for null, missing or empty."""
    return "" if value is None or value == "" else text(value, path)


def prose(value: object, path: str, *, limit: int) -> str:
    """Return text that may be long: cut to `limit` characters rather than refused; "" for null."""
    if value is None or value == "":
        return ""
    if not isinstance(value, str):
        raise Invalid(f"{path}: {shown(value)} is not text")
    return encodable(value if len(value) <= limit else f"{value[: limit - 1]}…")


def encodable(value: str) -> str:
    """Return the text without lone surrogates, which JSON can carry and UTF-8 cannot."""
    return value.encode("utf-8", "replace").decode("utf-8")


def url(value: object) -> str:
    """Return the value when it is a plausible http(s) address, else "": a bad link must not cost an alert."""
    if not isinstance(value, str) or len(value) > TEXT_LIMIT or not value.isprintable() or " " in value:
        return ""
    return encodable(value) if value.startswith(("https://", "http://")) else ""


def choice(kind: type[E], value: object, path: str) -> E:
    """Return the member of the enumeration that the value names."""
    try:
        return kind(value) if isinstance(value, str) else kind("")
    except ValueError:
        raise Invalid(f"{path}: {shown(value)} is not one of {', '.join(kind)}") from None


def whole(value: object, path: str) -> int:
    """Return the value as a whole number of at least 0."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Invalid(f"{path}: {shown(value)} is not a whole number of at least 0")
    return value


def labels(value: object, path: str) -> dict[str, str]:
    """Return a mapping of text to text; empty values are dropped, as Prometheus treats them as absent."""
    pairs = mapping(value, path)
    return {text(k, f"{path} key"): text(v, f"{path}.{shown(k)}") for k, v in pairs.items() if v != ""}


def instant(value: object, path: str) -> datetime:
    """Return an ISO 8601 time with an offset as aware UTC, cut to microseconds."""
    try:
        moment = datetime.fromisoformat(text(value, path, limit=64))
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
    except (Invalid, ValueError, OverflowError):
        raise Invalid(f"{path}: {shown(value)} is not a time") from None
    if moment.tzinfo is None or moment < OLDEST:
        raise Invalid(f"{path}: {shown(value)} is not a time with an offset after {OLDEST.year}")
    return moment
