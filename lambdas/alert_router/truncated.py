"""Notifications of Alertmanager that were cut: it keeps to SNS's limit by cutting the text wherever that falls.

It does so when a group is largest, in the worst incidents: what came whole must not be lost with the rest.
"""

import json
import re

# Alertmanager's template data: the receiver and the status, then the alerts.
BEGINNING = re.compile(r'\s*\{(?:\s*"\w+"\s*:\s*"(?:[^"\\]|\\.)*"\s*,)*\s*"alerts"\s*:\s*\[\s*', re.ASCII)
BETWEEN = re.compile(r"\s*,\s*", re.ASCII)
DECODER = json.JSONDecoder()


def complete_alerts(text: str) -> list[object] | None:
    """Return the items of "alerts" that are there to their end; None when the text is no such notification."""
    begun = BEGINNING.match(text)
    if not begun:
        return None
    items: list[object] = []
    gap: re.Match[str] | None = begun
    while gap:
        try:
            item, end = DECODER.raw_decode(text, gap.end())
        except (ValueError, RecursionError):
            break
        items.append(item)
        gap = BETWEEN.match(text, end)
    return items
