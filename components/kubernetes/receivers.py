"""Who Alertmanager tells of an alert, in which words, and with which secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alert_rules.model import Severity
from components.kubernetes.secrets import SecretFile, files_of
from components.routing import AlertTopics
from components.settings.model import Settings

HEARTBEAT = "heartbeat"
"""The receiver of the dead-man's switch: what is heard outside for as long as alerting works."""

SNS_MESSAGE = "{{ . | toJson }}"
"""The whole notification as JSON; the alert router reads the same fields as a webhook would."""

TEMPLATES = "templates/vigil.tmpl"
"""Where the templates below stand, beside the configuration."""

# What a person reads first says what is wrong, where, and how bad; the rest is one line an alert and two links.
TEMPLATE_TEXT = """\
{{ define "vigil.title" -}}
[{{ .Status | toUpper }}{{ if eq .Status "firing" }} {{ .Alerts.Firing | len }}{{ end }}] \
{{ .CommonLabels.severity }} {{ .GroupLabels.alertname }} {{ .GroupLabels.service }} ({{ .GroupLabels.environment }})
{{- end }}

{{ define "vigil.text" -}}
{{ range .Alerts }}{{ .Annotations.summary }}
{{ .Annotations.description }}
Runbook: {{ .Annotations.runbook_url }}
Dashboard: {{ .Annotations.dashboard_url }}
{{ end }}
{{- end }}

{{ define "vigil.slack" -}}
{{ range .Alerts }}{{ .Annotations.summary }}
{{ .Annotations.description }}
<{{ .Annotations.runbook_url }}|Runbook> <{{ .Annotations.dashboard_url }}|Dashboard>
{{ end }}
{{- end }}

{{ define "vigil.colour" -}}
{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger{{ else }}warning{{ end }}
{{- end }}
"""

_TITLE, _TEXT = '{{ template "vigil.title" . }}', '{{ template "vigil.text" . }}'


def secret_files(settings: Settings) -> list[SecretFile]:
    """The secrets that its receivers read, as files."""
    receivers = settings.receivers
    slack = receivers.slack if not settings.aws.enabled else None
    wanted = (
        ("pagerduty_routing_key", receivers.pagerduty),
        ("smtp_password", receivers.email),
        ("slack_bot_token", slack),
        ("teams_webhook_url", receivers.teams),
        ("webhook_url", receivers.webhook),
        ("heartbeat_url", settings.heartbeat_url),
    )
    return files_of(settings, [name for name, user in wanted if user is not None])


def receivers(settings: Settings, topics: AlertTopics) -> list[dict[str, Any]]:
    """Everybody who is told, by severity, and the dead-man's switch. Without topics (AWS not enabled) Slack is told by
    Alertmanager itself."""
    paths = {file.name: file.path for file in secret_files(settings)}
    return [
        *(_receiver(severity, settings, topics, paths) for severity in Severity),
        _heartbeat(settings, topics, paths),
    ]


def _receiver(severity: Severity, settings: Settings, topics: AlertTopics, paths: Mapping[str, str]) -> dict[str, Any]:
    """Everybody who is told of alerts of one severity."""
    told = settings.receivers
    heard = told.of(severity)
    content: dict[str, Any] = {"name": str(severity)}
    if severity in topics.by_severity:
        content["sns_configs"] = [_sns(topics.by_severity[severity], settings.region)]
    elif told.slack and "slack" in heard:
        content["slack_configs"] = [_slack(told.slack.channels[severity], paths["slack-bot-token"])]
    if "pagerduty" in heard:
        content["pagerduty_configs"] = [_pagerduty(severity, paths["pagerduty-routing-key"])]
    if "teams" in heard:
        content["msteamsv2_configs"] = [_teams(paths["teams-webhook-url"])]
    if "webhook" in heard:
        content["webhook_configs"] = [{"url_file": paths["webhook-url"], "send_resolved": True, "timeout": "10s"}]
    if "email" in heard:
        content["email_configs"] = [_email(settings, paths["smtp-password"])]
    return content


def _heartbeat(settings: Settings, topics: AlertTopics, paths: Mapping[str, str]) -> dict[str, Any]:
    content: dict[str, Any] = {"name": HEARTBEAT}
    if topics.heartbeat:
        content["sns_configs"] = [
            _sns(topics.heartbeat, settings.region) | {"message": "alive", "send_resolved": False}
        ]
    if "heartbeat-url" in paths:
        content["webhook_configs"] = [
            {"url_file": paths["heartbeat-url"], "send_resolved": False, "timeout": "10s", "max_alerts": 1}
        ]
    return content


def _teams(url_file: str) -> dict[str, Any]:
    return {"webhook_url_file": url_file, "send_resolved": True, "title": _TITLE, "text": _TEXT}


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


def _slack(channel: str, token_file: str) -> dict[str, Any]:
    return {
        "channel": channel,
        "app_token_file": token_file,
        "send_resolved": True,
        "title": _TITLE,
        "text": '{{ template "vigil.slack" . }}',
        "color": '{{ template "vigil.colour" . }}',
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
        "text": _TEXT,
    }
