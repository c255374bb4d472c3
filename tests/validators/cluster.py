"""A real Kubernetes cluster but for its nodes: controllers and scheduler are the real ones, kwok plays the kubelets.

Pods are admitted, scheduled, spread, evicted and deleted as in production; none runs a program, each that a node takes
is ready at once (a Job's complete) and ends in a second. Volumes are bound to the zone of the node that was chosen, as
EBS volumes are.
"""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.validators import availability
from tests.validators.apiserver import ApiServer, Manifest, decoded
from tests.validators.binaries import find_data
from tests.validators.pod_templates import namespace_of
from tests.validators.process import flags, free_address, listens, running

ZONE_LABEL = "topology.kubernetes.io/zone"
HOST_LABEL = "kubernetes.io/hostname"

# The zone of each node: two nodes a zone, so that a Pod whose volume is in a zone can leave its node.
NODES = {f"node-{number}": f"zone-{'abc'[(number - 1) % 3]}" for number in range(1, 7)}

# The default StorageClass of the cluster, as EKS's add-on for EBS makes it.
STORAGE_CLASS = "gp3"

_CAPACITY = {"cpu": "64", "memory": "256Gi", "ephemeral-storage": "500Gi", "pods": "110"}
_CONTROLLERS = "cronjobs,jobs,deployments,replicasets,statefulsets,daemonsets"
_RUNNING = f"poddisruptionbudgets,horizontalpodautoscalers,{_CONTROLLERS},pods,persistentvolumeclaims"
_SELECTED_NODE = "volume.kubernetes.io/selected-node"
_PROVISIONER = "ebs.csi.aws.com"


class Cluster(ApiServer):
    """Context manager: an API server with controllers, scheduler, six simulated nodes and a provisioner of volumes."""

    admission_without = ()

    def wait_available(self, *namespaces: str, timeout: float = 90) -> None:
        """Wait until every workload of the namespaces is fully available and every Job complete.

        Raises AssertionError when there is none, and after `timeout` seconds with those that are not and the reasons
        that the scheduler and the controllers give.
        """
        deadline = time.monotonic() + timeout
        while missing := self._shortfalls(namespaces):
            if time.monotonic() > deadline:
                raise AssertionError(f"not available after {timeout:.0f} s:\n" + "\n".join(missing))
            time.sleep(0.5)

    def drain(self, node: str, timeout: float = 150) -> None:
        """Evict every Pod of the node but those of DaemonSets, as `kubectl drain` does, and let none come back.

        Raises AssertionError after `timeout` seconds, with the disruption budgets that admit no eviction. A refused
        eviction is tried again after 5 s, and the node stays closed either way: see uncordon.
        """
        options = ("--ignore-daemonsets", "--delete-emptydir-data", f"--timeout={timeout:.0f}s")
        try:
            self.kubectl("drain", node, *options, timeout=timeout + 30)
        except AssertionError as error:
            budgets = "\n".join(self._exhausted_budgets()) or "none"
            text = f"{node} was not drained in {timeout:.0f} s; budgets that admit no eviction: {budgets}\n{error}"
            raise AssertionError(text) from error

    def uncordon(self, *nodes: str) -> None:
        """Let Pods be scheduled to these nodes, or to every node, again."""
        self.kubectl("uncordon", *(nodes or NODES))

    def delete_namespaces(self, *names: str, timeout: float = 60, wait: bool = True) -> None:
        """Delete the namespaces, if they are there, with all in them, and wait until they are gone; that takes 5 s at
        the least. With `wait` false it goes on behind, and holds up no drain.
        """
        options = (f"--timeout={timeout:.0f}s", f"--wait={str(wait).lower()}")
        # For a Pod or claim that it still finds, the namespaces' controller waits much longer than these take to go.
        for name in names:
            self.kubectl("delete", _RUNNING, "--all", f"--namespace={name}", *options, timeout=timeout + 10)
        self.kubectl("delete", "namespaces", *names, "--ignore-not-found", *options, timeout=timeout + 10)

    def list_all(self, *kinds: str) -> list[dict[str, Any]]:
        """Return every object of these kinds, of all namespaces."""
        return list(decoded(self.kubectl("get", ",".join(kinds), "--all-namespaces", "--output=json"))["items"])

    def _shortfalls(self, namespaces: tuple[str, ...]) -> list[str]:
        objects = [it for it in self.list_all(*availability.KINDS) if namespace_of(it) in namespaces]
        for namespace in namespaces:
            in_it = [it for it in objects if namespace_of(it) == namespace]
            assert availability.workloads_of(in_it), f"there is no workload in namespace {namespace}"
        return availability.shortfalls(objects)

    def _exhausted_budgets(self) -> list[str]:
        return [
            f"{namespace_of(it)}/{it['metadata']['name']}"
            f" ({it['status']['currentHealthy']} healthy, {it['status']['desiredHealthy']} must stay)"
            for it in self.list_all("poddisruptionbudgets")
            if not it["status"]["disruptionsAllowed"]
        ]

    def _version_of(self, item: Manifest) -> str:
        """Return the generation, which unlike the resource version stays when a controller writes its status, with
        what it leaves out.
        """
        metadata = item["metadata"]
        version = metadata.get("generation", metadata["resourceVersion"])
        return json.dumps([version, metadata.get("labels"), metadata.get("annotations")], sort_keys=True)

    def _start(self, resources: ExitStack) -> None:
        super()._start(resources)
        self.apply(_storage_class())
        # Not by apply: that would leave out the capacity, which is status.
        self.kubectl("create", "-f", "-", stdin="\n---\n".join(map(json.dumps, _nodes())))
        self._start_controllers(resources)
        self._start_scheduler(resources)
        self._start_nodes(resources)

    def _start_controllers(self, resources: ExitStack) -> None:
        address = free_address()
        settings = {
            **self._serving(address, "controller-manager"),
            "kubeconfig": self.kubeconfig,
            "leader-elect": "false",
            "service-account-private-key-file": self.service_account_key,
            "root-ca-file": self.authority,
            # So that no two Pods have one address.
            "allocate-node-cidrs": "true",
            "cluster-cidr": "10.128.0.0/14",
            # Nobody shares this API server, and nobody wants to wait.
            "kube-api-qps": 500,
            "kube-api-burst": 1000,
            "horizontal-pod-autoscaler-sync-period": "2s",
        }
        name = "kube-controller-manager"
        server = running(name, flags(settings), home=self.home, ready=lambda: listens(address), patience=60)
        resources.enter_context(server)

    def _start_scheduler(self, resources: ExitStack) -> None:
        address, config = free_address(), self.home / "scheduler.json"
        content = {
            "apiVersion": "kubescheduler.config.k8s.io/v1",
            "kind": "KubeSchedulerConfiguration",
            "leaderElection": {"leaderElect": False},
            "clientConnection": {"kubeconfig": str(self.kubeconfig), "qps": 500, "burst": 1000},
        }
        config.write_text(json.dumps(content))
        arguments = flags({**self._serving(address, "scheduler"), "config": config})
        server = running("kube-scheduler", arguments, home=self.home, ready=lambda: listens(address), patience=60)
        resources.enter_context(server)

    def _start_nodes(self, resources: ExitStack) -> None:
        own = self.home / "stages.yaml"
        own.write_text("\n---\n".join(json.dumps(stage) for stage in (_pod_end(), *_volume_stages())))
        stages = [f"--config={file}" for file in (find_data("kwok") / "stages.yaml", own)]
        # Without leases the controllers take every node for dead after a minute, and its Pods for not ready.
        settings = {"kubeconfig": self.kubeconfig, "manage-all-nodes": "true", "node-lease-duration-seconds": 40}
        arguments = [*flags(settings), *stages]
        resources.enter_context(running("kwok", arguments, home=self.home, ready=self._nodes_are_ready, patience=60))

    def _nodes_are_ready(self) -> bool:
        path = '{.items[*].status.conditions[?(@.type=="Ready")].status}'
        return self.kubectl("get", "nodes", f"--output=jsonpath={path}").split() == ["True"] * len(NODES)

    def _serving(self, address: str, name: str) -> dict[str, str | Path]:
        host, port = address.split(":")
        return {"bind-address": host, "secure-port": port, "cert-dir": self.home / f"{name}-certificates"}


def _nodes() -> list[dict[str, Any]]:
    return [_node(name, zone, f"192.168.0.{number}") for number, (name, zone) in enumerate(NODES.items(), start=1)]


def _node(name: str, zone: str, address: str) -> dict[str, Any]:
    labels = {
        HOST_LABEL: name,
        ZONE_LABEL: zone,
        "topology.kubernetes.io/region": "region",
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
    }
    addresses = [{"type": "InternalIP", "address": address}, {"type": "Hostname", "address": name}]
    status = {"capacity": _CAPACITY, "allocatable": _CAPACITY, "addresses": addresses}
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}, "status": status}


def _storage_class() -> dict[str, Any]:
    annotations = {"storageclass.kubernetes.io/is-default-class": "true"}
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": STORAGE_CLASS, "annotations": annotations},
        "provisioner": _PROVISIONER,
        "volumeBindingMode": "WaitForFirstConsumer",
        "allowVolumeExpansion": True,
    }


def _pod_end() -> dict[str, Any]:
    """How a Pod ends: not at once, as kwok would have it. A Pod of a StatefulSet would be back under its name before the
    controller of disruption budgets saw it go, and would count as evicted for two minutes.
    """
    deleted = [_requirement(".metadata.deletionTimestamp", "Exists")]
    return _stage("pod-end", "Pod", deleted, {"delay": {"durationMilliseconds": 1000}, "next": {"delete": True}})


def _volume_stages() -> list[dict[str, Any]]:
    """What the provisioner of the StorageClass would do: make the volume of a claim in the zone of the node that the
    scheduler has chosen for it, and remove a volume whose claim is gone. Binding the two is the controllers' work.
    """
    chosen = [
        _requirement(".metadata.deletionTimestamp", "DoesNotExist"),
        _requirement(f'.metadata.annotations["{_SELECTED_NODE}"]', "Exists"),
        _requirement(".spec.storageClassName", "In", STORAGE_CLASS),
        _requirement(".spec.volumeName", "DoesNotExist"),
    ]
    released = [
        _requirement(".spec.storageClassName", "In", STORAGE_CLASS),
        _requirement(".status.phase", "In", "Released"),
    ]
    return [
        _stage("provision", "PersistentVolumeClaim", chosen, {"steps": [{"apply": {"template": _VOLUME}}]}),
        _stage("remove", "PersistentVolume", released, {"steps": [{"delete": True}]}),
    ]


def _stage(name: str, kind: str, requirements: list[dict[str, Any]], play: dict[str, Any]) -> dict[str, Any]:
    spec = {"resourceRef": {"apiGroup": "v1", "kind": kind}, "selector": {"matchExpressions": requirements}, **play}
    return {"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": {"name": name}, "spec": spec}


def _requirement(key: str, operator: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


# A volume of type "local" is the one that no controller tries to attach. The annotation keeps the controllers from
# removing it themselves.
_VOLUME = f"""
{{{{ $zones := dict {" ".join(f'"{node}" "{zone}"' for node, zone in NODES.items())} }}}}
apiVersion: v1
kind: PersistentVolume
metadata:
  name: pvc-{{{{ .metadata.uid }}}}
  annotations:
    pv.kubernetes.io/provisioned-by: {_PROVISIONER}
spec:
  accessModes: {{{{ toJson .spec.accessModes }}}}
  capacity: {{{{ toJson .spec.resources.requests }}}}
  volumeMode: {{{{ .spec.volumeMode }}}}
  storageClassName: {{{{ .spec.storageClassName }}}}
  persistentVolumeReclaimPolicy: Delete
  claimRef:
    apiVersion: v1
    kind: PersistentVolumeClaim
    name: {{{{ .metadata.name }}}}
    namespace: {{{{ .metadata.namespace }}}}
    uid: {{{{ .metadata.uid }}}}
  local:
    path: /volumes/{{{{ .metadata.uid }}}}
  nodeAffinity:
    required:
      nodeSelectorTerms:
      - matchExpressions:
        - key: {ZONE_LABEL}
          operator: In
          values: [{{{{ index $zones (index .metadata.annotations "{_SELECTED_NODE}") }}}}]
"""
