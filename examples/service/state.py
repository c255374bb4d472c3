"""The service as a whole: everything that requests and the worker share."""

from __future__ import annotations

import os
from typing import TextIO

from opentelemetry.sdk.trace import TracerProvider

from examples.service import traces
from examples.service.batch import SalesReport
from examples.service.burdens import Burdens
from examples.service.chain import Chain
from examples.service.emf import Emf
from examples.service.faults import Faults
from examples.service.health import Health
from examples.service.kit import Kit
from examples.service.ledger import Ledger
from examples.service.metrics import Metrics
from examples.service.models import Models
from examples.service.orders import Orders
from examples.service.pipeline import Pipeline
from examples.service.resources import ResourceMonitor
from examples.service.storage import Cache, Database
from examples.service.users import Users

VERSION = "1.0.0"


def service_name() -> str:
    """The name under which spans and logs are found: OpenTelemetry's own variable, or a default."""
    return os.environ.get("OTEL_SERVICE_NAME") or "example-service"


class State:
    """Made once for a process. `faulty` says whether faults can be set over HTTP; `emf` takes the CloudWatch lines,
    `release` is the version that metrics and spans tell."""

    def __init__(
        self,
        *,
        faulty: bool = False,
        emf: TextIO | None = None,
        release: str = VERSION,
        pace: float = 1,
        spans: TracerProvider | None = None,
    ) -> None:
        self.name, self.faulty = service_name(), faulty
        self.spans = spans or traces.provider(self.name, release)
        self.kit = Kit(Metrics(), Faults(), self.spans.get_tracer(__name__), Emf(emf), pace)
        self.kit.metrics.process.build.labels(version=release).set(1)
        self.completions, self.transactions = Ledger(), Ledger()
        self.database, self.cache = Database(self.kit), Cache(self.kit)
        self.models, self.chain = Models(self.kit, self.completions), Chain(self.kit, self.transactions)
        self.orders, self.report, self.pipeline = Orders(self.kit), SalesReport(self.kit), Pipeline(self.kit)
        self.users, self.health = Users(self.kit), Health(self.kit)
        self.resources, self.burdens = ResourceMonitor(self.kit), Burdens(self.kit)
