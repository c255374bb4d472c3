"""Alertmanager: who is told of what, how often, and when nobody is."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Any

from alert_rules import yaml12
from alert_rules.model import Severity
from components.kubernetes.network import Call, ToAnywhere, ToWorkload
from components.kubernetes.secrets import SecretFile, secret_file
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import ConfigFiles, Volume, WorkloadSpec
from components.settings.model import MaintenanceWindow, Settings
from components.versions import ALERTMANAGER

NAME = "alertmanager"
PORT = 9093
PEER_PORT = 9094
ZONES = "/etc/zoneinfo"

# universal-ai-tools-guide 4.1: group_wait 10 s, group_interval 10 s, repeat 1 h. They suit a page; what is less urgent
# is grouped for longer and repeated less.
_TIMINGS: Mapping[Severity, tuple[str, str, str]] = {
    Severity.CRITICAL: ("10s", "10s", "1h"),
    Severity.HIGH: ("30s", "1m", "4h"),
    Severity.MEDIUM: ("1m", "5m", "12h"),
    Severity.LOW: ("5m", "10m", "1d"),
    Severity.INFO: ("5m", "10m", "1d"),
}

PEER_TIMEOUT = 2
"""Seconds for which each replica waits for the one before it to notify. All of them together must wait for less than
the shortest group_interval, or the last notifies "firing" of what the first has resolved already (default: 15)."""

UNROUTED = Severity.HIGH
"""What an alert whose severity is none of ours is handled as: somebody must see that it was misrouted."""

SNS_MESSAGE = "{{ . | toJson }}"
"""The whole notification as JSON; the alert router reads the same fields as a webhook would."""


def host(settings: Settings, replica: int) -> str:
    """The stable DNS name of a replica."""
    return f"{NAME}-{replica}.{NAME}-headless.{settings.kubernetes.namespace}.svc"


def addresses(settings: Settings) -> list[str]:
    """host:port of every replica: Prometheus tells each of them, and they agree who notifies."""
    return [f"{host(settings, replica)}:{PORT}" for replica in range(settings.alertmanager.replicas)]


def spec(settings: Settings, configuration_text: str) -> WorkloadSpec:
    """How Alertmanager is run with this configuration."""
    replicas = settings.alertmanager.replicas
    peers = [f"--cluster.peer={host(settings, replica)}:{PEER_PORT}" for replica in range(replicas)]
    clustered = [f"--cluster.listen-address=0.0.0.0:{PEER_PORT}", f"--cluster.peer-timeout={PEER_TIMEOUT}s", *peers]
    cluster = clustered if replicas > 1 else ["--cluster.listen-address="]
    return WorkloadSpec(
        name=NAME,
        namespace=settings.kubernetes.namespace,
        kind="StatefulSet",
        image=ALERTMANAGER,
        args=[
            "--config.file=/etc/alertmanager/alertmanager.yaml",
            "--storage.path=/alertmanager",
            f"--web.external-url=http://{NAME}.{settings.kubernetes.namespace}.svc:{PORT}",
            *cluster,
        ],
        resources=SIZES[settings.kubernetes.size][NAME],
        port=PORT,
        ready="/-/ready",
        live="/-/healthy",
        replicas=replicas,
        peer_port=PEER_PORT if replicas > 1 else None,
        config=[ConfigFiles("/etc/alertmanager", {"alertmanager.yaml": configuration_text}), *_time_zones(settings)],
        environment={"ZONEINFO": ZONES} if settings.maintenance else {},
        secrets=secret_files(settings),
        # Silences and the notification log survive a restart: nothing is sent twice, nothing silenced is sent.
        volume=Volume("/alertmanager", int(settings.alertmanager.volume.value), settings.kubernetes.storage_class),
        calls=_calls(settings),
    )


def _time_zones(settings: Settings) -> list[ConfigFiles]:
    """The rules of the time zones that maintenance windows name. The image has no time zone database of its own."""
    names = sorted({window.timezone for window in settings.maintenance})
    zones = resources.files("tzdata.zoneinfo")
    files: dict[str, str | bytes] = {name: zones.joinpath(*name.split("/")).read_bytes() for name in names}
    return [ConfigFiles(ZONES, files, name="zones")] if files else []


def _calls(settings: Settings) -> list[Call]:
    out: list[int] = [443]
    if settings.receivers.email:
        out.append(int(settings.receivers.email.smarthost.rsplit(":", 1)[1]))
    calls: list[Call] = [ToAnywhere(tuple(sorted(set(out))), "receivers outside the cluster")]
    if settings.aws.enabled:
        calls.append(ToAnywhere((80,), "the EKS Pod Identity agent on the node, 169.254.170.23"))
    if settings.alertmanager.replicas > 1:
        calls.append(ToWorkload(NAME, PEER_PORT, settings.kubernetes.namespace, ("TCP", "UDP")))
    return calls


def secret_files(settings: Settings) -> list[SecretFile]:
    """The secrets that its receivers read, as files."""
    receivers = settings.receivers
    slack = receivers.slack if not settings.aws.enabled else None
    wanted = (
        ("pagerduty_routing_key", receivers.pagerduty),
        ("smtp_password", receivers.email),
        ("slack_bot_token", slack),
    )
    return [
        secret_file(name, secret, settings.kubernetes.namespace)
        for name, user in wanted
        if user is not None and (secret := settings.secret(name)) is not None
    ]


def configuration(settings: Settings, topic_arns: Mapping[Severity, str], region: str) -> str:
    """alertmanager.yaml. Without topics (AWS not enabled) it notifies Slack itself."""
    paths = {file.name: file.path for file in secret_files(settings)}
    content: dict[str, Any] = {
        "global": {"resolve_timeout": "5m"},
        "route": {
            "receiver": str(UNROUTED),
            "group_by": ["alertname", "service", "environment"],
            **_timing(UNROUTED),
            "routes": _routes(settings),
        },
        "inhibit_rules": _inhibitions(),
        "receivers": [_receiver(severity, settings, topic_arns, region, paths) for severity in Severity],
    }
    if settings.maintenance:
        content["time_intervals"] = [_time_interval(window) for window in settings.maintenance]
    return yaml12.dump(content)


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


def _inhibitions() -> list[dict[str, Any]]:
    """What is worse silences what is milder, of the same alert and service."""
    order = list(Severity)
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


def _receiver(
    severity: Severity, settings: Settings, topic_arns: Mapping[Severity, str], region: str, paths: Mapping[str, str]
) -> dict[str, Any]:
    """Everybody who is told of alerts of one severity."""
    receivers = settings.receivers
    content: dict[str, Any] = {"name": str(severity)}
    if severity in topic_arns:
        content["sns_configs"] = [_sns(topic_arns[severity], region)]
    elif receivers.slack and severity in receivers.slack.channels:
        content["slack_configs"] = [_slack(receivers.slack.channels[severity], paths["slack-bot-token"])]
    if receivers.pagerduty and severity in receivers.pagerduty.severities:
        content["pagerduty_configs"] = [_pagerduty(severity, paths["pagerduty-routing-key"])]
    if receivers.email and severity in receivers.email.severities:
        content["email_configs"] = [_email(settings, paths["smtp-password"])]
    return content


def _sns(topic: str, region: str) -> dict[str, Any]:
    return {
        "topic_arn": topic,
        "sigv4": {"region": region},
        "message": SNS_MESSAGE,
        # Alertmanager's own subject joins all labels; over 100 characters SNS refuses the message for good.
        "subject": "",
        # E-mail subscriptions of the topics leave these out: people get Alertmanager's own mail, not its JSON.
        "attributes": {"alertmanager": "true"},
        "send_resolved": True,
    }


_TEXT = (
    "{{ range .Alerts }}{{ .Annotations.summary }}\n{{ .Annotations.description }}\n"
    "<{{ .Annotations.runbook_url }}|Runbook> <{{ .Annotations.dashboard_url }}|Dashboard>\n{{ end }}"
)
_TITLE = (
    "[{{ .Status | toUpper }}] {{ .CommonLabels.severity }} {{ .GroupLabels.alertname }} "
    "{{ .GroupLabels.service }} ({{ .GroupLabels.environment }})"
)
_COLOR = (
    '{{ if eq .Status "resolved" }}good'
    '{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}'
)


def _slack(channel: str, token_file: str) -> dict[str, Any]:
    return {
        "channel": channel,
        "app_token_file": token_file,
        "send_resolved": True,
        "title": _TITLE,
        "text": _TEXT,
        "color": _COLOR,
    }


# PagerDuty's Events API v2 knows critical, error, warning and info.
_PAGERDUTY_SEVERITY = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "warning",
    Severity.INFO: "info",
}


def _pagerduty(severity: Severity, key_file: str) -> dict[str, Any]:
    return {
        "routing_key_file": key_file,
        "severity": _PAGERDUTY_SEVERITY[severity],
        "description": _TITLE,
        "links": [{"href": "{{ (index .Alerts 0).Annotations.runbook_url }}", "text": "Runbook"}],
        "send_resolved": True,
    }


def _email(settings: Settings, password_file: str) -> dict[str, Any]:
    email = settings.receivers.email
    if email is None:
        raise ValueError("no e-mail receiver is set")
    return {
        "to": email.to,
        "from": email.sender,
        "smarthost": email.smarthost,
        "auth_username": email.username,
        "auth_password_file": password_file,
        "require_tls": True,
        "send_resolved": True,
        "headers": {"Subject": _TITLE},
    }
