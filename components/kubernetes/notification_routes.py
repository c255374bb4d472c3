"""Which alert goes to whom, how often, when nobody is told, and what silences what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alert_rules import loader, yaml12
from alert_rules.model import RuleAlert, Severity
from alert_rules.overrides import resolve
from components.kubernetes.receivers import HEARTBEAT, TEMPLATES, receivers
from components.routing import WATCHDOG, AlertTopics
from components.settings.model import MaintenanceWindow, Settings

# universal-ai-tools-guide 4.1: group_wait 10 s, group_interval 10 s, repeat 1 h. They suit a page; what is less urgent
# is grouped for longer and repeated less.
_TIMINGS: Mapping[Severity, tuple[str, str, str]] = {
    Severity.CRITICAL: ("10s", "10s", "1h"),
    Severity.HIGH: ("30s", "1m", "4h"),
    Severity.MEDIUM: ("1m", "5m", "12h"),
    Severity.LOW: ("5m", "10m", "1d"),
    Severity.INFO: ("5m", "10m", "1d"),
}

UNROUTED = Severity.HIGH
"""What an alert whose severity is none of ours is handled as: somebody must see that it was misrouted."""


def configuration(settings: Settings, topics: AlertTopics) -> str:
    """alertmanager.yaml. Without topics (AWS not enabled) it notifies Slack itself."""
    content: dict[str, Any] = {
        "global": {"resolve_timeout": "5m"},
        "route": {
            "receiver": str(UNROUTED),
            "group_by": ["alertname", "service", "environment"],
            **_timing(UNROUTED),
            "routes": [_heartbeat_route(), *_routes(settings)],
        },
        "inhibit_rules": _inhibitions(settings),
        "receivers": receivers(settings, topics),
        "templates": [TEMPLATES],
    }
    if settings.maintenance:
        content["time_intervals"] = [_time_interval(window) for window in settings.maintenance]
    return yaml12.dump(content)


def _heartbeat_route() -> dict[str, Any]:
    # Never muted. A repeat leaves at the first flush after its interval: every 45 s at the latest, so that no minute is
    # without a beat even where a flush is late.
    return {
        "matchers": [f'alertname="{WATCHDOG}"'],
        "receiver": HEARTBEAT,
        "group_by": ["alertname"],
        "group_wait": "0s",
        "group_interval": "15s",
        "repeat_interval": "30s",
    }


def _timing(severity: Severity) -> dict[str, str]:
    wait, interval, repeat = _TIMINGS[severity]
    return {"group_wait": wait, "group_interval": interval, "repeat_interval": repeat}


def _routes(settings: Settings) -> list[dict[str, Any]]:
    """A route a severity; before them the same for services that have maintenance windows of their own, since a
    route's mute times apply to that route alone."""
    own: dict[tuple[str, ...], list[str]] = {}
    for name in sorted({name for window in settings.maintenance for name in window.services or ()}):
        own.setdefault(_windows_of(settings, name), []).append(name)
    for_services = [
        {"matchers": [f'service=~"{"|".join(names)}"'], "routes": _by_severity(windows)}
        for windows, names in own.items()
    ]
    return [*for_services, *_by_severity(_windows_of(settings, None))]


def _windows_of(settings: Settings, service: str | None) -> tuple[str, ...]:
    return tuple(w.name for w in settings.maintenance if w.services is None or service in w.services)


def _by_severity(windows: tuple[str, ...]) -> list[dict[str, Any]]:
    muted = {"mute_time_intervals": list(windows)} if windows else {}
    return [
        {"matchers": [f'severity="{severity}"'], "receiver": str(severity), **_timing(severity), **muted}
        for severity in Severity
    ]


def _inhibitions(settings: Settings) -> list[dict[str, Any]]:
    """What is worse silences what is milder, of the same alert and service; a node that is gone silences what says that
    something on it is gone; and an alert silences those that tell of the same fault."""
    order = list(Severity)
    of_nodes = {
        "source_matchers": ['alertname="NodeUnreachable"', 'node!=""'],
        "target_matchers": [f'alertname=~"{"|".join(_GONE_WITH_A_NODE)}"', 'node!=""'],
        "equal": ["node", "environment"],
    }
    return [of_nodes, *_told_already(settings), *_milder(order)]


def _told_already(settings: Settings) -> list[dict[str, Any]]:
    """An alert that somebody has made milder than what it would silence silences nothing: it may be heard by nobody."""
    order = list(Severity)
    return [
        {
            "source_matchers": [
                f'alertname="{teller}"',
                f'severity=~"{"|".join(order[: order.index(severity) + 1])}"',
            ],
            "target_matchers": [f'alertname="{alert.name}"', f'severity="{severity}"', *told.where],
            "equal": ["service", *told.agree, "environment"],
        }
        for alert in loader.builtin().rules
        for severity in _severities(alert, settings)
        for teller, told in alert.told_by.items()
    ]


def _severities(alert: RuleAlert, settings: Settings) -> list[Severity]:
    """Every severity that the alert has somewhere in the stack, most urgent first."""
    environment = settings.alerts.get(alert.name, {})
    layers = [{}, *(service.alerts[alert.name] for service in settings.services if alert.name in service.alerts)]
    found = {resolve(alert, environment, layer).severity for layer in layers}
    return [severity for severity in Severity if severity in found]


_GONE_WITH_A_NODE = ("ServiceDown",)
"""Alerts that carry `node`. Those on pods take a node that is gone into account themselves."""


def _milder(order: list[Severity]) -> list[dict[str, Any]]:
    return [
        {
            "source_matchers": [f'severity="{severity}"'],
            "target_matchers": [f'severity=~"{"|".join(order[index + 1 :])}"'],
            "equal": ["alertname", "service", "environment"],
        }
        for index, severity in enumerate(order[:-1])
    ]


def _time_interval(window: MaintenanceWindow) -> dict[str, Any]:
    times = {"times": [{"start_time": window.start, "end_time": window.end}], "weekdays": list(window.days)}
    return {"name": window.name, "time_intervals": [{**times, "location": window.timezone}]}
