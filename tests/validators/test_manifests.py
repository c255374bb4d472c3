"""Every rendering on a real API server, and the committed shapes on a cluster with controllers, scheduler and nodes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import rendered, variants
from tests.rendered import STACKS
from tests.validators.apiserver import ApiServer
from tests.validators.cluster import NODES, Cluster
from tests.validators.stacks import every_rendering, manifests


@every_rendering
def test_a_real_api_server_takes_every_object_and_changes_nothing_the_second_time(name: str) -> None:
    objects = manifests(name)
    host = [m for m in objects if str(m["metadata"].get("namespace")).endswith("-host")]
    with ApiServer() as server:
        server.install_crds()
        server.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "istio-system"}})
        server.apply(*objects)
        server.assert_apply_is_stable(*objects)
        server.admit_pod_templates([m for m in objects if m not in host], level="restricted")
        server.admit_pod_templates(host, level="privileged")


@pytest.mark.xdist_group("cluster")
class TestOnACluster:
    """What is rendered runs: scheduled, available, moved from node to node, and left alone by a second apply."""

    @pytest.fixture
    def deployed(self, cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[list[str]]:
        """The namespaces of a rendering that the cluster runs, and is rid of when the test is over."""
        objects = manifests(request.param)
        namespaces = [it["metadata"]["name"] for it in objects if it["kind"] == "Namespace"]
        cluster.apply(*objects)
        yield namespaces
        cluster.uncordon()
        cluster.delete_namespaces(*namespaces)

    @pytest.mark.parametrize("deployed", ["dev", "large", "without-aws", "least"], indirect=True)
    def test_every_workload_becomes_available(self, cluster: Cluster, deployed: list[str]) -> None:
        cluster.wait_available(*deployed)

    @pytest.mark.parametrize("deployed", ["prod"], indirect=True)
    def test_nodes_are_drained_one_by_one_and_a_second_apply_changes_nothing(
        self, cluster: Cluster, deployed: list[str]
    ) -> None:
        cluster.wait_available(*deployed)
        cluster.assert_apply_is_stable(*manifests("prod"))
        for node in NODES:
            cluster.drain(node)
            cluster.wait_available(*deployed)
            cluster.uncordon(node)

    @pytest.mark.parametrize("deployed", ["prod"], indirect=True)
    def test_replicas_are_on_nodes_of_their_own(self, cluster: Cluster, deployed: list[str]) -> None:
        cluster.wait_available(*deployed)
        placed: dict[str, list[str]] = {}
        for pod in cluster.list_all("pods"):
            if pod["metadata"]["namespace"] in deployed and "node-exporter" not in pod["metadata"]["name"]:
                name = pod["metadata"]["labels"]["app.kubernetes.io/name"]
                placed.setdefault(name, []).append(pod["spec"]["nodeName"])
        assert len(placed["alertmanager"]) == 3
        for name, nodes in placed.items():
            assert len(set(nodes)) == len(nodes), name


def test_every_variant_is_in_a_namespace_of_its_own() -> None:
    names = [m["metadata"]["name"] for v in variants.VARIANTS for m in manifests(v) if m["kind"] == "Namespace"]
    assert len(set(names)) == len(names)
    assert not set(names) & {m["metadata"]["name"] for s in STACKS for m in rendered.manifests(s)}
