"""Network policies from what each workload says it calls.

A call is written once, at the caller; the caller's egress and the callee's ingress both come from it, so that they
cannot disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from components.kubernetes.objects import Manifest, metadata, selector


@dataclass(frozen=True)
class ToWorkload:
    """A call to another workload of the stack."""

    name: str
    port: int
    namespace: str
    protocols: tuple[str, ...] = ("TCP",)


@dataclass(frozen=True)
class ToNamespace:
    """Calls to pods of somebody else's namespace: to these ports of the pods, or to any where none is given."""

    namespace: str
    ports: tuple[int, ...] = ()


@dataclass(frozen=True)
class ToAnywhere:
    """Calls out of the cluster, to nodes, or to the Kubernetes API, whose addresses no policy can name."""

    ports: tuple[int, ...]
    reason: str


Call = ToWorkload | ToNamespace | ToAnywhere


@dataclass(frozen=True)
class Caller:
    """A workload that calls this one."""

    name: str
    namespace: str
    port: int
    protocols: tuple[str, ...]


@dataclass(frozen=True)
class Admit:
    """Pods of somebody else's namespace that may call this workload, such as an ingress controller's."""

    namespace: str
    port: int


class Calling(Protocol):
    """What `callers` needs to know of a workload."""

    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def calls(self) -> Sequence[Call]: ...


def callers(name: str, workloads: Sequence[Calling]) -> list[Caller]:
    """Who calls the workload of that name."""
    return [
        Caller(caller.name, caller.namespace, call.port, call.protocols)
        for caller in workloads
        for call in caller.calls
        if isinstance(call, ToWorkload) and call.name == name
    ]


def policy(
    name: str, namespace: str, calls: Sequence[Call], called_by: Sequence[Caller], admits: Sequence[Admit]
) -> Manifest:
    """Exactly what the workload may call and be called by."""
    ingress = [_rule("from", [_pods(c.name, c.namespace)], (c.port,), c.protocols) for c in called_by]
    ingress += [_rule("from", [_anyone_in(a.namespace)], (a.port,)) for a in admits]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, namespace),
        "spec": {
            "podSelector": {"matchLabels": selector(name)},
            "policyTypes": ["Ingress", "Egress"],
            # The API server drops an empty list, and every later apply would add it again.
            **({"ingress": ingress} if ingress else {}),
            **({"egress": [_egress(call) for call in calls]} if calls else {}),
        },
    }


def namespace_policies(namespace: str) -> list[Manifest]:
    """Nothing is allowed in a namespace but what a workload's own policy allows, and asking the cluster's DNS."""
    deny: Manifest = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    dns = _rule("to", [_anyone_in("kube-system"), _NODE_LOCAL_DNS], (53,), ("UDP", "TCP"))
    allow: Manifest = {"podSelector": {}, "policyTypes": ["Egress"], "egress": [dns]}
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": metadata(name, namespace),
            "spec": spec,
        }
        for name, spec in (("default-deny", deny), ("allow-dns", allow))
    ]


_NODE_LOCAL_DNS: Manifest = {"ipBlock": {"cidr": "169.254.20.10/32"}}
"""The address of the DNS cache on each node, where a cluster runs one; it is no pod that a label could name."""

# Clusters are of either address family, or of both.
_ANYWHERE: list[Manifest] = [{"ipBlock": {"cidr": "0.0.0.0/0"}}, {"ipBlock": {"cidr": "::/0"}}]


def _egress(call: Call) -> Manifest:
    match call:
        case ToWorkload():
            return _rule("to", [_pods(call.name, call.namespace)], (call.port,), call.protocols)
        case ToNamespace():
            return _rule("to", [_anyone_in(call.namespace)], call.ports)
        case ToAnywhere():
            return _rule("to", _ANYWHERE, call.ports)


def _rule(
    direction: str, peers: Sequence[Manifest], ports: Sequence[int], protocols: Sequence[str] = ("TCP",)
) -> Manifest:
    allowed = [{"port": port, "protocol": protocol} for port in sorted(ports) for protocol in protocols]
    return {direction: list(peers), "ports": allowed or [{"protocol": protocol} for protocol in protocols]}


def _pods(name: str, namespace: str) -> Manifest:
    return {**_anyone_in(namespace), "podSelector": {"matchLabels": selector(name)}}


def _anyone_in(namespace: str) -> Manifest:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}}
