"""Names that have a longest length where they are used."""

from __future__ import annotations

import hashlib


def digest(text: str, digits: int = 8) -> str:
    """The first hexadecimal digits of the text's SHA-256."""
    return hashlib.sha256(text.encode()).hexdigest()[:digits]


def shortened(name: str, limit: int) -> str:
    """The name, or as much of it as fits with eight hexadecimal digits of its hash, so that two long names never become
    one."""
    return name if len(name) <= limit else f"{name[: limit - 9]}-{digest(name)}"
