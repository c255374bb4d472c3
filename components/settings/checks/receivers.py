"""Receivers, the secrets they need, and whom production pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from alert_rules.model import Severity
from alert_rules.problems import MISSING, Problem
from components.settings.checks.registry import check
from components.settings.model import Environment, Settings
from components.settings.types import secret_allowed


@dataclass(frozen=True)
class _Need:
    """A secret setting: what uses it, and which half must be able to read it then."""

    secret: str
    user: str
    used: Callable[[Settings], bool]
    in_cluster: Callable[[Settings], bool]
    on_aws: Callable[[Settings], bool] = lambda _: False


def _has_cluster(settings: Settings) -> bool:
    return settings.kubernetes.enabled


_NEEDS = (
    _Need(
        "slack_bot_token",
        "vigil:receivers.slack",
        used=lambda s: s.receivers.slack is not None,
        in_cluster=lambda s: s.kubernetes.enabled and not s.aws.enabled,
        on_aws=lambda s: s.aws.enabled,
    ),
    _Need(
        "pagerduty_routing_key",
        "vigil:receivers.pagerduty",
        used=lambda s: s.receivers.pagerduty is not None,
        in_cluster=_has_cluster,
    ),
    _Need(
        "smtp_password",
        "vigil:receivers.email",
        used=lambda s: s.receivers.email is not None,
        in_cluster=_has_cluster,
    ),
    _Need("grafana_admin_password", "Grafana", used=_has_cluster, in_cluster=_has_cluster),
)


def _secret_is_there(need: _Need, settings: Settings, file: str) -> Iterator[Problem]:
    if not need.used(settings):
        return
    secret, key = settings.secret(need.secret), f"vigil:{need.secret}"
    if secret is None:
        yield Problem(file, key, MISSING, f"{secret_allowed()}, since {need.user} needs it")
    elif need.in_cluster(settings) and not secret.for_kubernetes:
        allowed = "also {kubernetes: {secret: NAME, key: KEY}}: the cluster reads it"
        yield Problem(file, key, "secrets_manager only", allowed)
    elif need.on_aws(settings) and not secret.for_aws:
        yield Problem(file, key, "kubernetes only", "also {secrets_manager: NAME}: the notifier on AWS reads it")


# A check a secret, so that a mistake in one does not hide that another is missing.
for _need in _NEEDS:
    check("receivers", _need.secret)(partial(_secret_is_there, _need))


@check("receivers", "environment")
def _production_pages(settings: Settings, file: str) -> Iterator[Problem]:
    if settings.environment is not Environment.PROD:
        return
    told = settings.receivers.of(Severity.CRITICAL)
    if not told:
        allowed = "at least one of slack, pagerduty, email with severity critical: production must page somebody"
        yield Problem(file, "vigil:receivers", "no receiver for critical", allowed)
    elif settings.aws.enabled and told == ("pagerduty",):
        allowed = "also slack or email with severity critical: alarms of CloudWatch do not reach PagerDuty"
        yield Problem(file, "vigil:receivers", "only pagerduty for critical", allowed)
