"""Slack, by chat.postMessage with a bot token.

An incoming webhook of a Slack app posts to the one channel it was made for; a token posts to the channel of
each severity. The app needs the scopes chat:write and chat:write.public.
"""

import json
import os
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from urllib3 import BaseHTTPResponse, PoolManager
from urllib3.exceptions import HTTPError

from lambdas.common.alert import Alert, Severity, Status
from lambdas.notifier.errors import PermanentError, RetryableError

API_URL = "https://slack.com/api"
COLOURS = {
    Severity.CRITICAL: "#b3001b",
    Severity.HIGH: "#e8710a",
    Severity.MEDIUM: "#f2c12e",
    Severity.LOW: "#4a90d9",
    Severity.INFO: "#9aa0a6",
}
RESOLVED_COLOUR = "#2e7d32"

# Slack's limits, in characters after escaping: https://docs.slack.dev/reference/block-kit/blocks/section-block
TITLE_LIMIT = 300
FIELD_LIMIT = 300
TEXT_LIMIT = 3000

ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

# Errors that pass by themselves: https://docs.slack.dev/reference/methods/chat.postMessage#errors
TRANSIENT = {"ratelimited", "internal_error", "fatal_error", "service_unavailable", "request_timeout"}


# Slack takes about one message a second a channel, and says how long to wait. Waiting here is better than failing:
# a storm of alerts would use up the two retries of an asynchronous invocation within minutes. The last attempt,
# 10 s at most, still ends within the function's 30 s.
TRIES = 3
PATIENCE_SECONDS = 20.0  # from the first attempt to the start of the last


def send(
    alert: Alert,
    destination: str,
    *,
    http: PoolManager,
    secret: str,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Post the alert to a Slack channel (#name or id). Raises RetryableError or PermanentError."""
    url = f"{os.environ.get('SLACK_API_URL', API_URL)}/chat.postMessage"  # set by tests only
    headers = {"Authorization": f"Bearer {secret.strip()}", "Content-Type": "application/json; charset=utf-8"}
    body = json.dumps(message(alert, destination)).encode()
    deadline = clock() + PATIENCE_SECONDS
    response = _post(http, url, body, headers)
    for _ in range(TRIES - 1):
        wait = _wait(response)
        if wait is None or clock() + wait > deadline:
            break
        sleep(wait)
        response = _post(http, url, body, headers)
    _check(response, destination)


def _post(http: PoolManager, url: str, body: bytes, headers: dict[str, str]) -> BaseHTTPResponse:
    try:
        return http.request("POST", url, body=body, headers=headers)
    except HTTPError as error:
        raise RetryableError(f"Slack cannot be reached: {type(error).__name__}") from None


def _wait(response: BaseHTTPResponse) -> int | None:
    """Return the seconds after which a busy Slack wants to be asked again; None when it does not say."""
    seconds = response.headers.get("Retry-After", "") if response.status == 429 else ""
    return int(seconds) if seconds.isascii() and seconds.isdigit() and len(seconds) < 10 else None


def _check(response: BaseHTTPResponse, destination: str) -> None:
    if response.status == 429 or response.status >= 500:
        raise RetryableError(f"Slack answered HTTP {response.status}")
    if response.status != 200:
        raise PermanentError(f"Slack answered HTTP {response.status} for {destination}")
    error = _error(response)
    if error in TRANSIENT:
        raise RetryableError(f"Slack answered {error}")
    if error:
        raise PermanentError(f"Slack refused the message for {destination}: {error}")


def _error(response: BaseHTTPResponse) -> str:
    """Return the error in a 200 answer, "" for none: Slack reports most failures with status 200."""
    try:
        answer = response.json()
    except ValueError:
        raise RetryableError("Slack answered 200 without JSON") from None  # a proxy's page, not Slack
    if isinstance(answer, dict) and answer.get("ok") is True:
        return ""
    return str(answer.get("error", "unknown_error")) if isinstance(answer, dict) else "unknown_error"


def message(alert: Alert, destination: str) -> dict[str, Any]:
    """Return the arguments of chat.postMessage for the alert. Pure."""
    return {
        "channel": destination,
        "text": f"{_heading(alert)}: {escape(alert.summary or alert.name, TITLE_LIMIT)}",  # in notifications
        "attachments": [{"color": _colour(alert), "blocks": _blocks(alert)}],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _blocks(alert: Alert) -> list[dict[str, Any]]:
    title = f"{_heading(alert)}\n{escape(alert.summary, TITLE_LIMIT)}".strip()
    # Links and not buttons: a button needs an app with interactivity, and shows a warning without it.
    links = [_link("Runbook", alert.runbook_url), _link("Dashboard", alert.dashboard_url)]
    blocks: list[dict[str, Any]] = [
        {"type": "section", "text": _text(title)},
        {"type": "section", "fields": _fields(alert)},
    ]
    for text in (escape(alert.description, TEXT_LIMIT), "  ·  ".join(filter(None, links))):
        if text.strip():
            blocks.append({"type": "section", "text": _text(text)})
    return blocks


def _heading(alert: Alert) -> str:
    if alert.status is Status.RESOLVED:
        return f":white_check_mark: *Resolved: {escape(alert.name, TITLE_LIMIT)}*"
    siren = ":rotating_light:" if alert.severity is Severity.CRITICAL else ":warning:"
    return f"{siren} *{escape(alert.name, TITLE_LIMIT)}*"


def _fields(alert: Alert) -> list[dict[str, Any]]:
    resolved = alert.status is Status.RESOLVED
    facts = {
        "Service": escape(alert.service, FIELD_LIMIT),
        "Severity": alert.severity.value,
        "Environment": escape(alert.environment, FIELD_LIMIT),
        "Team": escape(alert.team, FIELD_LIMIT),
        "Since": _when(alert.started_at) if alert.started_at else "",
        "Resolved at": _when(alert.changed_at) if resolved else "",
    }
    return [_text(f"*{label}*\n{value}") for label, value in facts.items() if value]


def _colour(alert: Alert) -> str:
    return RESOLVED_COLOUR if alert.status is Status.RESOLVED else COLOURS[alert.severity]


def _text(text: str) -> dict[str, Any]:
    # Verbatim: names in alert text must not become links or mentions.
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _when(moment: datetime) -> str:
    """Return the time in the reader's own zone, by Slack's date markup."""
    fallback = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time_secs}}|{fallback}>"


def _link(label: str, url: str) -> str:
    address = url.replace("|", "%7C").replace("<", "%3C").replace(">", "%3E").replace("&", "&amp;")
    return f"<{address}|{label}>" if url else ""


def escape(text: str, limit: int) -> str:
    """Return the text with Slack's three control characters escaped, cut to the limit between characters."""
    escaped = ""
    for character in text:
        piece = ESCAPES.get(character, character)
        if len(escaped) + len(piece) >= limit:  # keeps room for the ellipsis
            return f"{escaped}…"
        escaped += piece
    return escaped
