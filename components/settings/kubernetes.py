"""The settings of the half on Kubernetes: what runs there, how large, and how people reach it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from components.settings.types import USUAL_INTERVAL, Bytes, DnsLabel, Duration, Section, Url

HostPort = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*:\d{1,5}$")]
BucketName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]


class Size(StrEnum):
    """How much the stack on Kubernetes is given, and in which shape its programs run."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Kubernetes(Section):
    """The half on Kubernetes."""

    enabled: bool = True
    context: str | None = Field(None, description="kubeconfig context; that of `eks_cluster` where unset.")
    namespace: DnsLabel = "observability"
    size: Annotated[Size, Field(strict=False)]
    storage_class: str | None = Field(
        None, description="StorageClass of the volumes; the cluster's default where unset."
    )
    eks_cluster: str | None = Field(None, description="Name of the EKS cluster, for Pod Identity: how pods reach AWS.")


class Gateway(Section):
    """A Gateway (Gateway API v1) that exists; its listener holds the certificate."""

    name: DnsLabel
    namespace: DnsLabel
    listener: DnsLabel | None = Field(None, description="Name of its HTTPS listener; every one that fits where unset.")
    pods_namespace: DnsLabel | None = Field(
        None, description="Namespace of the pods that carry its traffic; the Gateway's own where unset."
    )


class Ingress(Section):
    """An ingress controller that exists, by the class of its Ingresses."""

    class_name: DnsLabel
    namespace: DnsLabel = Field(description="Namespace of the controller's pods.")
    tls_secret: DnsLabel | None = Field(
        None, description="Kubernetes Secret with the certificate; the controller's own where unset."
    )


class Access(Section):
    """How browsers reach the user interfaces: through a Gateway or an Ingress, over TLS, signed in."""

    gateway: Gateway | None = None
    ingress: Ingress | None = None
    tools: Url | None = Field(
        None,
        description="Address under which Prometheus, Alertmanager, Jaeger and Kibana stand behind a sign-in; "
        "not reached from outside where unset.",
    )

    @property
    def traffic_from(self) -> str | None:
        """The namespace whose pods bring the traffic of browsers; none where there is no way in."""
        if self.gateway:
            return self.gateway.pods_namespace or self.gateway.namespace
        return self.ingress.namespace if self.ingress else None


class SignIn(Section):
    """An OpenID Connect provider; needs `sign_in_client_secret`."""

    issuer: Url
    authorize_url: Url
    token_url: Url
    userinfo_url: Url
    client_id: str
    email_domains: tuple[str, ...] = Field(strict=False, min_length=1, description="Whose addresses may sign in.")
    tool_groups: tuple[str, ...] = Field(
        (), strict=False, description="Whose members may use the tools; everybody who may sign in where unset."
    )
    admin_group: str | None = Field(None, description="Members of this group (claim `groups`) administer Grafana.")
    editor_group: str | None = Field(None, description="Members of this group (claim `groups`) edit in Grafana.")


class ObjectStorage(Section):
    """Storage that speaks S3 but is not Amazon's; needs `s3_credentials`."""

    endpoint: HostPort
    region: str = "us-east-1"


class Discovery(Section):
    """Pods and Services that ask to be scraped by annotation (prometheus.io/scrape, port, path, scheme)."""

    namespaces: tuple[DnsLabel, ...] = Field(
        (), strict=False, description="Where they are looked for; network policies open the way to these alone."
    )


class RemoteWrite(Section):
    """Amazon Managed Service for Prometheus, which is sent a copy of every sample."""

    workspace: str = Field(pattern=r"^ws-[a-z0-9-]{1,64}$")
    region: str | None = Field(None, description="Region of the workspace; the stack's own where unset.")


class Prometheus(Section):
    """Metrics."""

    replicas: int = Field(ge=1, le=2)
    shards: int = Field(1, ge=1, le=32, description="Between how many Prometheus the services are divided.")
    retention: Duration
    volume: Bytes
    discovery: Discovery = Discovery()
    remote_write: RemoteWrite | None = None


class Downsampling(Section):
    """How long metrics are kept in the bucket, by resolution."""

    raw: Duration
    five_minutes: Duration
    one_hour: Duration


class Thanos(Section):
    """Metrics for the long term, in object storage."""

    enabled: bool
    bucket: BucketName | None = None
    retention: Downsampling
    volume: Bytes = Field(description="Room of the compactor, which works on one group of blocks at a time.")


class Alertmanager(Section):
    """Routing of alerts inside the cluster."""

    replicas: int = Field(ge=1, le=5)
    volume: Bytes


class Database(Section):
    """A PostgreSQL database that exists; needs `grafana_database_password`."""

    host: HostPort
    name: str = "grafana"
    user: str = "grafana"
    ssl_mode: Literal["disable", "require"] = "require"


class Grafana(Section):
    """Dashboards."""

    replicas: int = Field(1, ge=1, le=5)
    volume: Bytes
    database: Database | None = Field(None, description="Where several replicas keep what they share.")


class StreamRetention(Section):
    """A retention of its own for some log streams."""

    selector: str = Field(pattern=r"^\{.+\}$", description='A LogQL stream selector, such as {namespace="shop"}.')
    retention: Duration
    priority: int = Field(1, ge=1, le=1000, description="The highest of those that match a stream counts.")


class Loki(Section):
    """Logs."""

    enabled: bool
    bucket: BucketName | None = None
    retention: Duration
    volume: Bytes = Field(
        description="Each replica's disk: everything where there is no bucket, else what is not sent yet."
    )
    streams: tuple[StreamRetention, ...] = Field((), strict=False)


class Exporters(Section):
    """What makes metrics of things that export none themselves."""

    kube_state_metrics: bool = True
    node: bool = True
    blackbox: bool = True
    kubelet: bool = True
    cloudwatch: bool = Field(description="CloudWatch's metrics of the resources under alarm, for Grafana and PromQL.")


class Elastic(Section):
    """Elasticsearch, Logstash, Kibana and Filebeat, for those who search logs that way; needs `elasticsearch_*` and
    `kibana_encryption_key`. Every line is kept here as well as in Loki."""

    enabled: bool = False
    replicas: int = Field(
        1, ge=1, le=9, description="Of Elasticsearch: 1, or at least 3, which outvote one that is lost."
    )
    volume: Bytes = Field(description="Each Elasticsearch's disk.")
    retention: Duration = Field(description="In whole days, counted from when a day's index is closed.")
    transport_secret: DnsLabel | None = Field(
        None,
        description="Kubernetes Secret (tls.crt, tls.key, ca.crt) by which several Elasticsearch know each other.",
    )


class ScrapeTarget(Section):
    """Addresses outside the cluster, or without a Service, that are scraped as they stand."""

    name: DnsLabel
    team: DnsLabel
    addresses: tuple[HostPort, ...] = Field(strict=False)
    path: str = Field("/metrics", pattern=r"^/")
    scheme: Literal["http", "https"] = "http"
    interval: Duration = Field(default=USUAL_INTERVAL, validate_default=True)
    timeout: Duration | None = None


class ProbeTarget(Section):
    """An address outside the cluster that the blackbox exporter asks."""

    name: DnsLabel
    team: DnsLabel
    url: Annotated[str, Field(pattern=r"^(https?://[^\s]+|[A-Za-z0-9.-]+:\d{1,5})$")]
    interval: Duration = Field(default="30s", validate_default=True)
