"""Traces: spans over OTLP to where the standard variables of OpenTelemetry say, and nowhere where they say nothing."""

from __future__ import annotations

import os

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""The first is taken as it is, the second without the path /v1/traces. vigil's collectors listen on 4318 for both."""
CORRELATION_ATTRIBUTE = "correlation_id"


def provider(service: str, version: str) -> TracerProvider:
    """What makes spans for the service. OTEL_TRACES_SAMPLER and the other variables hold as the SDK reads them."""
    made = TracerProvider(resource=Resource.create({SERVICE_NAME: service, SERVICE_VERSION: version}))
    if any(os.environ.get(name) for name in ENDPOINTS):
        made.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return made
