"""The scripts that make the settings of Elasticsearch, Logstash and Kibana in their pods, run on this machine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from alert_rules import yaml12
from components.kubernetes import elastic, elastic_configuration, elastic_pipeline
from components.kubernetes.spec import WorkloadSpec
from tests.components.kubernetes.elastic_example import with_elastic


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
