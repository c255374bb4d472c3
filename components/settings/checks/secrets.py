"""The secrets that what is enabled needs, and who must be able to read each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from alert_rules.problems import MISSING, Problem
from components.settings.checks.registry import check
from components.settings.model import Settings
from components.settings.types import secret_allowed


@dataclass(frozen=True)
class _Need:
    """A secret setting: what uses it, and which half must be able to read it then."""

    secret: str
    user: str
    used: Callable[[Settings], bool]
    in_cluster: Callable[[Settings], bool]
    on_aws: Callable[[Settings], bool] = lambda _: False


def _in_cluster(secret: str, user: str, used: Callable[[Settings], bool]) -> _Need:
    """A secret that pods alone read."""
    return _Need(secret, user, used=lambda s: s.kubernetes.enabled and used(s), in_cluster=lambda _: True)


_NEEDS = (
    _Need(
        "slack_bot_token",
        "vigil:receivers.slack",
        used=lambda s: s.receivers.slack is not None,
        in_cluster=lambda s: s.kubernetes.enabled and not s.aws.enabled,
        on_aws=lambda s: s.aws.enabled,
    ),
    _in_cluster("pagerduty_routing_key", "vigil:receivers.pagerduty", lambda s: s.receivers.pagerduty is not None),
    _in_cluster("smtp_password", "vigil:receivers.email", lambda s: s.receivers.email is not None),
    _in_cluster("teams_webhook_url", "vigil:receivers.teams", lambda s: s.receivers.teams is not None),
    _in_cluster("webhook_url", "vigil:receivers.webhook", lambda s: s.receivers.webhook is not None),
    # Nothing needs it; where it is set, pods must be able to read it.
    _in_cluster("heartbeat_url", "the dead-man's switch", lambda s: s.heartbeat_url is not None),
    _in_cluster("grafana_admin_password", "Grafana", lambda _: True),
    _in_cluster("grafana_secret_key", "Grafana", lambda _: True),
    _in_cluster("grafana_database_password", "vigil:grafana.database", lambda s: s.grafana.database is not None),
    _in_cluster("sign_in_client_secret", "vigil:sign_in", lambda s: s.sign_in is not None),
    _in_cluster("sign_in_cookie_secret", "vigil:access.tools", lambda s: s.access.tools is not None),
    _in_cluster("s3_credentials", "vigil:object_storage", lambda s: s.object_storage is not None),
    _in_cluster(
        "jaeger_storage_password", "vigil:jaeger.storage", lambda s: s.jaeger.enabled and s.jaeger.store_is_shared
    ),
    _in_cluster("datadog_api_key", "vigil:opentelemetry.datadog", lambda s: s.opentelemetry.datadog is not None),
    _in_cluster(
        "new_relic_license_key", "vigil:opentelemetry.new_relic", lambda s: s.opentelemetry.new_relic is not None
    ),
    _in_cluster("elasticsearch_admin_password", "vigil:elastic", lambda s: s.elastic.enabled),
    _in_cluster("elasticsearch_kibana_password", "vigil:elastic", lambda s: s.elastic.enabled),
    _in_cluster("elasticsearch_logstash_password", "vigil:elastic", lambda s: s.elastic.enabled),
    _in_cluster("kibana_encryption_key", "vigil:elastic", lambda s: s.elastic.enabled),
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
