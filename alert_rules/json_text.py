"""JSON as vigil writes it for people and for diffs."""

from __future__ import annotations

from typing import Any

import orjson

_FORM = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE


def pretty(content: Any) -> str:
    """`content` on lines of its own, keys in order. The standard library's writer takes thirty times as long as soon
    as it indents."""
    return orjson.dumps(content, option=_FORM).decode()
