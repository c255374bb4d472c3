"""Every metric that the service exports, by subject: the section `application` of alert_rules/metrics.yaml in code.

Names, types and labels are that section's. Labels that scraping adds (service, team, instance, job) are not set here.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

HTTP_BUCKETS = (0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1, 2, 3, 5, 7, 10)
"""Seconds. universal-ai-tools-guide 2.1, and the bounds that objectives of 50 ms to 300 ms need: those of
predictive-maintenance-plan below its 100 ms, and 2 s, which universal-ai-tools-guide has between 1 s and 5 s for AI."""
AI_BUCKETS = (0.5, 1, 2, 5, 10, 30, 60)
"""Seconds. universal-ai-tools-guide 2.1."""
PREDICTION_BUCKETS = (0.01, 0.05, 0.1, 0.2, 0.5, 1)
"""Seconds. predictive-maintenance-plan, phase 1; its threshold of a slow prediction is 0.1."""
QUERY_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5)
"""Seconds. An index lookup takes a millisecond or two, a scan that nobody meant takes seconds."""
STAGE_BUCKETS = (0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds. What runs in the background: a block is synchronised in seconds, a batch job may take its hour."""

SUCCESS, ERROR = "success", "error"
"""What `status` says of anything that ends."""


class Outcome:
    """What is done again and again, counted under its status and timed. Its series are looked up once; that of its
    failures begins at zero, from which the first is seen as an increase."""

    def __init__(self, ended: Counter, duration: Histogram, **labels: str) -> None:
        self._succeeded, self._failed = (ended.labels(**labels, status=status) for status in (SUCCESS, ERROR))
        self._duration = duration.labels(**labels)

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Do it once: the block."""
        start, ended = time.perf_counter(), self._failed
        try:
            yield
            ended = self._succeeded
        finally:
            ended.inc()
            self._duration.observe(time.perf_counter() - start)


class _Maker:
    """Makes metrics in one registry."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(name, told, labels, registry=self._registry)

    def gauge(self, name: str, told: str, *labels: str) -> Gauge:
        return Gauge(name, told, labels, registry=self._registry)

    def histogram(self, name: str, told: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(name, told, labels, registry=self._registry, buckets=buckets)


class Http:
    """What callers over HTTP notice."""

    def __init__(self, make: _Maker) -> None:
        labels = ("method", "route", "status_code")
        self.requests = make.counter("http_requests_total", "Requests answered.", *labels)
        self.duration = make.histogram("http_request_duration_seconds", "Time to the answer.", HTTP_BUCKETS, *labels)
        self.active = make.gauge("active_connections", "Requests that are being answered.")


class Grpc:
    """What callers over gRPC notice, as go-grpc-middleware names it."""

    def __init__(self, make: _Maker) -> None:
        labels = ("grpc_service", "grpc_method", "grpc_type")
        self.handled = make.counter("grpc_server_handled_total", "Calls ended.", *labels, "grpc_code")
        self.handling = make.histogram("grpc_server_handling_seconds", "Time of a call.", HTTP_BUCKETS, *labels)


class Process:
    """The process itself; prometheus_client adds process_*."""

    def __init__(self, make: _Maker) -> None:
        self.memory = make.gauge("memory_usage_bytes", "Resident memory of the process.")
        self.cpu = make.gauge("cpu_usage_percent", "Share of the CPU that the process may use.")
        self.build = make.gauge("service_build_info", "Always 1, under the version that runs.", "version")
        self.dependency_up = make.gauge("dependency_up", "1 where the last check was answered in time.", "dependency")


class Storage:
    """Databases and caches."""

    def __init__(self, make: _Maker) -> None:
        query = ("query_type", "table")
        self.connections = make.gauge("database_connections_active", "Connections of the pool in use.", "database")
        self.connections_max = make.gauge("database_connections_max", "Connections of the pool at most.", "database")
        self.query_duration = make.histogram("database_query_duration_seconds", "A query.", QUERY_BUCKETS, *query)
        self.query_errors = make.counter("database_query_errors_total", "Queries that failed.", *query)
        self.hit_ratio = make.gauge("cache_hit_ratio", "Share of the latest look-ups that hit.", "cache")
        self.cache_operations = make.counter(
            "cache_operations_total", "Operations on a cache.", "cache", "operation", "result"
        )


class Background:
    """Queues and batch jobs."""

    def __init__(self, make: _Maker) -> None:
        self.messages = make.gauge("queue_messages", "Messages that wait.", "queue")
        self.oldest = make.gauge("queue_oldest_message_age_seconds", "Age of the oldest message.", "queue")
        self.processed = make.counter("queue_messages_processed_total", "Messages taken.", "queue", "status")
        self.runs = make.counter("batch_job_runs_total", "Runs of a job.", "job_name", "status")
        self.run_duration = make.histogram("batch_job_duration_seconds", "A run.", STAGE_BUCKETS, "job_name")
        self.last_success = make.gauge(
            "batch_job_last_success_timestamp_seconds", "When a run last succeeded.", "job_name"
        )
        self.interval = make.gauge("batch_job_interval_seconds", "How often the job is to run.", "job_name")


class Models:
    """Language models and others."""

    def __init__(self, make: _Maker) -> None:
        by_model, predicted = ("model_name", "model_type"), "ml_prediction_duration_seconds"
        inference = "ai_model_inference_duration_seconds"
        buckets = (*PREDICTION_BUCKETS, *AI_BUCKETS[2:])
        self.requests = make.counter("ai_requests_total", "Requests to providers.", "model", "provider", "status")
        self.duration = make.histogram("ai_request_duration_seconds", "A request.", AI_BUCKETS, "model", "provider")
        self.operations = make.counter("ai_operations_total", "Operations for users.", "operation_type", "status")
        self.model_requests = make.counter("ai_model_requests_total", "Inferences asked for.", *by_model, "status")
        self.inference = make.histogram(inference, "An inference.", buckets, *by_model)
        self.predictions = make.counter("ml_predictions_total", "Predictions made.", "model_version")
        self.prediction_duration = make.histogram(predicted, "A prediction.", PREDICTION_BUCKETS, "model_version")
        self.relative_error = make.gauge(
            "ml_prediction_relative_error", "Mean relative error of predictions by what came.", "model_version"
        )


class Data:
    """Pipelines and what they deliver."""

    def __init__(self, make: _Maker) -> None:
        self.records = make.counter("data_pipeline_records_total", "Records taken in.", "pipeline", "status")
        self.last_success = make.gauge(
            "data_pipeline_last_success_timestamp_seconds", "When a batch was last delivered.", "pipeline"
        )
        self.latency = make.histogram("data_pipeline_latency_seconds", "Until delivered.", STAGE_BUCKETS, "pipeline")
        self.quality = make.gauge("data_quality_ratio", "Share of the latest batch's records that are good.", "dataset")


class Chain:
    """The blockchain."""

    def __init__(self, make: _Maker) -> None:
        kinds = ("transaction_type", "status")
        self.transactions = make.counter("blockchain_transactions_total", "Transactions ended.", *kinds)
        self.confirmation = make.histogram("blockchain_confirmation_seconds", "Until confirmed.", STAGE_BUCKETS)
        self.sync_duration = make.histogram("block_sync_duration_seconds", "Time to fetch new blocks.", STAGE_BUCKETS)
        self.pending = make.gauge("transaction_queue_size", "Transactions that wait to be confirmed.")
        self.height = make.gauge("blockchain_block_height", "The latest block that the service has.")
        self.head = make.gauge("blockchain_head_height", "The latest block that there is.")


class Business:
    """Users."""

    def __init__(self, make: _Maker) -> None:
        self.active = make.gauge("active_users_total", "Users seen in the last five minutes.")
        self.daily = make.gauge("daily_active_users", "Users seen in the last 24 hours.")
        self.weekly = make.gauge("weekly_active_users", "Users seen in the last seven days.")
        self.registered = make.gauge("registered_users", "Users there are.")
        self.new = make.gauge("new_users_today", "Users registered in the last 24 hours.")


class Metrics:
    """All of them, in a registry of their own, with what the client library says of the process and of Python."""

    def __init__(self) -> None:
        # Each would be a further series for every counter and histogram, and no rule reads it.
        prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry()
        for collector in (prometheus_client.ProcessCollector, prometheus_client.PlatformCollector):
            collector(registry=self.registry)
        make = _Maker(self.registry)
        self.http, self.grpc = Http(make), Grpc(make)
        self.process, self.storage, self.background = Process(make), Storage(make), Background(make)
        self.models, self.data, self.chain, self.business = Models(make), Data(make), Chain(make), Business(make)
