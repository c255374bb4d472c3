"""The cluster of the tests behaves as one: what should run does, and what cannot is reported with the reason."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.validators import binaries
from tests.validators.cluster import HOST_LABEL, NODES, ZONE_LABEL, Cluster

pytestmark = pytest.mark.xdist_group("cluster")

# Long enough, in seconds, for the scheduler and the controllers to say why something does not run.
SOON = 4

_numbers = itertools.count(1)


@dataclass(frozen=True)
class Room:
    """A namespace of the test's own in the cluster."""

    cluster: Cluster
    name: str

    def apply(self, *manifests: dict[str, Any]) -> None:
        self.cluster.apply(*manifests, namespace=self.name)

    def run(self, *manifests: dict[str, Any]) -> None:
        """Apply the manifests and wait until the workloads are available."""
        self.apply(*manifests)
        self.cluster.wait_available(self.name)

    def what_is_missing(self) -> str:
        """What wait_available reports of a workload that will not be available."""
        with pytest.raises(AssertionError, match="not available after") as report:
            self.cluster.wait_available(self.name, timeout=SOON)
        return str(report.value)

    def pods(self) -> list[dict[str, Any]]:
        return [pod for pod in self.cluster.list_all("pods") if pod["metadata"]["namespace"] == self.name]

    def nodes(self) -> list[str]:
        """The node of each Pod that has one."""
        return sorted(pod["spec"]["nodeName"] for pod in self.pods() if "nodeName" in pod["spec"])


@pytest.fixture
def room(cluster: Cluster) -> Iterator[Room]:
    """An empty namespace, after which the cluster is as it was."""
    name = f"room-{next(_numbers)}"
    cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    yield Room(cluster, name)
    cluster.uncordon()
    cluster.delete_namespaces(name, wait=False)


def of_kind(kind: str, spec: dict[str, Any], *, api: str = "apps/v1", name: str = "app") -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": spec}


def template(name: str = "app", **pod: Any) -> dict[str, Any]:
    containers = [{"name": "main", "image": "registry.invalid/app:1"}]
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": containers, **pod}}


def workload(kind: str, name: str = "app", **spec: Any) -> dict[str, Any]:
    service = {"serviceName": name, "podManagementPolicy": "Parallel"} if kind == "StatefulSet" else {}
    defaults = {"selector": {"matchLabels": {"app": name}}, "template": template(name)}
    return of_kind(kind, {**defaults, **service, **spec}, name=name)


def claims(**more: Any) -> list[dict[str, Any]]:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, **more}
    return [{"metadata": {"name": "data"}, "spec": spec}]


def unschedulable_spread() -> dict[str, Any]:
    """A StatefulSet of one replica more than the spread over its hosts admits.

    Without minDomains it would be admitted: one node with two replicas, the others with one, is a skew of 1.
    """
    spread = {
        "maxSkew": 1,
        "minDomains": len(NODES) + 1,
        "topologyKey": HOST_LABEL,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"app": "spread"}},
    }
    pods = template("spread", topologySpreadConstraints=[spread])
    return workload("StatefulSet", "spread", replicas=len(NODES) + 1, template=pods)


def too_large() -> dict[str, Any]:
    pods = template("large")
    pods["spec"]["containers"][0]["resources"] = {"requests": {"memory": "1Ti"}}
    return workload("Deployment", "large", template=pods)


def test_the_nodes_are_in_their_zones(cluster: Cluster) -> None:
    found = {it["metadata"]["name"]: it["metadata"]["labels"][ZONE_LABEL] for it in cluster.list_all("nodes")}
    assert found == NODES


def test_a_daemon_set_runs_on_every_node_and_stays_there_in_a_drain(room: Room) -> None:
    room.run(workload("DaemonSet"))
    assert room.nodes() == sorted(NODES)
    room.cluster.drain("node-1")
    assert room.nodes() == sorted(NODES)


def test_a_drain_moves_the_pods_of_the_node_and_nothing_comes_back_before_it_is_open(room: Room) -> None:
    room.run(workload("Deployment", replicas=12))
    assert "node-1" in room.nodes()
    room.cluster.drain("node-1")
    room.cluster.wait_available(room.name)
    assert "node-1" not in room.nodes()
    assert len(room.nodes()) == 12


def test_a_job_completes(room: Room) -> None:
    spec = {"template": {"spec": {**template()["spec"], "restartPolicy": "Never"}}}
    schedule = {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": spec}}
    room.run(of_kind("Job", spec, api="batch/v1"), of_kind("CronJob", schedule, api="batch/v1", name="yearly"))
    assert room.cluster.get("job", "app", room.name)["status"]["succeeded"] == 1


def test_an_autoscaler_brings_its_workload_to_the_least_number_of_replicas(room: Room) -> None:
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "app"}
    autoscaler = {"scaleTargetRef": target, "minReplicas": 3, "maxReplicas": 5}
    room.run(workload("Deployment"), of_kind("HorizontalPodAutoscaler", autoscaler, api="autoscaling/v2"))
    assert len(room.nodes()) == 3


def test_the_server_knows_a_pods_service_account_by_its_token(room: Room) -> None:
    room.run(workload("Deployment"))
    (pod,) = room.pods()
    (mount,) = pod["spec"]["containers"][0]["volumeMounts"]
    assert mount["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"
    token = room.cluster.kubectl("create", "token", "default", f"--namespace={room.name}").strip()
    # Not by the cluster's own kubectl: it would show the administrator's token.
    access = (f"--server={room.cluster.url}", f"--certificate-authority={room.cluster.authority}", f"--token={token}")
    known_as = binaries.run("kubectl", *access, "auth", "whoami", "--output=jsonpath={.status.userInfo.username}")
    assert known_as == f"system:serviceaccount:{room.name}:default"


def test_a_volume_keeps_its_pod_in_the_zone_and_a_pod_whose_zone_is_closed_is_reported(room: Room) -> None:
    room.run(workload("StatefulSet", volumeClaimTemplates=claims()))
    (before,) = room.nodes()
    room.cluster.drain(before)
    room.cluster.wait_available(room.name)
    (after,) = room.nodes()
    assert after != before
    assert NODES[after] == NODES[before]
    room.cluster.drain(after)
    report = room.what_is_missing()
    assert f"StatefulSet {room.name}/app: 0 of 1 Pods are available" in report
    assert (
        "Pod app-0 is Pending: PodScheduled is False: 0/6 nodes are available: 2 node(s) were unschedulable" in report
    )
    assert "4 node(s) didn't match PersistentVolume's node affinity" in report


def test_what_cannot_run_is_reported_with_the_reason(room: Room) -> None:
    room.apply(
        unschedulable_spread(),
        too_large(),
        workload("StatefulSet", "class", volumeClaimTemplates=claims(storageClassName="fast")),
        workload("DaemonSet", "account", template=template("account", serviceAccountName="nobody")),
        workload("DaemonSet", "nowhere", template=template("nowhere", nodeSelector={"disk": "tape"})),
        workload("Deployment", "fine"),
    )
    report = room.what_is_missing()
    found = dict(re.findall(r"(?m)^\w+ \S+/(\w+): (.*(?:\n  .*)*)", report))
    expected = {
        "spread": r"6 of 7 Pods are available(.|\n)*didn't match pod topology spread constraints",
        "large": r"0 of 1 Pods are available(.|\n)*6 Insufficient memory",
        "class": r'0 of 1 Pods are available(.|\n)*"fast" not found',
        "account": r'0 of 6 Pods are available(.|\n)*FailedCreate: .*"nobody" not found',
        "nowhere": "it is wanted on no node",
    }
    assert found.keys() == expected.keys()
    for name, pattern in expected.items():
        assert re.search(pattern, found[name]), f"{name}: {found[name]}"


def test_a_namespace_without_workloads_is_not_available(room: Room) -> None:
    with pytest.raises(AssertionError, match=f"no workload in namespace {room.name}"):
        room.cluster.wait_available(room.name)


def test_a_budget_that_admits_no_eviction_fails_the_drain_and_is_named(room: Room) -> None:
    budget = {"maxUnavailable": 0, "selector": {"matchLabels": {"app": "app"}}}
    room.run(workload("Deployment"), of_kind("PodDisruptionBudget", budget, api="policy/v1"))
    (node,) = room.nodes()
    with pytest.raises(AssertionError, match=f"{node} was not drained in 2 s") as refused:
        room.cluster.drain(node, timeout=2)
    assert f"budgets that admit no eviction: {room.name}/app (1 healthy, 1 must stay)" in str(refused.value)
    assert "Cannot evict pod as it would violate the pod's disruption budget" in str(refused.value)
    assert room.nodes() == [node]


def test_an_apply_that_changes_something_each_time_is_reported(room: Room) -> None:
    two, three = workload("Deployment", replicas=2), workload("Deployment", replicas=3)
    room.run(two)
    room.cluster.assert_apply_is_stable(two, namespace=room.name)
    with pytest.raises(AssertionError, match=f"Deployment {room.name}/app"):
        room.cluster.assert_apply_is_stable(two, three, namespace=room.name)


def test_objects_of_istio_and_the_gateway_api_are_judged(room: Room) -> None:
    sampling, hosts = {"tracing": [{"randomSamplingPercentage": 5}]}, {"hostnames": ["grafana.example"]}
    telemetry = of_kind("Telemetry", sampling, api="telemetry.istio.io/v1")
    route = of_kind("HTTPRoute", hosts, api="gateway.networking.k8s.io/v1")
    room.cluster.assert_apply_is_stable(telemetry, route, namespace=room.name)
    with pytest.raises(AssertionError, match="randomSamplingPercentage"):
        room.apply({**telemetry, "spec": {"tracing": [{"randomSamplingPercentage": 101}]}})
    with pytest.raises(AssertionError, match=r"\.spec\.hostname: field not declared"):
        room.apply({**route, "spec": {"hostname": "grafana.example"}})


def test_deleted_namespaces_are_gone_with_their_volumes(room: Room) -> None:
    room.run(workload("StatefulSet", volumeClaimTemplates=claims()))
    (claim,) = (
        it for it in room.cluster.list_all("persistentvolumeclaims") if it["metadata"]["namespace"] == room.name
    )
    volume = claim["spec"]["volumeName"]
    room.cluster.delete_namespaces(room.name)
    with pytest.raises(AssertionError, match="not found"):
        room.cluster.get("namespace", room.name)
    assert volume not in [it["metadata"]["name"] for it in room.cluster.list_all("persistentvolumes")]
