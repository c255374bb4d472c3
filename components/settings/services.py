"""The settings of a service: where it runs, how it is watched, and what is promised of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from alert_rules import slos
from alert_rules.quantities import Quantity
from components.settings.types import (
    USUAL_INTERVAL,
    DnsLabel,
    Duration,
    Port,
    Rate,
    Section,
    Share,
)

EcsName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,255}$")]
SagemakerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9](-*[A-Za-z0-9]){0,62}$")]

AlertOverrides = dict[str, Any]
"""Alert name → what is set otherwise; checked against the catalogue, see alert_rules.overrides."""


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
    interval: Duration = Field(default=USUAL_INTERVAL, validate_default=True)
    timeout: Duration | None = Field(None, description="The interval, at most 10s, where unset.")


class Probe(Section):
    """An HTTP address of the service that is asked from outside the pod; 2xx is healthy."""

    port: Port
    path: str = Field("/health", pattern=r"^/")


class Slo(Section):
    """A service level objective: what share of a service's events must be good over a window."""

    kind: str = Field(description=f"{', '.join(slos.kinds())} or {slos.RATIO}.")
    name: DnsLabel | None = Field(None, description="The kind's, with - for _, where unset.")
    objective: Share = Field(description="The share of events that must be good, such as 99.9%.")
    window: Literal["28d", "30d"] = "30d"
    threshold: str | None = Field(None, description="What an event is compared with, for kinds that compare.")
    errors: str | None = Field(None, description=f"The counter of bad events, for kind {slos.RATIO}.")
    events: str | None = Field(None, description=f"The counter of all events, for kind {slos.RATIO}.")

    @property
    def label(self) -> str:
        """Its name, unique in its service: the label `slo`."""
        return self.name or self.kind.replace("_", "-")


class Sla(Section):
    """A service level agreement: what is promised of HTTP requests, each over a period of its own; null leaves one out.

    The defaults are those of the AITBC observability plan, 3.2.
    """

    availability: Share | None = Field(
        default="99.9%", validate_default=True, description="The share of requests that do not fail, over 30 days."
    )
    response_time: Duration | None = Field(
        default="200ms", validate_default=True, description="The mean time to an answer, over 24 hours."
    )
    error_rate: Share | None = Field(
        default="1%", validate_default=True, description="The share of requests that may fail, over 24 hours."
    )
    throughput: Rate | None = Field(
        default="1000/s", validate_default=True, description="The requests a second that are answered, over an hour."
    )

    @property
    def targets(self) -> dict[str, Quantity]:
        """Each target by its measure: a share, seconds, or requests a second."""
        promised = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: target for name, target in promised.items() if target is not None}


class Service(Section):
    """A service under watch."""

    name: DnsLabel
    team: DnsLabel
    runs_on: RunsOn
    metrics: Metrics | None = None
    probe: Probe | None = None
    slos: tuple[Slo, ...] = Field((), strict=False)
    sla: Sla | None = None
    alerts: AlertOverrides = {}

    @property
    def kubernetes_service(self) -> tuple[str, str] | None:
        """Namespace and name of its Kubernetes Service, which is called as the service is unless the settings say
        otherwise; None for a service that does not run in the cluster."""
        place = self.runs_on.kubernetes
        return (place.namespace, place.service or self.name) if place else None

    @property
    def measures_availability(self) -> Slo | None:
        """The objective by which an agreement is measured: of kind availability, over 30 days. None where there is no
        such objective."""
        return next((slo for slo in self.slos if slo.kind == "availability" and slo.window == "30d"), None)
