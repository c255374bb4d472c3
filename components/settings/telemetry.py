"""The settings of traces, and of the collectors that bring them and logs to their stores."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from components.settings.types import Bytes, DnsLabel, Duration, Section, Share

StoreUrl = Annotated[str, Field(pattern=r"^(https?|clickhouse)://[^\s]+[^\s/]$")]
JaegerStorage = Literal["memory", "badger", "opensearch", "elasticsearch", "clickhouse"]


class Sampling(Section):
    """The share of traces that a service's SDK begins, as it is told when it asks."""

    default: Share = Field(
        description="For every service without an entry. What is not begun is neither counted nor kept, though it fail."
    )
    services: dict[DnsLabel, Share] = Field({}, description="Service → share of its traces.")
    adaptive: bool = Field(
        False, description="Let Jaeger find the share of each service and operation, beginning with the default."
    )


class Jaeger(Section):
    """Traces."""

    enabled: bool
    storage: JaegerStorage
    endpoint: StoreUrl | None = Field(
        None, description="Address of the OpenSearch or Elasticsearch (https://…), or ClickHouse (clickhouse://…)."
    )
    username: str = "jaeger"
    retention: Duration
    volume: Bytes
    replicas: int = Field(ge=1, le=20, description="Of its collector and its query service, where storage is shared.")
    sampling: Sampling

    @property
    def store_is_shared(self) -> bool:
        """Whether the store is a program of its own; memory and Badger live in Jaeger itself, which then cannot be
        two."""
        return self.storage not in ("memory", "badger")


class Keep(Section):
    """Which traces the gateway keeps besides all with errors."""

    slower_than: Duration
    share: Share = Field(description="Of the traces that are neither failed nor slow.")
    wait: Duration = Field(
        default="30s",
        validate_default=True,
        description="How long a trace is gathered, from its first span, before it is judged: 5s to 5m. What ends "
        "later, as a long answer of a model does, follows a decision that was made without it.",
    )


class Datadog(Section):
    """Datadog, which is sent a copy; needs `datadog_api_key`."""

    site: str = Field("datadoghq.eu", pattern=r"^[a-z0-9.]+$")


class NewRelic(Section):
    """New Relic, which is sent a copy; needs `new_relic_license_key`."""

    region: Literal["eu", "us"] = "eu"


class OpenTelemetry(Section):
    """The collectors: an agent on every node, a gateway before the stores."""

    enabled: bool
    replicas: int = Field(ge=1, le=50, description="Of the gateway; the least of them where the size is large.")
    volume: Bytes = Field(description="Each gateway's queue of what a store does not take yet.")
    keep: Keep
    namespaces: tuple[DnsLabel, ...] = Field(
        (), strict=False, description="Whose pods may send OTLP, besides those of declared services."
    )
    xray: bool = Field(False, description="Send traces to AWS X-Ray too.")
    datadog: Datadog | None = None
    new_relic: NewRelic | None = None


class Mesh(Section):
    """Traces of an Istio service mesh, by its Telemetry API."""

    enabled: bool = False
    provider: DnsLabel = Field("vigil", description="Name of the extension provider in the mesh's configuration.")
    sampling: Share
