"""Receivers, the secrets they need, and whom production pages."""

from __future__ import annotations

from collections.abc import Iterator

from alert_rules.model import Severity
from alert_rules.problems import MISSING, Problem
from components.settings.checks.registry import check
from components.settings.model import SECRET_KEYS, Environment, Settings
from components.settings.types import secret_allowed


@check("receivers", *SECRET_KEYS)
def _receivers_have_secrets(settings: Settings, file: str) -> Iterator[Problem]:
    receivers = settings.receivers
    in_cluster = settings.kubernetes.enabled
    needs = (
        ("slack_bot_token", receivers.slack, in_cluster and not settings.aws.enabled, settings.aws.enabled),
        ("pagerduty_routing_key", receivers.pagerduty, in_cluster, False),
        ("smtp_password", receivers.email, in_cluster, False),
        ("grafana_admin_password", settings.kubernetes.enabled or None, in_cluster, False),
    )
    for name, user, for_kubernetes, for_aws in needs:
        secret = settings.secret(name)
        key = f"vigil:{name}"
        if user is not None and secret is None:
            yield Problem(file, key, MISSING, f"{secret_allowed()}, since {_user(name)} needs it")
        elif user is not None and secret is not None and for_kubernetes and not secret.for_kubernetes:
            yield Problem(
                file, key, "secrets_manager only", "also {kubernetes: {secret: NAME, key: KEY}}: the cluster reads it"
            )
        elif user is not None and secret is not None and for_aws and not secret.for_aws:
            yield Problem(file, key, "kubernetes only", "also {secrets_manager: NAME}: the notifier on AWS reads it")


def _user(secret: str) -> str:
    return {
        "slack_bot_token": "vigil:receivers.slack",
        "pagerduty_routing_key": "vigil:receivers.pagerduty",
        "smtp_password": "vigil:receivers.email",
        "grafana_admin_password": "Grafana",
    }[secret]


@check("receivers", "environment")
def _production_pages(settings: Settings, file: str) -> Iterator[Problem]:
    if settings.environment is not Environment.PROD:
        return
    told = receivers_of(settings, Severity.CRITICAL)
    if not told:
        allowed = "at least one of slack, pagerduty, email with severity critical: production must page somebody"
        yield Problem(file, "vigil:receivers", "no receiver for critical", allowed)
    elif settings.aws.enabled and told == ("pagerduty",):
        allowed = "also slack or email with severity critical: alarms of CloudWatch do not reach PagerDuty"
        yield Problem(file, "vigil:receivers", "only pagerduty for critical", allowed)


def receivers_of(settings: Settings, severity: Severity) -> tuple[str, ...]:
    """Names of the receivers that alerts of a severity go to."""
    receivers = settings.receivers
    return tuple(
        name
        for name, wanted in (
            ("slack", receivers.slack.channels if receivers.slack else ()),
            ("pagerduty", receivers.pagerduty.severities if receivers.pagerduty else ()),
            ("email", receivers.email.severities if receivers.email else ()),
        )
        if severity in wanted
    )
