"""The settings of one environment, as classes. `Pulumi.<environment>.yaml` is their only source."""

from __future__ import annotations

import re
from enum import StrEnum
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, field_validator

from components.settings import kubernetes as parts
from components.settings import telemetry
from components.settings.receivers import Receivers
from components.settings.services import AlertOverrides, Service
from components.settings.types import DnsLabel, Duration, Secret, SecretSetting, Section, Url

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
Mode = Literal["off", "dry_run", "automatic"]


class Environment(StrEnum):
    """The profile that sets every default: sizes, replicas, retention, paging, remediation mode."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


class Links(Section):
    """Where people go from an alert."""

    runbooks: Url = Field(description="Base address of docs/runbooks, as your browser reaches it.")
    grafana: Url = Field(description="Address of Grafana, as your browser reaches it.")


class Aws(Section):
    """The half on AWS."""

    enabled: bool = True
    account_id: str | None = Field(None, pattern=r"^\d{12}$", description="The only account this stack may touch.")
    log_retention: Duration


class Resource(Section):
    """An AWS resource under alarm, of a kind from the catalogue."""

    kind: str
    name: DnsLabel
    service: DnsLabel | None = Field(None, description="The declared service it belongs to.")
    team: DnsLabel | None = Field(None, description="Who owns it, where it belongs to no declared service.")
    dimensions: dict[str, str] = {}
    alerts: AlertOverrides = {}


class RemediationAction(Section):
    """One action's mode and limits; limits are the parameters of the function's manifest."""

    mode: Mode | None = None
    limits: dict[str, Any] = {}


class Remediation(Section):
    """What vigil may do by itself."""

    mode: Mode
    actions: dict[str, RemediationAction] = {}


class MaintenanceWindow(Section):
    """A weekly time during which nobody is notified, of everything or of some services."""

    name: DnsLabel
    days: tuple[Weekday, ...] = Field(min_length=1, strict=False)
    start: ClockTime
    end: ClockTime
    timezone: str = Field(description="Name from the time zone database, such as Europe/Dublin.")
    services: tuple[str, ...] | None = Field(None, strict=False, min_length=1, description="Every service where unset.")

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, name: str) -> str:
        zone = resources.files("tzdata.zoneinfo").joinpath(*name.split("/"))
        if not re.fullmatch(r"[A-Za-z0-9_+/-]+", name) or not zone.is_file():
            raise ValueError("a name from the time zone database, such as Europe/Dublin")
        return name


_PLAIN = "letters, digits and . _ ~ -, a letter or a digit first"


class Settings(Section):
    """Everything an environment sets. Top-level keys stand under `vigil:` in the stack file."""

    environment: Annotated[Environment, Field(strict=False)]
    links: Links
    platform_team: DnsLabel = Field("platform", description="Who owns the monitoring stack itself.")
    aws: Aws
    kubernetes: parts.Kubernetes
    access: parts.Access = parts.Access()
    sign_in: parts.SignIn | None = None
    object_storage: parts.ObjectStorage | None = Field(None, description="Where the buckets are not Amazon S3's.")
    prometheus: parts.Prometheus
    thanos: parts.Thanos
    alertmanager: parts.Alertmanager
    grafana: parts.Grafana
    loki: parts.Loki
    jaeger: telemetry.Jaeger
    opentelemetry: telemetry.OpenTelemetry
    exporters: parts.Exporters
    elastic: parts.Elastic
    mesh: telemetry.Mesh
    targets: tuple[parts.ScrapeTarget, ...] = Field((), strict=False)
    probes: tuple[parts.ProbeTarget, ...] = Field((), strict=False)
    services: tuple[Service, ...] = Field((), strict=False)
    resources: tuple[Resource, ...] = Field((), strict=False)
    alerts: AlertOverrides = {}
    receivers: Receivers = Receivers()
    remediation: Remediation
    maintenance: tuple[MaintenanceWindow, ...] = Field((), strict=False)
    slack_bot_token: SecretSetting | None = None
    pagerduty_routing_key: SecretSetting | None = None
    smtp_password: SecretSetting | None = None
    teams_webhook_url: SecretSetting | None = None
    webhook_url: SecretSetting | None = None
    heartbeat_url: SecretSetting | None = Field(
        None, description="An address outside (a dead-man's switch) that is called every minute while alerting works."
    )
    grafana_admin_password: SecretSetting | None = None
    grafana_secret_key: SecretSetting | None = Field(None, description="With which Grafana encrypts what it stores.")
    grafana_database_password: SecretSetting | None = None
    sign_in_client_secret: SecretSetting | None = None
    sign_in_cookie_secret: SecretSetting | None = Field(None, description="32 random bytes, in base64 for URLs.")
    s3_credentials: SecretSetting | None = Field(
        None, description="An AWS shared credentials file, for object_storage."
    )
    jaeger_storage_password: SecretSetting | None = None
    datadog_api_key: SecretSetting | None = None
    new_relic_license_key: SecretSetting | None = None
    elasticsearch_admin_password: SecretSetting | None = Field(
        None, description=f"Of `vigil-admin`, who signs in to Kibana and may do everything: {_PLAIN}, at least 6."
    )
    elasticsearch_kibana_password: SecretSetting | None = Field(
        None, description=f"By which Kibana asks Elasticsearch: {_PLAIN}, at least 6."
    )
    elasticsearch_logstash_password: SecretSetting | None = Field(
        None, description=f"By which Logstash writes to Elasticsearch: {_PLAIN}, at least 6."
    )
    kibana_encryption_key: SecretSetting | None = Field(
        None, description=f"With which Kibana encrypts sessions and what it stores: {_PLAIN}, at least 32."
    )

    _region: str = PrivateAttr("")

    @property
    def region(self) -> str:
        """The AWS region of the stack (`aws:region`, which is not one of vigil's own keys)."""
        return self._region

    def in_region(self, region: str) -> Settings:
        """The same settings for that AWS region."""
        placed = self.model_copy()
        placed._region = region
        return placed

    def secret(self, name: str) -> Secret | None:
        """The secret of that top-level key, or None where it is not set."""
        found: Secret | None = getattr(self, name)
        return found

    @property
    def sending_namespaces(self) -> list[str]:
        """The namespaces whose pods may send telemetry: those of declared services, and those named besides."""
        declared = {s.runs_on.kubernetes.namespace for s in self.services if s.runs_on.kubernetes}
        return sorted(declared | set(self.opentelemetry.namespaces))

    @property
    def traces_are_kept(self) -> bool:
        """Whether anything takes traces."""
        forwarded = self.opentelemetry
        return self.jaeger.enabled or forwarded.xray or bool(forwarded.datadog or forwarded.new_relic)


SECRET_KEYS = (
    "slack_bot_token",
    "pagerduty_routing_key",
    "smtp_password",
    "teams_webhook_url",
    "webhook_url",
    "heartbeat_url",
    "grafana_admin_password",
    "grafana_secret_key",
    "grafana_database_password",
    "sign_in_client_secret",
    "sign_in_cookie_secret",
    "s3_credentials",
    "jaeger_storage_password",
    "datadog_api_key",
    "new_relic_license_key",
    "elasticsearch_admin_password",
    "elasticsearch_kibana_password",
    "elasticsearch_logstash_password",
    "kibana_encryption_key",
)
