"""The production stack with Elasticsearch, Logstash, Kibana and Filebeat before a real Kubernetes API server."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from alert_rules import yaml12
from cli.preview.run import Rendered, render
from tests.rendered import project_with, written_manifests
from tests.settings.examples import settings_of
from tests.validators.apiserver import ApiServer
from tests.validators.cluster import Cluster

Manifest = dict[str, Any]
WORKLOADS = {"elasticsearch", "logstash", "kibana", "filebeat"}
PASSWORD = {"secure": "v1:8yPl3r7zKqA1:notreallyencrypted"}

both = pytest.mark.parametrize("replicas", [1, 3])


@cache
def stack(replicas: int) -> Rendered:
    """The production stack with so many Elasticsearch, its passwords made by the stack; in a namespace of its own."""
    own = {"enabled": True, "replicas": replicas, "volume": "2TiB"}
    own |= {"transport_secret": "elasticsearch-transport"} if replicas > 1 else {}
    users = [f"elasticsearch_{user}_password" for user in ("admin", "kibana", "logstash")]
    changed = {
        **settings_of("prod"),
        "kubernetes": {"eks_cluster": "c", "namespace": f"elastic-{replicas}"},
        "elastic": own,
        **dict.fromkeys([*users, "kibana_encryption_key"], PASSWORD),
    }
    text = yaml12.dump({"config": {"aws:region": "eu-west-1", **{f"vigil:{k}": v for k, v in changed.items()}}})
    with TemporaryDirectory() as folder:
        return render(project_with(Path(folder), text), "prod")


def manifests(replicas: int) -> list[Manifest]:
    return written_manifests(stack(replicas))


def applied(replicas: int) -> list[Manifest]:
    """The manifests, with a password where the files only say that there is one."""
    return [
        {**manifest, "stringData": {"value": "Pa55word"}} if manifest["kind"] == "Secret" else manifest
        for manifest in manifests(replicas)
    ]


@both
def test_a_real_api_server_takes_every_object_and_admits_every_pod(replicas: int) -> None:
    objects = applied(replicas)
    host = [m for m in objects if m["metadata"].get("namespace") == f"elastic-{replicas}-host"]
    with ApiServer() as server:
        server.install_crds()
        server.apply(*objects)
        server.assert_apply_is_stable(*objects)
        admitted = server.admit_pod_templates([m for m in objects if m not in host], level="restricted")
        admitted += server.admit_pod_templates(host, level="privileged")
    assert {name.split("-", 1)[1] for name in admitted} >= WORKLOADS


@pytest.mark.xdist_group("cluster")
def test_every_workload_becomes_available(cluster: Cluster) -> None:
    objects = applied(3)
    namespaces = [m["metadata"]["name"] for m in objects if m["kind"] == "Namespace"]
    try:
        cluster.apply(*objects)
        cluster.wait_available(*namespaces)
        pods = [p["metadata"]["name"] for p in cluster.list_all("pods") if p["metadata"]["namespace"] in namespaces]
        assert {f"elasticsearch-{replica}" for replica in range(3)} <= set(pods)
    finally:
        cluster.delete_namespaces(*namespaces)


@both
def test_no_password_is_in_anything_but_the_secrets(replicas: int) -> None:
    secrets = {m["metadata"]["name"] for m in manifests(replicas) if m["kind"] == "Secret"}
    assert {"vigil-elasticsearch-admin-password", "vigil-kibana-encryption-key"} <= secrets
    for manifest in manifests(replicas):
        if manifest["kind"] != "Secret":
            # A pod says by digests of its secrets that they have changed; these are as secret.
            template = manifest.get("spec", {}).get("template", {})
            digests = template.get("metadata", {}).pop("annotations", {})
            assert set(digests.values()) <= {"[secret]"}
            assert "[secret]" not in str(manifest), manifest["metadata"]["name"]


@both
def test_calls_between_them_are_allowed_and_no_others(replicas: int) -> None:
    policies = {m["metadata"]["name"]: m["spec"] for m in manifests(replicas) if m["kind"] == "NetworkPolicy"}
    calls = {
        (caller, peer["podSelector"]["matchLabels"]["app.kubernetes.io/name"], port["port"])
        for caller in (*WORKLOADS, "oauth2-proxy")
        for rule in policies[caller].get("egress", ())
        for peer in rule["to"]
        if "podSelector" in peer
        for port in rule["ports"]
    }
    peers = {("elasticsearch", "elasticsearch", port) for port in (9300, 8080)} if replicas > 1 else set()
    assert {call for call in calls if WORKLOADS & set(call)} == {
        ("filebeat", "logstash", 5044),
        ("logstash", "elasticsearch", 9200),
        ("kibana", "elasticsearch", 9200),
        ("oauth2-proxy", "kibana", 5601),
        *peers,
    }


@both
def test_every_mount_has_its_volume_and_every_address_its_service(replicas: int) -> None:
    services = {m["metadata"]["name"] for m in manifests(replicas) if m["kind"] == "Service"}
    namespace = f"elastic-{replicas}"
    seen = set()
    for manifest in manifests(replicas):
        name = manifest["metadata"]["name"]
        if manifest["kind"] in ("StatefulSet", "Deployment", "DaemonSet") and name in WORKLOADS:
            seen.add(name)
            pod = manifest["spec"]["template"]["spec"]
            claims = {claim["metadata"]["name"] for claim in manifest["spec"].get("volumeClaimTemplates", ())}
            containers = [*pod["containers"], *pod.get("initContainers", ())]
            mounted = {mount["name"] for container in containers for mount in container["volumeMounts"]}
            assert mounted == {volume["name"] for volume in pod["volumes"]} | claims, name
    assert seen == WORKLOADS
    files = {
        path: str(text)
        for path, text in stack(replicas).files.items()
        if path.startswith(tuple(f"mounted/{name}/" for name in WORKLOADS))
    }
    called = {
        part.rsplit(".", 2)[0].rsplit(".", 1)[-1] for text in files.values() for part in addresses(text, namespace)
    }
    assert {"elasticsearch", "logstash"} <= called <= services


def addresses(text: str, namespace: str) -> list[str]:
    words = text.replace("/", " ").replace('"', " ").replace(":", " ").split()
    return [word for word in words if word.endswith(f".{namespace}.svc")]
