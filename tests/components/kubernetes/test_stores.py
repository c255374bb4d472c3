"""How metrics, logs and traces are kept, by size and by setting."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.access import AwsAccess
from components.kubernetes import jaeger, jaeger_configuration, loki, loki_configuration, prometheus, thanos
from components.kubernetes.footprint import of_cluster, of_node
from components.kubernetes.secrets import SecretFile
from components.kubernetes.shards import Shard
from components.kubernetes.spec import WorkloadSpec
from components.settings.kubernetes import Size
from components.settings.model import Settings
from tests import variants
from tests.components.kubernetes.examples import every_spec, file, of_size, without_aws
from tests.settings.examples import parsed


def flags(spec: WorkloadSpec) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for argument in spec.args:
        name, _, value = argument.partition("=")
        found.setdefault(name, []).append(value)
    return found


# --- metrics ----------------------------------------------------------------------------------------------------


def test_metrics_are_kept_by_resolution_for_as_long_as_is_set() -> None:
    kept = {"bucket": "a-bucket", "retention": {"raw": "14d", "five_minutes": "90d", "one_hour": "730d"}}
    compactor = flags(every_spec(parsed("prod", thanos=kept))["thanos-compactor"])
    assert [compactor[f"--retention.resolution-{each}"] for each in ("raw", "5m", "1h")] == [["2w"], ["90d"], ["730d"]]


def test_there_is_never_a_second_compactor() -> None:
    for size in Size:
        compactor = every_spec(of_size(size))["thanos-compactor"]
        assert (compactor.kind, compactor.replicas) == ("StatefulSet", 1)


def test_the_query_asks_every_shard_and_the_store_and_takes_a_pair_for_one() -> None:
    query = flags(thanos.query(of_size("large")))
    hosts = [endpoint.split(".")[2] for endpoint in query["--endpoint"]]
    assert hosts == [
        "prometheus-headless",
        "prometheus-1-headless",
        "prometheus-2-headless",
        "prometheus-3-headless",
        "thanos-store-headless",
    ]
    assert query["--query.replica-label"] == ["replica"]


def test_blocks_are_left_as_they_are_until_thanos_has_taken_them() -> None:
    args = prometheus._args(parsed("prod"))
    assert "--storage.tsdb.min-block-duration=2h" in args
    assert "--storage.tsdb.max-block-duration=2h" in args
    assert not [arg for arg in prometheus._args(parsed("dev")) if "block-duration" in arg]


def test_a_bucket_of_amazon_is_reached_by_the_pods_role_and_any_other_by_a_credentials_file() -> None:
    amazon, other = every_spec(parsed("prod"))["thanos-store"], every_spec(without_aws())["thanos-store"]
    assert amazon.aws == [AwsAccess.READ_METRICS_BUCKET]
    assert every_spec(parsed("prod"))["thanos-compactor"].aws == [AwsAccess.METRICS_BUCKET]
    assert file(amazon, "bucket.yaml")["config"]["endpoint"] == "s3.eu-west-1.amazonaws.com"
    assert amazon.secrets == []
    assert other.aws == []
    assert file(other, "bucket.yaml")["config"]["endpoint"] == "minio.storage.svc:9000"
    (credentials,) = other.secrets
    assert isinstance(credentials, SecretFile)
    assert other.environment["AWS_SHARED_CREDENTIALS_FILE"] == credentials.path


def test_what_is_sent_to_amazon_says_which_of_a_pair_it_is_from() -> None:
    settings = parsed("prod", prometheus={"remote_write": {"workspace": "ws-1"}})
    (target,) = prometheus.configuration(settings, Shard(0, 1), [])["remote_write"]
    assert target["url"] == "https://aps-workspaces.eu-west-1.amazonaws.com/workspaces/ws-1/api/v1/remote_write"
    assert target["sigv4"] == {"region": "eu-west-1"}
    assert [rule.get("target_label") for rule in target["write_relabel_configs"]] == ["cluster", "__replica__", None]


# --- logs -------------------------------------------------------------------------------------------------------


def test_loki_is_one_on_a_volume_three_around_a_bucket_or_in_parts_by_size() -> None:
    small = variants.VARIANTS["small"]
    written = {key: value for key, value in small.items() if value is not None and key != "jaeger_storage_password"}
    (one,) = loki.specs(parsed("prod", **written), {})
    assert (one.name, one.kind, one.replicas) == ("loki", "StatefulSet", 1)
    assert file(one, "loki.yaml")["schema_config"]["configs"][0]["object_store"] == "filesystem"
    (three,) = loki.specs(parsed("prod"), {})
    assert (three.replicas, file(three, "loki.yaml")["common"]["replication_factor"]) == (3, 3)
    parts = {spec.name: spec for spec in loki.specs(of_size("large"), {})}
    targets = {flags(spec)["-target"][0] for spec in parts.values()}
    assert targets == {
        "compactor",
        "distributor",
        "index-gateway",
        "ingester",
        "querier",
        "query-frontend",
        "query-scheduler",
        "ruler",
    }
    assert parts["loki-compactor"].replicas == 1
    assert "read" not in targets and "write" not in targets, "simple scalable mode goes with Loki 4"


def test_a_stream_may_be_kept_longer_than_the_others() -> None:
    streams = [{"selector": '{service="auth"}', "retention": "180d", "priority": 2}]
    settings = parsed("prod", loki={"bucket": "a-bucket", "streams": streams})
    limits = loki_configuration.configuration(settings, evaluates_rules=True)["limits_config"]
    assert limits["retention_period"] == "30d"
    assert limits["retention_stream"] == [{"selector": '{service="auth"}', "priority": 2, "period": "180d"}]


def test_a_storm_of_logs_is_refused_at_the_door() -> None:
    for size in ("medium", "large"):
        limits = loki_configuration.configuration(of_size(size), evaluates_rules=True)["limits_config"]
        assert limits["ingestion_rate_mb"] < limits["ingestion_burst_size_mb"]
        assert limits["max_global_streams_per_user"] > 0
        assert limits["reject_old_samples"] is True


def test_pods_do_not_become_streams() -> None:
    otlp = loki_configuration.configuration(parsed("prod"), evaluates_rules=True)["limits_config"]["otlp_config"][
        "resource_attributes"
    ]
    assert otlp["ignore_defaults"] is True
    assert otlp["attributes_config"] == [{"action": "index_label", "attributes": ["service", "namespace", "node"]}]


def test_lokis_rules_tell_every_alertmanager_and_lie_where_they_are_looked_for() -> None:
    rules: dict[str, Any] = {"logs.yaml": {"groups": []}}
    (spec,) = loki.specs(parsed("prod"), rules)
    (mounted,) = [config for config in spec.config if config.name == "rules"]
    assert mounted.directory == "/etc/loki/rules"
    assert list(mounted.files) == ["fake/logs.yaml"]
    ruler = file(spec, "loki.yaml")["ruler"]
    assert ruler["storage"]["local"]["directory"] == mounted.directory
    assert ruler["alertmanager_url"].count("alertmanager-") == 2 * 3


# --- traces -----------------------------------------------------------------------------------------------------


def test_a_store_in_the_program_is_one_program_and_a_shared_one_is_served_by_several() -> None:
    assert [spec.name for spec in jaeger.specs(parsed("dev"))] == ["jaeger"]
    divided = {spec.name: spec for spec in jaeger.specs(parsed("prod"))}
    assert set(divided) == {"jaeger-collector", "jaeger-query", "jaeger-index-cleaner"}
    assert divided["jaeger-collector"].replicas == 2


def test_indices_past_their_retention_are_deleted_every_night() -> None:
    cleaner = next(spec for spec in jaeger.specs(parsed("prod")) if spec.kind == "CronJob")
    (script,) = cleaner.args
    assert script.endswith("es-index-cleaner 7 https://search.universal-ai-tools.com:9200")
    assert cleaner.environment["INDEX_PREFIX"] == jaeger_configuration.INDEX_PREFIX
    assert "password" not in str(cleaner.environment).lower()


def test_clickhouse_forgets_by_itself_and_has_no_job() -> None:
    settings = parsed("prod", jaeger={"storage": "clickhouse", "endpoint": "clickhouse://c.example.com"})
    assert [spec.kind for spec in jaeger.specs(settings)] == ["Deployment", "Deployment"]
    backend = jaeger_configuration.configuration(settings, takes=True, shows=False)["extensions"]["jaeger_storage"][
        "backends"
    ]["main"]
    assert backend["clickhouse"]["addresses"] == ["c.example.com:9000"]


def test_services_are_told_what_share_of_their_traces_to_begin() -> None:
    wanted = {"default": "10%", "services": {"chat-service": "50%", "auth-service": "0.5%"}}
    told = jaeger_configuration.sampling(parsed("dev", jaeger={"sampling": wanted}))
    assert told["default_strategy"] == {"type": "probabilistic", "param": 0.1}
    shares = {each["service"]: each["param"] for each in told["service_strategies"]}
    assert shares == {"auth-service": 0.005, "chat-service": 0.5}
    assert json.loads(json.dumps(told)) == told


def test_jaeger_knows_its_path_where_it_shares_a_host() -> None:
    shared, alone = parsed("prod"), parsed("dev")
    assert (
        jaeger_configuration.configuration(shared, takes=False, shows=True)["extensions"]["jaeger_query"]["base_path"]
        == "/jaeger"
    )
    assert jaeger.query_url(shared).endswith("/jaeger")
    assert (
        "base_path"
        not in jaeger_configuration.configuration(alone, takes=True, shows=True)["extensions"]["jaeger_query"]
    )


# --- sizes ------------------------------------------------------------------------------------------------------


def test_the_small_size_fits_a_laptop() -> None:
    for stack in ("dev", "staging"):
        workloads = list(every_spec(parsed(stack)).values())
        whole = of_cluster(workloads) + of_node(workloads)
        assert whole.memory <= 4 * 2**30, f"{stack}: {whole}"
        assert whole.cores <= 2, f"{stack}: {whole}"


def settings_by_size() -> list[tuple[str, Settings]]:
    return [("medium", parsed("prod")), ("large", of_size("large"))]


@pytest.mark.parametrize(("size", "settings"), settings_by_size())
def test_every_workload_has_its_share_of_the_size(size: str, settings: Settings) -> None:
    workloads = list(every_spec(settings).values())
    assert of_cluster(workloads).pods > 20
    # A queue that did not fit its volume would stop the collector.
    gateway = next(spec for spec in workloads if spec.name == "otel-gateway")
    assert gateway.volume is not None
    queues = [
        e["sending_queue"]["queue_size"]
        for e in file(gateway, "collector.yaml")["exporters"].values()
        if e.get("sending_queue", {}).get("sizer") == "bytes"
    ]
    assert sum(queues) <= gateway.volume.size * 0.8
