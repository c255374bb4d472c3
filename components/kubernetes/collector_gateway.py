"""The collectors before the stores: metrics of every span, then the choice of traces worth keeping, then on to whoever
takes them."""

from __future__ import annotations

from typing import Any

from alert_rules.logql import STREAM_LABELS
from alert_rules.quantities import seconds_text
from components.kubernetes import collector_parts as parts
from components.kubernetes import jaeger, loki
from components.kubernetes.collector_parts import Part, pipeline
from components.kubernetes.loki_configuration import LARGEST_PUSH
from components.kubernetes.secrets import SecretFile, files_of
from components.settings.kubernetes import Size
from components.settings.model import Settings

STATE = "/var/lib/otel-gateway"

# Traces that one gateway gathers: half of its memory, at some 20 KiB each. Of more, the oldest are dropped unjudged.
_TRACES = {Size.SMALL: 5_000, Size.MEDIUM: 50_000, Size.LARGE: 100_000}

_LARGEST = {"resource": 2**16, "scope": 2**16, "span": 2**16, "spanevent": 2**14}
"""Bytes of attributes, by where they stand."""


def secret_files(settings: Settings) -> list[SecretFile]:
    """The keys of those outside who get a copy."""
    forwarded = settings.opentelemetry
    wanted = (("datadog_api_key", forwarded.datadog), ("new_relic_license_key", forwarded.new_relic))
    return files_of(settings, [name for name, user in wanted if user is not None])


def configuration(settings: Settings) -> dict[str, Any]:
    """The gateway's configuration."""
    stores = trace_exporters(settings)
    logs = {"otlp_http/loki": _to_loki(settings)} if settings.loki.enabled else {}
    processors: Part = {"memory_limiter": parts.memory_limiter()}
    pipelines: Part = {}
    if stores:
        processors |= {
            "tail_sampling": _tail_sampling(settings),
            "transform/spans": parts.cut("trace_statements", _LARGEST),
            "transform/span_labels": _span_labels(),
        }
        pipelines |= {
            "traces/received": pipeline(["otlp"], [], ["span_metrics", "forward/judged"]),
            "traces/kept": pipeline(["forward/judged"], ["tail_sampling", "transform/spans"], sorted(stores)),
            "metrics/spans": pipeline(["span_metrics"], ["transform/span_labels"], ["prometheus"]),
        }
    if logs:
        processors["transform/streams"] = _streams()
        pipelines["logs"] = pipeline(["otlp"], ["transform/streams"], sorted(logs))
    if not pipelines:
        # Nothing is kept of what comes, and a collector without a pipeline does not start.
        pipelines["metrics"] = pipeline(["otlp"], [], ["prometheus"])
    needs_prometheus = any("prometheus" in each["exporters"] for each in pipelines.values())
    extensions = {
        "health_check": parts.health_check(),
        "file_storage/queue": parts.storage(f"{STATE}/queue"),
        **({"sigv4auth/xray": {"region": settings.region, "service": "xray"}} if settings.opentelemetry.xray else {}),
    }
    return {
        "extensions": extensions,
        # An agent's traces come as it got them, with what it knows of their pods besides.
        "receivers": {"otlp": parts.otlp_receiver(parts.MESSAGE_MIB * 2)},
        **({"connectors": {"span_metrics": _span_metrics(), "forward/judged": {}}} if stores else {}),
        "processors": processors,
        "exporters": {
            **stores,
            **logs,
            **({"prometheus": parts.prometheus_exporter()} if needs_prometheus else {}),
        },
        "service": {
            "extensions": list(extensions),
            "pipelines": pipelines,
            "telemetry": parts.telemetry(),
        },
    }


def trace_exporters(settings: Settings) -> Part:
    """Whoever takes traces."""
    forwarded = settings.opentelemetry
    keys = {file.name: f"${{file:{file.path}}}" for file in secret_files(settings)}
    found: Part = {}
    if settings.jaeger.enabled:
        found["otlp_grpc/jaeger"] = _to_jaeger(settings)
    if forwarded.xray:
        found["otlp_http/xray"] = {
            "traces_endpoint": f"https://xray.{settings.region}.amazonaws.com/v1/traces",
            "compression": "gzip",
            "auth": {"authenticator": "sigv4auth/xray"},
            **_copy_queue(settings),
        }
    if forwarded.new_relic:
        host = {"eu": "otlp.eu01.nr-data.net", "us": "otlp.nr-data.net"}[forwarded.new_relic.region]
        found["otlp_http/new_relic"] = {
            "endpoint": f"https://{host}",
            "compression": "gzip",
            "headers": {"api-key": keys["new-relic-license-key"]},
            **_copy_queue(settings),
        }
    if forwarded.datadog:
        found["datadog"] = {
            # Else the start waits for a host name to be found.
            "hostname": "otel-gateway",
            "api": {"site": forwarded.datadog.site, "key": keys["datadog-api-key"]},
            "host_metadata": {"enabled": False},
            **_copy_queue(settings),
        }
    return found


# What all of them take at a time: X-Ray 5 MB and 10,000 spans ("OTLP Endpoints", endpoint limits), New Relic 1 MB ("New
# Relic OTLP endpoint", payload batching), Datadog 3.2 MB (its exporter's README).
_COPY_BYTES = 1_000_000


def _copy_queue(settings: Settings) -> Part:
    """For those outside: what they do not take in ten minutes is given up, since the store here has it."""
    queue = _store_queue(settings, share=0.05) | {"batch": parts.batch(_COPY_BYTES)}
    return {"retry_on_failure": dict(parts.BRIEF), "sending_queue": queue}


def _to_jaeger(settings: Settings) -> Part:
    return {
        "endpoint": jaeger.collector_target(settings),
        "balancer_name": "round_robin",
        "tls": {"insecure": True},
        "timeout": "10s",
        "retry_on_failure": {**parts.BRIEF, "max_elapsed_time": "30m"},
        "sending_queue": _store_queue(settings, share=0.25),
    }


def _to_loki(settings: Settings) -> Part:
    return {
        "endpoint": f"{loki.write_url(settings)}/otlp",
        "timeout": "30s",
        "retry_on_failure": dict(parts.PATIENT),
        "sending_queue": _store_queue(settings, share=0.4)
        | {"block_on_overflow": True, "batch": parts.batch(LARGEST_PUSH)},
    }


def _store_queue(settings: Settings, *, share: float) -> Part:
    """A queue on disk that takes its share of the volume; the rest is left to compaction and to copies."""
    # By bytes: by requests, each trace would be one.
    return {
        "enabled": True,
        "storage": "file_storage/queue",
        "sizer": "bytes",
        "queue_size": int(settings.opentelemetry.volume.value * share),
        "num_consumers": 4,
        "batch": parts.batch(),
    }


def _span_metrics() -> Part:
    """Rate, errors and duration of every span, before any is given up."""
    buckets = ["5ms", "10ms", "25ms", "50ms", "100ms", "250ms", "500ms", "1s", "2500ms", "5s", "10s"]
    return {
        "histogram": {"unit": "s", "explicit": {"buckets": buckets}},
        "dimensions": [{"name": "http.request.method"}, {"name": "http.response.status_code"}],
        "exclude_dimensions": ["collector.instance.id"],
        "resource_metrics_key_attributes": ["service.name"],
        "resource_metrics_cache_size": 1000,
        # What goes past it is counted together, as overflow.
        "aggregation_cardinality_limit": 2000,
        "metrics_flush_interval": "15s",
        "metrics_expiration": "1h",
        "exemplars": {"enabled": True, "max_per_data_point": 5},
    }


def _tail_sampling(settings: Settings) -> Part:
    keep = settings.opentelemetry.keep
    traces = _TRACES[settings.kubernetes.size]
    return {
        "decision_wait": seconds_text(keep.wait.value),
        "num_traces": traces,
        "decision_cache": {"sampled_cache_size": traces * 10, "non_sampled_cache_size": traces * 10},
        "policies": [
            {"name": "errors", "type": "status_code", "status_code": {"status_codes": ["ERROR"]}},
            {"name": "slow", "type": "latency", "latency": {"threshold_ms": int(keep.slower_than.value * 1000)}},
            {
                "name": "share-of-the-rest",
                "type": "probabilistic",
                "probabilistic": {"sampling_percentage": round(keep.share.value * 100, 4)},
            },
        ],
    }


def _span_labels() -> Part:
    """Of what the spans' resource says, `service` alone becomes a label."""
    name = 'datapoint.attributes["service.name"]'
    return {
        "error_mode": "ignore",
        "metric_statements": [
            {
                "context": "datapoint",
                "statements": [
                    parts.set_where_known('datapoint.attributes["service"]', name),
                    'delete_key(datapoint.attributes, "service.name")',
                ],
            },
            parts.without_identity(),
        ],
    }


def _streams() -> Part:
    """The labels of log streams."""
    sources = {"service": "service.name", "namespace": "k8s.namespace.name", "node": "k8s.node.name"}
    return {
        "error_mode": "ignore",
        "log_statements": [
            {
                "context": "resource",
                "statements": [
                    parts.set_where_known(f'resource.attributes["{label}"]', f'resource.attributes["{sources[label]}"]')
                    for label in STREAM_LABELS
                ],
            }
        ],
    }
