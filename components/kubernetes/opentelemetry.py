"""OpenTelemetry collectors: how the agents and the gateway are run."""

from __future__ import annotations

from alert_rules import yaml12
from components.access import AwsAccess
from components.kubernetes import collector_agent, collector_gateway, collector_parts, exporters, jaeger, loki, pod_logs
from components.kubernetes.jaeger_configuration import OTLP_PORT as JAEGER_OTLP_PORT
from components.kubernetes.network import Admit, Call, ToAnywhere, ToWorkload
from components.kubernetes.objects import Manifest
from components.kubernetes.rbac import cluster_access
from components.kubernetes.scraping.stack import APPLICATION_METRICS
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import (
    METRICS,
    Autoscale,
    ConfigFiles,
    Port,
    Probe,
    Volume,
    WorkloadSpec,
)
from components.settings.kubernetes import Size
from components.settings.model import Settings
from components.versions import COLLECTOR

AGENT, GATEWAY = "otel-agent", "otel-gateway"
USER = 10001
"""The user id that the collector's image was made for."""

_PORTS = (
    Port(METRICS, collector_parts.METRICS_PORT),
    Port(APPLICATION_METRICS, collector_parts.APPLICATION_METRICS_PORT),
    Port("health", collector_parts.HEALTH_PORT),
    Port("otlp-grpc", collector_parts.OTLP_GRPC),
    Port("otlp-http", collector_parts.OTLP_HTTP),
)
_CONFIG = "/etc/otel"


def specs(settings: Settings) -> list[WorkloadSpec]:
    """The collectors; none where they are not enabled."""
    return [agent(settings), gateway(settings)] if settings.opentelemetry.enabled else []


def agent(settings: Settings) -> WorkloadSpec:
    """The collector on every node."""
    namespace = exporters.host_namespace(settings)
    configured = collector_agent.configuration(settings, GATEWAY, AGENT, namespace)
    return WorkloadSpec(
        name=AGENT,
        namespace=namespace,
        kind="DaemonSet",
        image=COLLECTOR,
        args=[f"--config={_CONFIG}/collector.yaml"],
        resources=SIZES[settings.kubernetes.size][AGENT],
        environment=SIZES[settings.kubernetes.size][AGENT].go_memory_limit,
        ports=_PORTS,
        ready=Probe("health", "/"),
        live=Probe("health", "/"),
        config=[ConfigFiles(_CONFIG, {"collector.yaml": yaml12.dump(configured)})],
        pod_fields={"NODE_NAME": "spec.nodeName"},
        host=pod_logs.access(collector_agent.STATE),
        uses_kubernetes_api=True,
        calls=[
            ToAnywhere((443, 6443), "the Kubernetes API, which says whose pod a line is of"),
            ToWorkload(GATEWAY, collector_parts.OTLP_GRPC, settings.kubernetes.namespace),
        ],
        admits=_senders(settings),
    )


def gateway(settings: Settings) -> WorkloadSpec:
    """The collector before the stores."""
    large = settings.kubernetes.size is Size.LARGE
    replicas = settings.opentelemetry.replicas
    configured = collector_gateway.configuration(settings)
    return WorkloadSpec(
        name=GATEWAY,
        namespace=settings.kubernetes.namespace,
        kind="StatefulSet",
        image=COLLECTOR,
        args=[f"--config={_CONFIG}/collector.yaml"],
        resources=SIZES[settings.kubernetes.size][GATEWAY],
        environment=SIZES[settings.kubernetes.size][GATEWAY].go_memory_limit,
        ports=_PORTS,
        ready=Probe("health", "/"),
        live=Probe("health", "/"),
        replicas=replicas,
        autoscale=Autoscale(replicas, replicas * 4) if large else None,
        user=USER,
        config=[ConfigFiles(_CONFIG, {"collector.yaml": yaml12.dump(configured)})],
        secrets=collector_gateway.secret_files(settings),
        volume=Volume(
            collector_gateway.STATE, int(settings.opentelemetry.volume.value), settings.kubernetes.storage_class
        ),
        # What is being judged is judged, and the queues are emptied as far as they go.
        grace_seconds=int(settings.opentelemetry.keep.wait.value) + 90,
        aws=[AwsAccess.WRITE_TRACES] if settings.opentelemetry.xray else [],
        # Agents alone send here: they know whose pod it is of, and keep the spans of a trace together.
        calls=_stores(settings),
    )


def _senders(settings: Settings) -> list[Admit]:
    return [
        Admit(namespace, port)
        for namespace in settings.sending_namespaces
        for port in (collector_parts.OTLP_GRPC, collector_parts.OTLP_HTTP)
    ]


def _stores(settings: Settings) -> list[Call]:
    namespace = settings.kubernetes.namespace
    calls: list[Call] = []
    if settings.loki.enabled:
        calls.append(ToWorkload(loki.writer(settings), loki.PORT, namespace))
    if settings.jaeger.enabled:
        calls.append(ToWorkload(jaeger.collector(settings), JAEGER_OTLP_PORT, namespace))
    if settings.opentelemetry.datadog or settings.opentelemetry.new_relic:
        calls.append(ToAnywhere((443,), "Datadog or New Relic"))
    return calls


def access(settings: Settings) -> list[Manifest]:
    """What the agents may read, to say whose pod a line or a span is of."""
    if not settings.opentelemetry.enabled:
        return []
    rules: list[Manifest] = [
        {"apiGroups": [""], "resources": ["pods", "namespaces"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": ["apps"], "resources": ["replicasets"], "verbs": ["get", "list", "watch"]},
    ]
    return cluster_access(AGENT, exporters.host_namespace(settings), rules)
