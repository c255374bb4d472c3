"""How workloads are run: what is mounted, called, kept, and changed in place."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pulumi

from cli.recorder import record
from components.kubernetes import alertmanager, collector_agent, exporters, network, opentelemetry, prometheus
from components.kubernetes.pod import pod
from components.kubernetes.secrets import SecretFile
from components.kubernetes.shards import Shard
from components.kubernetes.spec import ConfigFiles
from components.kubernetes.workload import calls_of, config_map, workload
from components.settings.model import Settings
from tests.components.kubernetes.examples import every_spec, without_aws
from tests.settings.examples import parsed

ONE = Shard(0, 1)


def test_the_pair_tells_alertmanager_the_same_alert() -> None:
    config = prometheus.configuration(parsed("prod"), ONE, [])
    assert config["global"]["external_labels"]["replica"] == "${POD_NAME}"
    assert config["alerting"]["alert_relabel_configs"] == [{"action": "labeldrop", "regex": "replica|shard"}]
    assert len(config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]) == 3


def test_blocks_never_fill_the_volume() -> None:
    settings = parsed("prod", prometheus={"volume": "200GiB"})
    retention = prometheus.configuration(settings, ONE, [])["storage"]["tsdb"]["retention"]
    assert retention == {"time": "15d", "size": "174080MB"}


def test_a_live_file_keeps_its_name_and_a_fixed_one_is_named_by_content() -> None:
    settings = parsed("prod")
    before, after = ({c["metadata"]["name"] for c in config_maps(settings, text)} for text in ("route: 1", "route: 2"))
    assert len(before ^ after) == 2
    assert all(name.startswith("alertmanager-config-") for name in before ^ after)


def config_maps(settings: Settings, text: str) -> list[dict[str, Any]]:
    spec = alertmanager.spec(settings, text)
    return [config_map(spec, config) for config in spec.config]


def digests_of(value: str) -> dict[str, str]:
    """The annotations of the pods that read a secret of that value, as the engine would get them."""
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "vigil-smtp-password", "namespace": "n"},
    }

    def program() -> None:
        held = {**manifest, "stringData": {"value": pulumi.Output.secret(value)}}
        secrets = [SecretFile("smtp-password", "vigil-smtp-password", "value", held), SecretFile("a", "outside", "b")]
        spec = replace(alertmanager.spec(parsed("dev"), ""), secrets=secrets)
        pulumi.export("digests", workload(spec)["spec"]["template"]["metadata"]["annotations"])

    recording = record(program, stack="test", settings={})
    assert str(recording.masked_exports["digests"]).count("[secret]") == 1, "a digest is as secret as what it is of"
    found: dict[str, str] = recording.exports["digests"]
    return found


def test_a_changed_secret_rolls_the_pods_that_read_it() -> None:
    one, two = digests_of("old"), digests_of("new")
    assert list(one) == ["vigil/vigil-smtp-password"], "what is made elsewhere is not known here"
    assert one == digests_of("old") != two


def test_changed_rules_reach_prometheus_without_a_restart() -> None:
    settings = parsed("prod")
    one, two = (workload(prometheus.specs(settings, {"a.yaml": {"n": n}}, [{}], [])[0]) for n in (1, 2))
    assert one == two
    assert "--config.auto-reload" in one["spec"]["template"]["spec"]["containers"][0]["args"]


def test_a_disabled_half_leaves_no_call_to_it() -> None:
    specs = every_spec(without_aws()).values()
    assert [spec.name for spec in specs if spec.aws] == []
    reasons = [call.reason for spec in specs for call in calls_of(spec) if isinstance(call, network.ToAnywhere)]
    assert reasons
    assert not any("EKS" in reason or "AWS" in reason for reason in reasons)


def test_bytes_and_text_of_one_directory_go_where_a_config_map_wants_them() -> None:
    config = ConfigFiles("/d", {"a.txt": "text", "b/c": b"\x00\x01"})
    assert config.data == {"data": {"a.txt": "text"}, "binaryData": {"b.c": "AAE="}}


def test_the_pod_of_a_host_agent_differs_from_others_only_in_what_it_needs() -> None:
    agent = pod(exporters.node_exporter(parsed("prod")))
    assert agent["hostNetwork"]
    assert "hostPID" not in agent
    assert [v["hostPath"]["path"] for v in agent["volumes"] if "hostPath" in v] == ["/"]
    assert all(m["readOnly"] for m in agent["containers"][0]["volumeMounts"])
    assert agent["securityContext"]["runAsNonRoot"] is True


def test_an_agent_that_reads_what_only_root_may_is_root_without_a_capability() -> None:
    agent = pod(opentelemetry.agent(parsed("prod")))
    assert "hostNetwork" not in agent and "hostPID" not in agent
    assert agent["securityContext"]["runAsUser"] == 0
    (container,) = agent["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    writable = [m["mountPath"] for m in container["volumeMounts"] if not m.get("readOnly")]
    assert writable == [collector_agent.STATE]
