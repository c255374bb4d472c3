"""The settings of one environment, as classes. `Pulumi.<environment>.yaml` is their only source."""

from __future__ import annotations

import re
from enum import StrEnum
from importlib import resources
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from alert_rules.model import Severity
from components.settings.types import Bytes, DnsLabel, Duration, Secret, SecretSetting, Section

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]
Url = Annotated[str, Field(pattern=r"^https?://[^\s]+[^\s/]$")]
Port = Annotated[int, Field(ge=1, le=65535)]
EcsName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,255}$")]
SagemakerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9](-*[A-Za-z0-9]){0,62}$")]
SeverityName = Annotated[Severity, Field(strict=False)]
Mode = Literal["off", "dry_run", "automatic"]

AlertOverrides = dict[str, Any]
"""Alert name → what is set otherwise; checked against the catalogue, see alert_rules.overrides."""


class Environment(StrEnum):
    """The profile that sets every default: sizes, replicas, retention, paging, remediation mode."""

    DEV = "dev"
    STAGING = "staging"
    PROD = "prod"


class Size(StrEnum):
    """How much the stack on Kubernetes is given."""

    SMALL = "small"
    MEDIUM = "medium"


class Links(Section):
    """Where people go from an alert."""

    runbooks: Url = Field(description="Base address of docs/runbooks, as your browser reaches it.")
    grafana: Url = Field(description="Address of Grafana, as your browser reaches it.")


class Aws(Section):
    """The half on AWS."""

    enabled: bool = True
    account_id: str | None = Field(None, pattern=r"^\d{12}$", description="The only account this stack may touch.")
    log_retention: Duration


class Kubernetes(Section):
    """The half on Kubernetes."""

    enabled: bool = True
    context: str | None = Field(None, description="kubeconfig context; that of `eks_cluster` where unset.")
    namespace: DnsLabel = "observability"
    size: Annotated[Size, Field(strict=False)]
    storage_class: str | None = Field(
        None, description="StorageClass of the volumes; the cluster's default where unset."
    )
    ingress_namespace: DnsLabel | None = Field(
        None, description="Namespace whose pods (an ingress controller) may reach Grafana; none where unset."
    )
    eks_cluster: str | None = Field(None, description="Name of the EKS cluster, for Pod Identity: how pods reach AWS.")


class Prometheus(Section):
    """Metrics."""

    replicas: int = Field(ge=1, le=2)
    retention: Duration
    volume: Bytes


class Alertmanager(Section):
    """Routing of alerts inside the cluster."""

    replicas: int = Field(ge=1, le=5)
    volume: Bytes


class Grafana(Section):
    """Dashboards."""

    volume: Bytes


class OnKubernetes(Section):
    """A service that runs in the cluster: the Kubernetes Service whose pods are scraped."""

    namespace: DnsLabel
    service: DnsLabel | None = Field(None, description="Name of the Kubernetes Service; the service's own where unset.")


class OnEcs(Section):
    """A service that runs on Amazon ECS, by the names (not the ARNs) of the cluster and the service."""

    cluster: EcsName
    service: EcsName


class OnSagemaker(Section):
    """A model behind a SageMaker endpoint."""

    endpoint: SagemakerName
    variant: SagemakerName


class RunsOn(Section):
    """Exactly one platform."""

    kubernetes: OnKubernetes | None = None
    ecs: OnEcs | None = None
    sagemaker: OnSagemaker | None = None

    @property
    def platforms(self) -> tuple[str, ...]:
        """Names of the platforms that are given."""
        return tuple(name for name in type(self).model_fields if getattr(self, name) is not None)


class Metrics(Section):
    """Where a service exports metrics for Prometheus."""

    port: Port
    path: str = Field("/metrics", pattern=r"^/")
    interval: Duration = Field(default="15s", validate_default=True)


class Probe(Section):
    """An HTTP address of the service that is asked from outside the pod; 2xx is healthy."""

    port: Port
    path: str = Field("/health", pattern=r"^/")


class Service(Section):
    """A service under watch."""

    name: DnsLabel
    team: DnsLabel
    runs_on: RunsOn
    metrics: Metrics | None = None
    probe: Probe | None = None
    alerts: AlertOverrides = {}


class Resource(Section):
    """An AWS resource under alarm, of a kind from the catalogue."""

    kind: str
    name: DnsLabel
    service: DnsLabel | None = Field(None, description="The declared service it belongs to.")
    team: DnsLabel | None = Field(None, description="Who owns it, where it belongs to no declared service.")
    dimensions: dict[str, str] = {}
    alerts: AlertOverrides = {}


class SlackReceiver(Section):
    """Slack channels by severity; needs `slack_bot_token`."""

    channels: dict[SeverityName, Annotated[str, Field(pattern=r"^#[a-z0-9_-]{1,79}$")]]


class PagerdutyReceiver(Section):
    """PagerDuty's Events API v2; needs `pagerduty_routing_key`."""

    severities: tuple[SeverityName, ...] = Field((Severity.CRITICAL,), strict=False)


class EmailReceiver(Section):
    """E-mail over SMTP with TLS from the cluster, over SNS subscriptions from AWS; needs `smtp_password`."""

    to: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    smarthost: str = Field(pattern=r"^[^:\s]+:\d+$", description="host:port of the SMTP server.")
    username: str
    severities: tuple[SeverityName, ...] = Field((Severity.CRITICAL, Severity.HIGH), strict=False)


class Receivers(Section):
    """Who is told, by severity."""

    slack: SlackReceiver | None = None
    pagerduty: PagerdutyReceiver | None = None
    email: EmailReceiver | None = None

    def of(self, severity: Severity) -> tuple[str, ...]:
        """Names of the receivers that hear alerts of that severity."""
        wanted = (
            ("slack", self.slack.channels if self.slack else ()),
            ("pagerduty", self.pagerduty.severities if self.pagerduty else ()),
            ("email", self.email.severities if self.email else ()),
        )
        return tuple(name for name, severities in wanted if severity in severities)


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


class Settings(Section):
    """Everything an environment sets. Top-level keys stand under `vigil:` in the stack file."""

    environment: Annotated[Environment, Field(strict=False)]
    links: Links
    platform_team: DnsLabel = Field("platform", description="Who owns the monitoring stack itself.")
    aws: Aws
    kubernetes: Kubernetes
    prometheus: Prometheus
    alertmanager: Alertmanager
    grafana: Grafana
    services: tuple[Service, ...] = Field((), strict=False)
    resources: tuple[Resource, ...] = Field((), strict=False)
    alerts: AlertOverrides = {}
    receivers: Receivers = Receivers()
    remediation: Remediation
    maintenance: tuple[MaintenanceWindow, ...] = Field((), strict=False)
    slack_bot_token: SecretSetting | None = None
    pagerduty_routing_key: SecretSetting | None = None
    smtp_password: SecretSetting | None = None
    grafana_admin_password: SecretSetting | None = None

    def secret(self, name: str) -> Secret | None:
        """The secret of that top-level key, or None where it is not set."""
        found: Secret | None = getattr(self, name)
        return found


SECRET_KEYS = ("slack_bot_token", "pagerduty_routing_key", "smtp_password", "grafana_admin_password")
