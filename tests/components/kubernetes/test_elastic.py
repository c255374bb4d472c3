"""The optional Elasticsearch, Logstash, Kibana and Filebeat: their settings, their users and their pods."""

from __future__ import annotations

import re

import pytest

from components.kubernetes import elastic, elastic_configuration, elastic_pipeline, sign_in_proxy
from components.kubernetes.network import ToWorkload
from components.kubernetes.pod import pod
from components.kubernetes.spec import ConfigFiles, WorkloadSpec
from components.kubernetes.workload import headless_service, workload
from components.settings.kubernetes import Size
from tests.components.kubernetes.elastic_example import with_elastic
from tests.components.kubernetes.examples import every_spec
from tests.settings.examples import parsed


def files_of(spec: WorkloadSpec) -> dict[str, str]:
    """What a workload's ConfigMaps hold, by file name."""
    maps: list[ConfigFiles] = [config for program in spec.every_program for config in program.config]
    return {name: str(content) for config in maps for name, content in config.files.items()}


def test_nothing_of_it_runs_unless_it_is_enabled() -> None:
    assert elastic.specs(parsed("prod")) == []
    assert {"elasticsearch", "logstash", "kibana", "filebeat"} <= every_spec(with_elastic()).keys()


def test_users_are_none_that_elasticsearch_reserves_and_only_one_may_do_everything() -> None:
    reserved = {"elastic", "kibana", "kibana_system", "logstash_system", "beats_system", "apm_system"}
    assert not reserved & elastic_configuration.USERS.keys()
    assert [name for name, (role, _) in elastic_configuration.USERS.items() if role == "superuser"] == ["vigil-admin"]
    assert elastic_configuration.kibana(with_elastic())["elasticsearch.username"] in elastic_configuration.USERS


@pytest.mark.parametrize("replicas", [1, 3])
def test_secrets_are_files_of_what_runs_before_and_in_nothing_else(replicas: int) -> None:
    specs = elastic.specs(with_elastic(replicas))
    read = {spec.name: {secret.name for program in spec.prepared_by for secret in program.secrets} for spec in specs}
    assert read == {
        "elasticsearch": {f"elasticsearch-{user}-password" for user in ("admin", "kibana", "logstash")},
        "logstash": {"elasticsearch-logstash-password"},
        "kibana": {"elasticsearch-kibana-password", "kibana-encryption-key"},
        "filebeat": set(),
    }
    for spec in specs:
        assert [secret.name for secret in spec.secrets] == (
            ["transport"] if spec.name == "elasticsearch" and replicas > 1 else []
        )
        for container in (c for kind in ("containers", "initContainers") for c in pod(spec).get(kind, ())):
            assert {e["name"] for e in container.get("env", ())} <= {
                "ES_PATH_CONF",
                "LS_JAVA_OPTS",
                "NODE_NAME",
                "POD_NAME",
            }
        # A password stands in a ConfigMap as its place, and as the name of its file.
        for name, text in files_of(spec).items():
            for line in text.splitlines():
                if re.search(r"password|encryptionKey", line):
                    assert name == "prepare.sh" or elastic_pipeline.PASSWORD in line, f"{spec.name} {name}: {line}"


def test_one_node_is_alone_and_several_verify_each_other() -> None:
    alone, several = (elastic_configuration.elasticsearch(with_elastic(replicas)) for replicas in (1, 3))
    assert alone["discovery.type"] == "single-node"
    assert not any("transport.ssl" in key for key in alone)
    assert "discovery.type" not in several
    assert several["discovery.seed_hosts"] == ["elasticsearch-headless.observability.svc"]
    assert several["xpack.security.transport.ssl.enabled"] is True
    assert several["xpack.security.transport.ssl.client_authentication"] == "required"
    for settings in (alone, several):
        assert settings["xpack.security.enabled"] is True


def test_several_nodes_find_and_reach_each_other_before_they_are_ready() -> None:
    spec = elastic.elasticsearch(with_elastic(3))
    assert headless_service(spec)["spec"]["publishNotReadyAddresses"] is True
    assert list(spec.calls) == [ToWorkload("elasticsearch", port, "observability") for port in (9300, 8080)]
    assert elastic.elasticsearch(with_elastic(1)).calls == []


def test_certificates_lie_below_the_settings_and_are_read_again_when_they_are_renewed() -> None:
    spec = elastic.elasticsearch(with_elastic(3))
    main = pod(spec)["containers"][0]
    mounts = {mount["name"]: mount["mountPath"] for mount in main["volumeMounts"]}
    assert mounts["secret-transport"] == f"{main['env'][0]['value']}/certs"
    volume = next(v for v in pod(spec)["volumes"] if v["name"] == "secret-transport")
    assert volume["secret"] == {"secretName": "elasticsearch-transport", "defaultMode": 0o440}


def test_what_one_container_prepares_the_other_finds_in_memory_at_the_same_place() -> None:
    for spec in elastic.specs(with_elastic(3))[:3]:
        made = pod(spec)
        shared = [v for v in made["volumes"] if v["name"].startswith("shared-")]
        assert [v["emptyDir"]["medium"] for v in shared] == ["Memory"], spec.name
        places = [
            mount["mountPath"]
            for container in (*made["containers"], *made["initContainers"])
            for mount in container["volumeMounts"]
            if mount["name"] == "shared-0"
        ]
        assert len(places) == 2
        assert set(places) == set(spec.shared), spec.name


def test_only_filebeat_touches_its_node_and_it_has_no_capability() -> None:
    specs = elastic.specs(with_elastic(3))
    assert [spec.name for spec in specs if spec.host] == ["filebeat"]
    made = pod(specs[-1])
    assert made["securityContext"]["runAsUser"] == 0
    assert "hostNetwork" not in made
    assert made["automountServiceAccountToken"] is False
    [container] = made["containers"]
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    hosts = {v["hostPath"]["path"] for v in made["volumes"] if "hostPath" in v}
    assert hosts == {"/var/log/pods", "/var/lib/vigil-filebeat"}


@pytest.mark.parametrize("size", list(Size))
def test_logstash_gives_half_of_its_memory_to_java(size: Size) -> None:
    spec = elastic.logstash(with_elastic(kubernetes={"eks_cluster": "c", "size": str(size)}))
    expected = {Size.SMALL: 768, Size.MEDIUM: 1024, Size.LARGE: 2048}[size]
    assert spec.environment == {"LS_JAVA_OPTS": f"-Xms{expected}m -Xmx{expected}m"}


def test_kibana_stands_behind_the_sign_in_under_its_path() -> None:
    settings = with_elastic()
    own = elastic_configuration.kibana(settings)
    assert (own["server.basePath"], own["server.rewriteBasePath"]) == ("/kibana", True)
    assert own["server.publicBaseUrl"] == "https://tools.universal-ai-tools.com/kibana"
    ready = elastic.kibana(settings).ready
    assert ready and ready.path == "/kibana/api/status"
    upstreams = sign_in_proxy.configuration(settings)["upstreamConfig"]["upstreams"]
    assert {u["path"]: u["uri"] for u in upstreams if "kibana" in u["id"]} == dict.fromkeys(
        ("/kibana", "/kibana/"), "http://kibana.observability.svc:5601"
    )
    called = [call for call in sign_in_proxy.spec(settings).calls if isinstance(call, ToWorkload)]
    assert ("kibana", 5601) in {(call.name, call.port) for call in called}


def test_kibana_has_no_path_where_nobody_comes_from_outside() -> None:
    settings = with_elastic(stack="dev", replicas=1)
    assert not any("basePath" in key or "public" in key for key in elastic_configuration.kibana(settings))
    ready = elastic.kibana(settings).ready
    assert ready and ready.path == "/api/status"


def test_replicas_and_their_volumes_are_those_of_the_settings() -> None:
    made = workload(elastic.elasticsearch(with_elastic(3)))["spec"]
    assert made["replicas"] == 3
    [claim] = made["volumeClaimTemplates"]
    assert claim["spec"]["resources"]["requests"]["storage"] == str(8 * 2**40)
