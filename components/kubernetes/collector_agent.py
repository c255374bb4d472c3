"""The collectors on every node: logs of the node's pods, and OTLP from its services, on to the gateway."""

from __future__ import annotations

from typing import Any

from components.kubernetes import collector_parts as parts
from components.kubernetes.addresses import headless_host
from components.kubernetes.collector_parts import Part, pipeline
from components.kubernetes.loki_configuration import LARGEST_RESOURCE, LONGEST_LINE
from components.kubernetes.objects import PART_OF
from components.kubernetes.pod_logs import POD_LOGS
from components.settings.model import Settings

STATE = "/var/lib/vigil-otel-agent"
"""On the node: how far each log was read, and what the gateway has not taken yet."""

# Not above what a node can spare: the logs themselves are the buffer, since a full queue stops the reading of them.
_QUEUE_BYTES = 512 * 2**20


_TRACE_ID = r'"trace_?[iI]d"\s*:\s*"(?P<trace_id>[0-9a-f]{32})"'


def configuration(settings: Settings, gateway: str, name: str, namespace: str) -> dict[str, Any]:
    """The agent's configuration; it is called `name` and sends to the workload `gateway`."""
    traces = settings.traces_are_kept
    enrich = ["k8s_attributes", "resource/environment"]
    logs = settings.loki.enabled
    exporters: Part = {"prometheus": parts.prometheus_exporter()}
    if logs:
        exporters["otlp_grpc/logs"] = _to_gateway(settings, gateway)
    if traces:
        exporters["load_balancing/traces"] = _by_trace(settings, gateway)
    return {
        "extensions": {
            "health_check": parts.health_check(),
            "file_storage/offsets": parts.storage(f"{STATE}/offsets"),
            "file_storage/queue": parts.storage(f"{STATE}/queue"),
        },
        "receivers": {
            "otlp": parts.otlp_receiver(parts.MESSAGE_MIB),
            **({"file_log": _pod_logs(namespace, name)} if logs else {}),
        },
        "processors": {
            "memory_limiter": parts.memory_limiter(),
            "k8s_attributes": _kubernetes(),
            "resource/environment": _environment(settings),
            "transform/labels": _labels(),
            **({"transform/service": _service(settings, namespace), "transform/lines": _lines()} if logs else {}),
        },
        "exporters": exporters,
        "service": {
            "extensions": ["health_check", "file_storage/offsets", "file_storage/queue"],
            "pipelines": {
                "metrics": pipeline(["otlp"], [*enrich, "transform/labels"], ["prometheus"]),
                **({"logs": _logs_pipeline(enrich)} if logs else {}),
                **({"traces": pipeline(["otlp"], enrich, ["load_balancing/traces"])} if traces else {}),
            },
            "telemetry": parts.telemetry(),
        },
    }


def _logs_pipeline(enrich: list[str]) -> Part:
    return pipeline(["file_log", "otlp"], [*enrich, "transform/service", "transform/lines"], ["otlp_grpc/logs"])


def _pod_logs(namespace: str, name: str) -> Part:
    return {
        "include": [f"{POD_LOGS}/*/*/*.log"],
        # Its own lines would feed themselves.
        "exclude": [f"{POD_LOGS}/{namespace}_{name}-*_*/*/*.log"],
        # With offsets kept, this loses nothing that was written before the agent came up.
        "start_at": "beginning",
        "exclude_older_than": "24h",
        "include_file_path": True,
        "include_file_name": False,
        "poll_interval": "500ms",
        "max_concurrent_files": 512,
        "max_log_size": _kib(LONGEST_LINE),
        "storage": "file_storage/offsets",
        # Refused lines are read again instead of lost: a full queue stops the reading.
        "retry_on_failure": dict(parts.UNTIL_TAKEN),
        "operators": [
            # It joins what the container runtime cut, a part after the other, until this is reached.
            {"type": "container", "id": "container", "max_log_size": _kib(LONGEST_LINE - _PART_OF_LINE)},
            # By this a trace leads to its lines.
            {
                "type": "regex_parser",
                "id": "trace",
                "if": f"body matches {_TRACE_ID!r}",
                "regex": _TRACE_ID,
                "parse_from": "body",
                "parse_to": "attributes",
                "on_error": "send_quiet",
                "trace": {"trace_id": {"parse_from": "attributes.trace_id"}},
            },
        ],
    }


_PART_OF_LINE = 16 * 2**10
"""Bytes that a container runtime writes of a line at once."""


def _kib(size: int) -> str:
    return f"{size // 2**10}KiB"


def _kubernetes() -> Part:
    return {
        "auth_type": "serviceAccount",
        # Without it, every agent would watch every pod of the cluster.
        "filter": {"node_from_env_var": "NODE_NAME"},
        "wait_for_metadata": True,
        "wait_for_metadata_timeout": "30s",
        "pod_association": [
            {"sources": [{"from": "resource_attribute", "name": "k8s.pod.uid"}]},
            {"sources": [{"from": "resource_attribute", "name": "k8s.pod.ip"}]},
            {"sources": [{"from": "connection"}]},
        ],
        "extract": {
            "otel_annotations": True,
            "metadata": [
                "k8s.namespace.name",
                "k8s.pod.name",
                "k8s.pod.uid",
                "k8s.node.name",
                "k8s.container.name",
                "k8s.deployment.name",
                "k8s.statefulset.name",
                "k8s.daemonset.name",
                "service.namespace",
                "service.name",
                "service.version",
                "service.instance.id",
            ],
            "labels": [
                {"tag_name": f"{_POD_LABEL}{label}", "key": label, "from": "pod"}
                for label in ("app.kubernetes.io/instance", "app.kubernetes.io/name")
            ],
        },
    }


_POD_LABEL = "k8s.pod.label."


def _service(settings: Settings, agents_namespace: str) -> Part:
    """The name under which a line's service is declared, and watched, where its pod has it.

    What says nothing of itself is called by the pod's label app.kubernetes.io/instance first, which is the release: one
    name for everything that a chart installs. It does not stand where one of its services is called so either.
    """
    name, container, space = map(_resource, ("service.name", "k8s.container.name", "k8s.namespace.name"))
    release, label = (_resource(f"{_POD_LABEL}app.kubernetes.io/{each}") for each in ("instance", "name"))
    workloads = [_resource(each) for each in ("k8s.deployment.name", "k8s.statefulset.name", "k8s.daemonset.name")]
    # By Kubernetes, or by an SDK that was told nothing. A name that somebody gave stays.
    made_of = " or ".join(f"{name} == {each}" for each in (release, label, *workloads))
    derived = f'({name} == nil or {made_of} or IsMatch({name}, "^unknown_service"))'
    statements = [
        f'set({name}, {container}) where {container} != nil and {name} == "{PART_OF}" and {space} == "{own}"'
        for own in sorted({settings.kubernetes.namespace, agents_namespace})
    ]
    unlabelled: dict[str, str] = {}
    for where, declared in _declared(settings).items():
        ours = f'"^({"|".join(declared)})$"'
        here = f'{space} == "{where}" and {derived}'
        # The label is surer than the workload, and where both are declared it holds.
        unlabelled[where] = f"({label} == nil or not IsMatch({label}, {ours}))"
        statements.append(f"set({name}, {label}) where {here} and {label} != nil and IsMatch({label}, {ours})")
        statements += [
            f"set({name}, {other}) where {here} and {unlabelled[where]} and {other} != nil and IsMatch({other}, {ours})"
            for other in workloads
        ]
    # What nearly always says no comes first: there may be a thousand of these.
    statements += [
        f'set({name}, "{service.name}") '
        f'where {other} == "{place.service}" and {space} == "{place.namespace}" '
        f"and {derived} and {unlabelled[place.namespace]}"
        for service in settings.services
        if (place := service.runs_on.kubernetes) and place.service not in (None, service.name)
        for other in (label, *workloads)
    ]
    return {"error_mode": "ignore", "log_statements": [{"context": "resource", "statements": statements}]}


def _declared(settings: Settings) -> dict[str, list[str]]:
    """The services in the cluster, by namespace."""
    found: dict[str, list[str]] = {}
    for service in settings.services:
        if service.runs_on.kubernetes:
            found.setdefault(service.runs_on.kubernetes.namespace, []).append(service.name)
    return {namespace: sorted(names) for namespace, names in sorted(found.items())}


def _lines() -> Part:
    """Lines as text, no longer than Loki keeps of one, with attributes that it takes."""
    whole = [
        "set(log.body, String(log.body)) where log.body != nil and not IsString(log.body)",
        # By way of a map, whose texts are cut between characters.
        f'set(log.cache["line"], log.body) where Len(log.body.string) > {LONGEST_LINE}',
        f"truncate_all(log.cache, {LONGEST_LINE})",
        'set(log.body, log.cache["line"]) where log.cache["line"] != nil',
    ]
    # What a process is and how it was begun is long, and nobody looks for a line by it.
    short = ['delete_matching_keys(resource.attributes, "^(process|telemetry|os)[.]|^k8s[.]pod[.]label[.]")']
    fewer = f"limit(log.attributes, {_MOST_ATTRIBUTES}, [])"
    most = {"resource": LARGEST_RESOURCE, "log": _LARGEST_ATTRIBUTES}
    return parts.cut("log_statements", most, {"resource": short, "log": [*whole, fewer]})


_MOST_ATTRIBUTES, _LARGEST_ATTRIBUTES = 96, 48 * 2**10
"""Of a line, in number and bytes. Loki refuses one with more than 128 or 64 KB, those of its resource among them."""


def _resource(attribute: str) -> str:
    return f'resource.attributes["{attribute}"]'


def _environment(settings: Settings) -> Part:
    value = str(settings.environment)
    return {"attributes": [{"key": "deployment.environment.name", "value": value, "action": "upsert"}]}


def _labels() -> Part:
    """Labels of the metrics that services send: `service` and `instance`, as every scraped series has them."""
    known = {"service": "service.name", "instance": "k8s.pod.name"}
    copied = [
        parts.set_where_known(f'datapoint.attributes["{label}"]', f'resource.attributes["{attribute}"]')
        for label, attribute in known.items()
    ]
    return {
        "error_mode": "ignore",
        "metric_statements": [
            {"context": "datapoint", "statements": copied},
            parts.without_identity(),
        ],
    }


def _to_gateway(settings: Settings, gateway: str) -> Part:
    """Logs: any gateway will do."""
    return {
        "endpoint": f"dns:///{headless_host(settings, gateway)}:{parts.OTLP_GRPC}",
        "balancer_name": "round_robin",
        "compression": "gzip",
        "tls": {"insecure": True},
        "timeout": "10s",
        "retry_on_failure": dict(parts.PATIENT),
        "sending_queue": {
            "enabled": True,
            "storage": "file_storage/queue",
            "block_on_overflow": True,
            "sizer": "bytes",
            "queue_size": _QUEUE_BYTES,
            "num_consumers": 4,
            "batch": parts.batch(),
        },
    }


def _by_trace(settings: Settings, gateway: str) -> Part:
    """Traces: all spans of one to the same gateway, which decides on the whole. Queue and retries are the outer
    exporter's, so that what one gateway does not take goes to another."""
    return {
        "routing_key": "traceID",
        "timeout": "10s",
        "retry_on_failure": dict(parts.BRIEF),
        "sending_queue": {
            "enabled": True,
            "storage": "file_storage/queue",
            "sizer": "bytes",
            "queue_size": _QUEUE_BYTES // 2,
            "num_consumers": 4,
        },
        "protocol": {
            "otlp": {
                "timeout": "5s",
                "compression": "gzip",
                "tls": {"insecure": True},
                "sending_queue": {"enabled": False},
                "retry_on_failure": {"enabled": False},
            }
        },
        "resolver": {
            "dns": {
                "hostname": headless_host(settings, gateway),
                "port": str(parts.OTLP_GRPC),
                "interval": "5s",
                "timeout": "2s",
            }
        },
    }
