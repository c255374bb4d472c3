"""The validators of logs, long-term metrics, traces and the collector pass what is right and name what is wrong."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.validators import collector, jaeger, loki, servers, thanos
from tests.validators.process import HttpServer, free_address

LOKI: dict[str, Any] = {
    "auth_enabled": False,
    "common": {
        "path_prefix": "/var/loki",
        "replication_factor": 3,
        "instance_addr": "${POD_IP}",
        "ring": {"kvstore": {"store": "memberlist"}},
        "storage": {"s3": {"bucketnames": "logs", "region": "eu-west-1"}},
    },
    "memberlist": {"join_members": ["dns+loki-memberlist.observability.svc:7946"]},
    "schema_config": {
        "configs": [
            {
                "from": "2025-01-01",
                "store": "tsdb",
                "object_store": "s3",
                "schema": "v13",
                "index": {"prefix": "index_", "period": "24h"},
            }
        ]
    },
    "compactor": {"retention_enabled": True, "delete_request_store": "s3"},
    "limits_config": {"retention_period": "168h", "max_line_size": "256KB", "query_timeout": "30s"},
}

# A Pod's collector answers on every interface; here it is moved to loopback before it starts.
TELEMETRY = {
    "metrics": {"readers": [{"pull": {"exporter": {"prometheus": {"host": "0.0.0.0", "port": 8888}}}}]}  # noqa: S104
}

COLLECTOR: dict[str, Any] = {
    "extensions": {"health_check": {"endpoint": "0.0.0.0:13133"}},
    "receivers": {
        "otlp": {"protocols": {"grpc": {"endpoint": "0.0.0.0:4317"}, "http": {"endpoint": "${env:POD_IP}:4318"}}}
    },
    "processors": {"memory_limiter": {"check_interval": "1s", "limit_mib": 200}},
    "exporters": {"debug": {}},
    "service": {
        "extensions": ["health_check"],
        "pipelines": {"traces": {"receivers": ["otlp"], "processors": ["memory_limiter"], "exporters": ["debug"]}},
        "telemetry": TELEMETRY,
    },
}

JAEGER: dict[str, Any] = {
    "extensions": {
        "healthcheckv2": {"use_v2": True, "http": {"endpoint": "0.0.0.0:13133"}},
        "jaeger_storage": {"backends": {"memory": {"memory": {"max_traces": 100}}}},
        "jaeger_query": {
            "storage": {"traces": "memory"},
            # Its traces of itself would go to 4317, where nothing listens, and hold up its end for 10 s.
            "enable_tracing": False,
            "http": {"endpoint": "0.0.0.0:16686"},
            "grpc": {"endpoint": "0.0.0.0:16685"},
        },
    },
    "receivers": {"otlp": {"protocols": {"http": {"endpoint": "0.0.0.0:4318"}}}},
    "exporters": {"jaeger_storage_exporter": {"trace_storage": "memory"}},
    "service": {
        "extensions": ["jaeger_storage", "jaeger_query", "healthcheckv2"],
        "pipelines": {"traces": {"receivers": ["otlp"], "exporters": ["jaeger_storage_exporter"]}},
        "telemetry": TELEMETRY,
    },
}

TRACE = {
    "resourceSpans": [
        {
            "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}]},
            "scopeSpans": [
                {
                    "spans": [
                        {
                            "traceId": "5b8efff798038103d269b633813fc60c",
                            "spanId": "eee19b7ec3c1b174",
                            "name": "GET /pay",
                            "startTimeUnixNano": "1700000000000000000",
                            "endTimeUnixNano": "1700000001000000000",
                        }
                    ]
                }
            ],
        }
    ]
}

S3_STORE = {
    "type": "S3",
    "config": {
        "bucket": "metrics",
        "endpoint": "s3.eu-west-1.amazonaws.com",
        "region": "eu-west-1",
        "aws_sdk_auth": True,
        "sse_config": {"type": "SSE-S3"},
    },
}


def changed(config: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """Return the configuration with the value at a path of keys with slashes between."""
    result = copy.deepcopy(config)
    *parents, last = path.split("/")
    node = result
    for name in parents:
        node = node[name]
    node[last] = value
    return result


def written(folder: Path, document: Any) -> Path:
    """Return a file with the document as YAML."""
    file = folder / "document.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


def rules(expression: str) -> dict[str, Any]:
    return {"groups": [{"name": "logs", "rules": [{"alert": "ErrorsLogged", "expr": expression, "for": "5m"}]}]}


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[HttpServer]:
    """A Prometheus that a sidecar can stand beside: with external labels."""
    config = tmp_path / "prometheus.yml"
    config.write_text("global: {external_labels: {cluster: test, replica: prometheus-0}}")
    with servers.prometheus(config) as server:
        yield server


def test_loki_settings_that_fit_pass(tmp_path: Path) -> None:
    loki.verify_config(written(tmp_path, LOKI))


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("common/replication_facter", 3, r"common\.replication_facter: unknown setting"),
        ("limits_config/retention_period", "a week", r"retention_period: 'a week' is no duration"),
        ("limits_config/retention_stream", [{"selecter": "{}"}], r"retention_stream\[0\]\.selecter: unknown setting"),
        ("memberlist/join_members", "loki", r"join_members: 'loki' is no list"),
        ("compactor/delete_request_store", "", r"delete_request_store: must be set"),
        ("compactor/retention_enabled", False, r"retention_period: nothing is deleted"),
        ("common/storage", {"filesystem": {}}, r"object_store: s3 is not the common storage filesystem"),
        ("limits_config/query_timeout", "2m", r"http_server_write_timeout: shorter than limits_config\.query_timeout"),
    ],
)
def test_loki_settings_that_do_not_are_named(tmp_path: Path, path: str, value: Any, fault: str) -> None:
    with pytest.raises(AssertionError, match=fault):
        loki.verify_config(written(tmp_path, changed(LOKI, path, value)))


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [("schema", "v12", "needs store tsdb and schema v13"), ("index", {"period": "168h"}, "tsdb needs 24h")],
)
def test_a_loki_schema_that_loki_refuses_is_named(tmp_path: Path, name: str, value: Any, fault: str) -> None:
    config = copy.deepcopy(LOKI)
    config["schema_config"]["configs"][0][name] = value
    with pytest.raises(AssertionError, match=fault):
        loki.verify_config(written(tmp_path, config))


def test_loki_rules_are_checked_for_grammar(tmp_path: Path) -> None:
    good = 'sum by (service) (rate({namespace="shop"} | json | level="error" [5m])) > 10'
    assert loki.check_rules(written(tmp_path, rules(good))) == "1 rules found"
    with pytest.raises(AssertionError, match=r"ErrorsLogged: not LogQL from '\)'"):
        loki.check_rules(written(tmp_path, rules('rate({namespace="shop"})')))


def test_a_loki_rule_with_an_unknown_field_is_named(tmp_path: Path) -> None:
    document = rules('rate({namespace="shop"}[5m]) > 1')
    document["groups"][0]["rules"][0]["severity"] = "high"
    with pytest.raises(AssertionError, match=r"ErrorsLogged: unknown \['severity'\]"):
        loki.check_rules(written(tmp_path, document))


def test_thanos_query_starts_with_good_arguments_and_shows_what_is_wrong_with_bad_ones() -> None:
    arguments = ["query", f"--http-address={free_address()}", f"--grpc-address={free_address()}"]
    thanos.accepts([*arguments, "--query.replica-label=replica"])
    with pytest.raises(AssertionError, match="unknown long flag '--query.replica'"):
        thanos.accepts([*arguments, "--query.replica=replica"])


def test_a_thanos_component_stays_on_loopback() -> None:
    with pytest.raises(AssertionError, match=r"0\.0\.0\.0:10902 is not on loopback"):
        thanos.accepts(["query", "--http-address=0.0.0.0:10902"])


def test_a_thanos_sidecar_serves_its_prometheus_to_a_query(prometheus: HttpServer) -> None:
    stores = free_address()
    sidecar = [
        "sidecar",
        f"--http-address={free_address()}",
        f"--grpc-address={stores}",
        f"--prometheus.url={prometheus.url}",
    ]
    query = ["query", f"--http-address={free_address()}", f"--grpc-address={free_address()}", f"--endpoint={stores}"]
    with thanos.server(sidecar), thanos.server(query) as answers:
        (store,) = answers.get("/api/v1/stores")["data"]["sidecar"]
    assert store["labelSets"] == [{"cluster": "test", "replica": "prometheus-0"}]


def test_thanos_checks_rules(tmp_path: Path) -> None:
    thanos.check_rules(written(tmp_path, rules("up == 0")))
    with pytest.raises(AssertionError, match="unclosed left parenthesis"):
        thanos.check_rules(written(tmp_path, rules("sum(up")))


def test_thanos_reads_the_configuration_of_an_object_store(tmp_path: Path) -> None:
    thanos.check_object_store(written(tmp_path, S3_STORE))
    with pytest.raises(AssertionError, match="field aws_sdk_ath not found"):
        thanos.check_object_store(written(tmp_path, changed(S3_STORE, "config/aws_sdk_ath", True)))


def test_the_collector_judges_its_configuration(tmp_path: Path) -> None:
    variables = {"POD_IP": "10.0.0.1"}
    collector.validate(written(tmp_path, COLLECTOR), variables=variables)
    with pytest.raises(AssertionError, match="limit_mb"):
        collector.validate(
            written(tmp_path, changed(COLLECTOR, "processors/memory_limiter/limit_mb", 1)), variables=variables
        )
    with pytest.raises(AssertionError, match='references exporter "otlp" which is not configured'):
        collector.validate(
            written(tmp_path, changed(COLLECTOR, "service/pipelines/traces/exporters", ["otlp"])), variables=variables
        )


def test_the_collector_has_the_components_that_its_readme_does_not_miss() -> None:
    built = collector.components()
    assert {"otlp", "file_log", "host_metrics", "prometheus"} <= built["receivers"]
    assert {"tail_sampling", "k8s_attributes", "transform", "memory_limiter"} <= built["processors"]
    assert {"otlp_grpc", "otlp_http", "prometheus", "prometheus_remote_write", "datadog"} <= built["exporters"]
    assert {"span_metrics", "forward", "count"} <= built["connectors"]
    assert {"health_check", "file_storage", "sigv4auth"} <= built["extensions"]


def test_a_collector_takes_spans_and_counts_them(tmp_path: Path) -> None:
    with collector.server(written(tmp_path, COLLECTOR)) as ports:
        ports[4318].post("/v1/traces", TRACE)
        assert ports[8888].answers("/metrics")
    assert sorted(ports) == [4317, 4318, 8888, 13133]
    assert not ports[13133].answers("/"), "the collector outlived its block"


def test_a_collector_without_a_health_check_is_not_waited_for(tmp_path: Path) -> None:
    config = changed(COLLECTOR, "extensions", {})
    with pytest.raises(AssertionError, match="no health check"), collector.server(written(tmp_path, config)):
        pass


def test_jaeger_judges_its_configuration(tmp_path: Path) -> None:
    jaeger.validate(written(tmp_path, JAEGER))
    opensearch = {"opensearch": {"server_urls": ["https://search"], "auth": {"basic": {"passwordfile": "x"}}}}
    with pytest.raises(AssertionError, match="invalid keys: passwordfile"):
        jaeger.validate(written(tmp_path, changed(JAEGER, "extensions/jaeger_storage/backends/memory", opensearch)))


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("extensions/jaeger_query/storage/traces", "badger", r"jaeger_query \(traces\) uses the storage badger"),
        ("extensions/jaeger_query/storage/metrics", "memory", r"not in jaeger_storage's metric_backends: \[\]"),
        ("exporters/jaeger_storage_exporter/trace_storage", "badger", "jaeger_storage_exporter uses the storage"),
    ],
)
def test_a_storage_that_jaeger_misses_only_at_its_start_is_named(
    tmp_path: Path, path: str, value: str, fault: str
) -> None:
    with pytest.raises(AssertionError, match=fault):
        jaeger.validate(written(tmp_path, changed(JAEGER, path, value)))


def test_jaeger_keeps_the_spans_that_it_is_sent(tmp_path: Path) -> None:
    with jaeger.server(written(tmp_path, JAEGER)) as ports:
        ports[4318].post("/v1/traces", TRACE)
        assert ports[16686].get("/api/services")["data"] == ["checkout"]


def test_jaeger_is_a_collector_with_storage() -> None:
    built = jaeger.components()
    assert {"jaeger_storage", "jaeger_query", "remote_sampling"} <= built["extensions"]
    assert "jaeger_storage_exporter" in built["exporters"]
