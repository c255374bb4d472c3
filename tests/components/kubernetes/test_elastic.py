"""The optional Elasticsearch, Logstash, Kibana and Filebeat: their settings, and the scripts that make these in the pod."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from alert_rules import yaml12
from components.kubernetes import elastic, elastic_configuration, elastic_pipeline, sign_in_proxy
from components.kubernetes.network import ToWorkload
from components.kubernetes.pod import pod
from components.kubernetes.spec import ConfigFiles, WorkloadSpec
from components.kubernetes.workload import headless_service, workload
from components.settings.kubernetes import Size
from components.settings.model import Settings
from tests.components.kubernetes.examples import every_spec
from tests.settings.examples import parsed
from tests.variants import ELASTIC_SECRETS


def with_elastic(replicas: int = 3, stack: str = "prod", **changes: Any) -> Settings:
    """A stack with the four of them."""
    own: dict[str, Any] = {"enabled": True, "replicas": replicas, "volume": "8TiB"}
    own |= {"transport_secret": "elasticsearch-transport"} if replicas > 1 else {}
    return parsed(stack, elastic=own, **ELASTIC_SECRETS, **changes)


def files_of(spec: WorkloadSpec) -> dict[str, str]:
    """What a workload's ConfigMaps hold, by file name."""
    maps: list[ConfigFiles] = [config for program in spec.every_program for config in program.config]
    return {name: str(content) for config in maps for name, content in config.files.items()}


def test_nothing_of_it_runs_unless_it_is_enabled() -> None:
    assert elastic.specs(parsed("prod")) == []
    assert {"elasticsearch", "logstash", "kibana", "filebeat"} <= every_spec(with_elastic()).keys()


STEPS = (
    r"beats \{ port => 5044 \}",
    r"if \[fields\]\[service\] \{ mutate \{ replace => \{ \S+ => \"%\{\[fields\]\[service\]\}\" \} \} \}",
    r"if \[fields\]\[environment\] \{ mutate \{ replace => \{ \S+ => \"%\{\[fields\]\[environment\]\}\" \} \} \}",
    r"if \[message\] =~ /\^\\\{\.\*\\\}\$/ \{ # JSON logs json \{ source => \"message\"",
    r"if \[message\] =~ /\^\\\[\.\*\\\]/ \{ # HTTP logs grok \{ match => \{ \"message\" => \"\\\["
    r"%\{TIMESTAMP_ISO8601:timestamp\}\\\] %\{WORD:\S+\} %\{GREEDYDATA:log_message\}\" \}",
    r"date \{ match => \[ \"timestamp\", \"ISO8601\" \]",
)
"""What the guide's logstash.conf does, in its order."""


def test_the_pipeline_does_what_the_guide_does_in_its_order() -> None:
    text = " ".join(elastic_pipeline.FILTER.split())
    places = [re.search(step, text) for step in STEPS]
    assert all(places), [step for step, place in zip(STEPS, places, strict=True) if place is None]
    starts = [place.start() for place in places if place]
    assert starts == sorted(starts)


def test_a_line_cannot_overwrite_what_was_found_out_about_it() -> None:
    assert 'target => "app"' in elastic_pipeline.FILTER
    assert "add_field" not in elastic_pipeline.FILTER
    template = _operator(with_elastic())["index_templates"]["composable_index_templates"]["vigil-logs"]
    assert template["template"]["mappings"]["properties"]["app"]["type"] == "flattened"


@pytest.mark.parametrize("text", [elastic_pipeline.FILTER, elastic_pipeline.output(parsed("prod"))])
def test_every_brace_of_the_pipeline_is_closed(text: str) -> None:
    # Patterns apart, whose braces are text.
    code = re.sub(r"#.*|\"[^\"\n]*\"|/\^.*?/(?= \{)", "", text)
    assert code.count("{") == code.count("}") > 0


def _operator(settings: Settings) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(elastic_pipeline.operator_settings(settings))["state"]
    return state


def test_what_logstash_writes_is_what_the_policy_deletes_and_what_its_role_allows() -> None:
    settings = with_elastic()
    parts = dict(re.findall(r"data_stream_(type|dataset|namespace) => \"(.+)\"", elastic_pipeline.output(settings)))
    stream = f"{parts['type']}-{parts['dataset']}-{parts['namespace']}"
    assert stream == "logs-vigil-prod"
    state = _operator(settings)
    template = state["index_templates"]["composable_index_templates"]["vigil-logs"]
    [role] = elastic_configuration.roles()["vigil-logstash"]["indices"]
    for pattern in (*template["index_patterns"], *role["names"]):
        assert re.fullmatch(pattern.replace("*", ".*"), stream), pattern
    assert set(role["privileges"]) == {"auto_configure", "create_doc"}
    policy = state["ilm"][template["template"]["settings"]["index.lifecycle.name"]]
    assert policy["phases"]["delete"]["min_age"] == "7d"
    assert policy["phases"]["hot"]["actions"]["rollover"]["max_age"] == "1d"


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


def test_filebeat_reads_neither_its_own_log_nor_that_of_logstash() -> None:
    [read] = elastic_pipeline.filebeat(with_elastic(), "observability-host")["filebeat.inputs"]
    left_out = read["prospector.scanner"]["exclude_files"]
    for folder, expected in {
        "observability-host_filebeat-x7k2p_0f3a": True,
        "observability_logstash-5d9c-abcde_0f3a": True,
        "observability_loki-0_0f3a": False,
        "universal-ai-tools_chat-service-0_0f3a": False,
    }.items():
        found = any(re.search(pattern, f"/var/log/pods/{folder}/c/0.log") for pattern in left_out)
        assert found is expected, folder


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


class Sandbox:
    """Where a script of a pod runs on this machine: its directories below `root`, its programs recorded."""

    def __init__(self, root: Path, spec: WorkloadSpec, secrets: dict[str, str]) -> None:
        [program] = spec.prepared_by
        self.root, self.places = root, {**dict.fromkeys(spec.shared, root / "settings")}
        self.settings = root / "settings"
        self.settings.mkdir()
        self._write(elastic_configuration.FILES, {name: str(text) for name, text in program.config[0].files.items()})
        self._write("/usr/share/elasticsearch/config", {"users": "", "jvm.options": "image"})
        self._write("/usr/share/logstash/config", {"log4j2.properties": "image", "logstash.yml": "image"})
        for secret in program.secrets:
            self._write(secret.directory, {"value": secrets[secret.name]})
        programs = root / "bin"
        programs.mkdir()
        (programs / "elasticsearch-users").write_text(f'#!/bin/bash\nprintf "%s\\n" "$*" >> {root}/users\n')
        (programs / "elasticsearch-users").chmod(0o755)
        self.path = f"{programs}:{os.environ['PATH']}"

    def _write(self, directory: str, files: dict[str, str]) -> None:
        place = self.root / directory.strip("/").replace("/", "-")
        place.mkdir()
        self.places[directory] = place
        for name, text in files.items():
            (place / name).write_text(text)

    def run(self, *, pod_name: str = "elasticsearch-0", **replaced: str) -> subprocess.CompletedProcess[str]:
        """Runs the script with the pod's paths (and `replaced` texts) put in their places here."""
        text = (self.places[elastic_configuration.FILES] / "prepare.sh").read_text()
        changed = {**{place: str(local) for place, local in self.places.items()}, **replaced}
        for before in sorted(changed, key=len, reverse=True):
            text = text.replace(before, changed[before])
        return subprocess.run(
            ["/bin/bash", "-c", text],
            capture_output=True,
            text=True,
            timeout=60,
            env={"PATH": self.path, "POD_NAME": pod_name},
        )


PASSWORDS = {
    "elasticsearch-admin-password": "admin.Pa55word\n",
    "elasticsearch-kibana-password": "kibana~Pa55word",
    "elasticsearch-logstash-password": "logstash-Pa55word",
    "kibana-encryption-key": "k" * 32,
}


def test_elasticsearch_gets_its_settings_and_its_users(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, elastic.elasticsearch(with_elastic(1)), PASSWORDS)
    for _ in range(2):  # a container that runs before the others may run again
        done = sandbox.run()
        assert done.returncode == 0, done.stderr
    users = (tmp_path / "users").read_text().splitlines()
    assert users[:3] == [
        "useradd vigil-admin -p admin.Pa55word -r superuser",
        "useradd vigil-kibana -p kibana~Pa55word -r kibana_system",
        "useradd vigil-logstash -p logstash-Pa55word -r vigil-logstash",
    ]
    made = sandbox.settings
    assert (made / "jvm.options").read_text() == "image"
    assert (made / "jvm.options.d/vigil.options").read_text() == elastic_configuration.JVM_OPTIONS
    assert yaml12.load((made / "elasticsearch.yml").read_text())["discovery.type"] == "single-node"
    version = json.loads((made / "operator/settings.json").read_text())["metadata"]["version"]
    assert int(version) > 1_700_000_000
    assert all(path.stat().st_mode & 0o077 == 0 for path in made.rglob("*"))


@pytest.mark.parametrize(
    ("pod_name", "another_has_joined", "founds"),
    [
        ("elasticsearch-0", False, True),
        ("elasticsearch-0", True, False),
        ("elasticsearch-1", False, False),
    ],
)
def test_only_the_first_node_founds_the_cluster_and_only_where_there_is_none(
    tmp_path: Path, pod_name: str, another_has_joined: bool, founds: bool
) -> None:
    sandbox = Sandbox(tmp_path, elastic.elasticsearch(with_elastic(3)), PASSWORDS)
    with closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        if another_has_joined:
            other.listen()
        place = f"$other/{other.getsockname()[1]}"
        hosts = {f"elasticsearch-{n}.elasticsearch-headless.observability.svc": "127.0.0.1" for n in (1, 2)}
        done = sandbox.run(pod_name=pod_name, **hosts, **{"$other/8080": place})
    assert done.returncode == 0, done.stderr
    found = yaml12.load((sandbox.settings / "elasticsearch.yml").read_text())
    assert found.get("cluster.initial_master_nodes") == (["elasticsearch-0"] if founds else None)


def test_logstash_gets_its_password_in_the_last_part_of_its_pipeline(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, elastic.logstash(with_elastic()), PASSWORDS)
    assert sandbox.run().returncode == 0
    parts = sorted((sandbox.settings / "pipeline").iterdir())
    assert [part.name for part in parts] == ["10-filter.conf", "90-output.conf"]
    assert parts[0].read_text() == elastic_pipeline.FILTER
    assert 'password => "logstash-Pa55word"\n' in parts[1].read_text()
    assert yaml12.load((sandbox.settings / "logstash.yml").read_text())["xpack.monitoring.enabled"] is False
    assert (sandbox.settings / "log4j2.properties").read_text() == "image"
    [only] = yaml12.load((sandbox.settings / "pipelines.yml").read_text())
    assert only["path.config"] == "/etc/logstash/pipeline/*.conf"


def test_kibana_gets_its_secrets_in_a_file_of_their_own(tmp_path: Path) -> None:
    sandbox = Sandbox(tmp_path, elastic.kibana(with_elastic()), PASSWORDS)
    assert sandbox.run().returncode == 0
    assert yaml12.load((sandbox.settings / "kibana.yml").read_text()) == {
        "elasticsearch.password": "kibana~Pa55word",
        "xpack.security.encryptionKey": "k" * 32,
        "xpack.encryptedSavedObjects.encryptionKey": "k" * 32,
        "xpack.reporting.encryptionKey": "k" * 32,
    }


@pytest.mark.parametrize(
    "password", ['with"quote', "with space", "a$(id)", "a${HOME}", "-looks-like-an-option", "", "umlaut-ü"]
)
def test_a_password_that_some_language_would_misread_stops_the_pod_and_is_not_shown(
    tmp_path: Path, password: str
) -> None:
    sandbox = Sandbox(
        tmp_path, elastic.logstash(with_elastic()), {**PASSWORDS, "elasticsearch-logstash-password": password}
    )
    done = sandbox.run()
    assert done.returncode == 1
    assert "letters, digits and . _ ~ - alone are taken" in done.stderr
    assert not password or password not in done.stderr + done.stdout
    assert not (sandbox.settings / "pipeline/90-output.conf").exists()
