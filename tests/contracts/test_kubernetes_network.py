"""What holds between the network policies of a rendered stack, what its workloads call, and what calls them."""

from __future__ import annotations

from tests.contracts.kubernetes_objects import SERVING, Manifest, every_rendering, home, of_kind, template


def policies(stack: str) -> dict[tuple[str, str], Manifest]:
    return {(p["metadata"]["namespace"], p["metadata"]["name"]): p["spec"] for p in of_kind(stack, "NetworkPolicy")}


@every_rendering
def test_every_namespace_denies_what_is_not_allowed_and_lets_names_be_resolved(stack: str) -> None:
    for namespace in of_kind(stack, "Namespace"):
        name = namespace["metadata"]["name"]
        deny = policies(stack)[(name, "default-deny")]
        assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        dns = policies(stack)[(name, "allow-dns")]["egress"][0]
        assert {(p["port"], p["protocol"]) for p in dns["ports"]} == {(53, "UDP"), (53, "TCP")}


@every_rendering
def test_what_one_may_call_the_other_may_be_called_by(stack: str) -> None:
    """Egress and ingress agree, pair by pair and port by port."""
    out, into = set(), set()
    for (namespace, _), spec in policies(stack).items():
        me = spec["podSelector"].get("matchLabels", {}).get("app.kubernetes.io/name")
        for rule in spec.get("egress", []):
            out |= {
                (namespace, me, *other, p["port"], p["protocol"]) for other in named(rule["to"]) for p in rule["ports"]
            }
        for rule in spec.get("ingress", []):
            into |= {
                (*other, namespace, me, p["port"], p["protocol"])
                for other in named(rule["from"])
                for p in rule["ports"]
            }
    assert out == into
    assert len(out) >= 4


def named(peers: list[Manifest]) -> list[tuple[str, str]]:
    return [
        (
            p["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"],
            p["podSelector"]["matchLabels"]["app.kubernetes.io/name"],
        )
        for p in peers
        if "podSelector" in p
    ]


@every_rendering
def test_prometheus_may_reach_everything_it_scrapes_and_tells(stack: str) -> None:
    allowed, nodes = set(), set()
    for rule in policies(stack)[(home(stack), "prometheus")]["egress"]:
        allowed |= {(*other, p["port"]) for other in named(rule["to"]) for p in rule["ports"]}
        nodes |= {p.get("port") for p in rule["ports"]} if any("ipBlock" in peer for peer in rule["to"]) else set()
    monitored = 0
    for workload in of_kind(stack, *SERVING):
        pod = template(workload)["spec"]
        for container in pod["containers"]:
            for port in container["ports"]:
                if port["name"].startswith("http-metrics") or port["name"] == "app-metrics":
                    monitored += 1
                    place = (workload["metadata"]["namespace"], workload["metadata"]["name"], port["containerPort"])
                    assert place in allowed or (pod.get("hostNetwork") and port["containerPort"] in nodes), place
    assert monitored >= 3


@every_rendering
def test_every_call_out_of_the_cluster_is_by_port_and_to_no_more_than_it_must(stack: str) -> None:
    for (_, name), spec in policies(stack).items():
        for rule in spec.get("egress", ()):
            if any("ipBlock" in peer for peer in rule["to"]):
                assert all("port" in port for port in rule["ports"]), f"{name} may call anybody at any port"


def test_production_is_reached_over_tls_and_with_a_sign_in() -> None:
    routes = {r["metadata"]["name"]: r["spec"] for r in of_kind("prod", "HTTPRoute")}
    assert set(routes) == {"grafana", "oauth2-proxy"}
    for name, spec in routes.items():
        (parent,) = spec["parentRefs"]
        assert (parent["name"], parent["sectionName"]) == ("public", "https"), name
        (backend,) = spec["rules"][0]["backendRefs"]
        admitted = policies("prod")[("observability", name)]["ingress"]
        assert any(
            backend["port"] in {p["port"] for p in rule["ports"]}
            and rule["from"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateway"}}}]
            for rule in admitted
        ), name
