"""One formula for every physical name: `vigil-<environment>-<parts>`."""

from __future__ import annotations

import json
import re
from typing import Any

from alert_rules.names import digest, shortened

PROJECT = "vigil"

ALERT_PATH = "alert-path"
"""What the alert path itself is called where a service is named."""

HEARTBEAT = "heartbeat"
"""The dead-man's switch: what is heard of the alerting in the cluster for as long as it works."""

ALERT_QUEUE = "alerts"
ALERT_DEAD_LETTERS = "alerts-dead-letters"
FUNCTION_DEAD_LETTERS = "function-dead-letters"
SUBSCRIPTION_DEAD_LETTERS = "subscriptions-dead-letters"
DEAD_LETTER_QUEUES = (ALERT_DEAD_LETTERS, FUNCTION_DEAD_LETTERS, SUBSCRIPTION_DEAD_LETTERS)
"""What the router cannot read, what a function fails to do, what a topic cannot deliver."""

# Longest name that each AWS service takes (service quotas and API references of each).
LIMITS = {
    "alarm": 255,
    "alias": 256,
    "archive": 48,
    "dashboard": 255,
    "event_bus": 256,
    "event_rule": 64,
    "function": 64,
    "layer": 140,
    "log_group": 512,
    "queue": 80,
    "role": 64,
    "secret": 512,
    "table": 255,
    "topic": 256,
}


def physical_name(kind: str, environment: str, *parts: str) -> str:
    """The name of an AWS object of `kind` (a key of LIMITS).

    A name over the service's limit is cut and ends in eight hexadecimal digits of its own hash, so that two long names
    never become one. Raises ValueError for a part that holds anything but letters, digits, hyphens and underscores.
    """
    for part in parts:
        if not re.fullmatch(r"[A-Za-z0-9_-]+", part):
            raise ValueError(f"{part!r} in the name of a {kind}: only letters, digits, hyphens and underscores")
    return shortened("-".join([PROJECT, environment, *parts]), LIMITS[kind])


def content_name(base: str, content: Any) -> str:
    """`base` with ten hexadecimal digits of the hash of `content` (whatever JSON can hold), for immutable objects."""
    return f"{base}-{digest(json.dumps(content, sort_keys=True), 10)}"
