"""What holds between the Kubernetes objects of every committed stack: references, ports, policies, hardening."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from components.naming import content_name
from tests import rendered
from tests.rendered import STACKS

Manifest = dict[str, Any]
WORKLOADS = ("DaemonSet", "Deployment", "StatefulSet")

every_stack = pytest.mark.parametrize("stack", STACKS)


def of_kind(stack: str, *kinds: str) -> list[Manifest]:
    found = [m for m in rendered.manifests(stack) if m["kind"] in kinds]
    assert found, f"{stack} has no {kinds}"
    return found


def pods(stack: str) -> Iterator[tuple[str, Manifest, Manifest]]:
    for workload in of_kind(stack, *WORKLOADS):
        pod = workload["spec"]["template"]["spec"]
        yield f"{workload['kind']} {workload['metadata']['name']}", pod, pod["containers"][0]


HOST_AGENTS = {"DaemonSet node-exporter": "reads /proc, /sys, mounts and network interfaces of the node itself"}


@every_stack
def test_every_pod_is_hardened(stack: str) -> None:
    for name, pod, container in pods(stack):
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True, name
        assert context["allowPrivilegeEscalation"] is False, name
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        assert pod["securityContext"]["runAsNonRoot"] is True, name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["enableServiceLinks"] is False, name


@every_stack
def test_only_named_agents_touch_their_host(stack: str) -> None:
    for name, pod, _ in pods(stack):
        touches = pod.get("hostNetwork") or pod.get("hostPID") or any("hostPath" in v for v in pod["volumes"])
        assert bool(touches) == (name in HOST_AGENTS), name


@every_stack
def test_every_container_has_probes_requests_and_a_pinned_image(stack: str) -> None:
    for name, _, container in pods(stack):
        assert {"readinessProbe", "livenessProbe", "startupProbe"} <= set(container), name
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}, name
        assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"], name
        assert container["image"].rsplit(":", 1)[1] not in ("", "latest"), name


@every_stack
def test_a_token_is_mounted_only_where_the_api_is_read(stack: str) -> None:
    bound = {s["name"] for binding in of_kind(stack, "ClusterRoleBinding") for s in binding["subjects"]}
    mounting = {pod["serviceAccountName"] for _, pod, _ in pods(stack) if pod["automountServiceAccountToken"]}
    assert mounting == bound == {"kube-state-metrics", "prometheus"}


@every_stack
def test_several_replicas_have_a_disruption_budget_and_spread_over_hosts(stack: str) -> None:
    budgets = {
        budget["metadata"]["name"] for budget in rendered.manifests(stack) if budget["kind"] == "PodDisruptionBudget"
    }
    several = {w["metadata"]["name"] for w in of_kind(stack, *WORKLOADS) if w["spec"].get("replicas", 1) > 1}
    assert budgets == several
    for name, pod, _ in pods(stack):
        if name.split()[1] in several:
            spread = {c["topologyKey"]: c["whenUnsatisfiable"] for c in pod["topologySpreadConstraints"]}
            assert spread["kubernetes.io/hostname"] == "DoNotSchedule", name


def test_production_is_highly_available() -> None:
    replicas = {w["metadata"]["name"]: w["spec"].get("replicas") for w in of_kind("prod", "StatefulSet")}
    assert replicas["prometheus"] == 2
    assert replicas["alertmanager"] == 3


@every_stack
def test_every_mount_has_its_volume_and_every_volume_its_source(stack: str) -> None:
    maps = {(m["metadata"]["namespace"], m["metadata"]["name"]): m for m in of_kind(stack, "ConfigMap")}
    used = set()
    for workload in of_kind(stack, *WORKLOADS):
        spec, namespace = workload["spec"], workload["metadata"]["namespace"]
        pod = spec["template"]["spec"]
        claims = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
        volumes = {volume["name"] for volume in pod["volumes"]}
        assert {mount["name"] for mount in pod["containers"][0]["volumeMounts"]} == volumes | claims
        for volume in pod["volumes"]:
            if "configMap" in volume:
                source = maps[(namespace, volume["configMap"]["name"])]
                used.add((namespace, volume["configMap"]["name"]))
                for item in volume["configMap"].get("items", []):
                    assert item["key"] in {**source.get("data", {}), **source.get("binaryData", {})}
    assert used == set(maps), "a ConfigMap that nothing mounts"


@every_stack
def test_every_config_file_that_an_argument_names_is_mounted(stack: str) -> None:
    for name, _, container in pods(stack):
        directories = [mount["mountPath"] for mount in container["volumeMounts"]]
        for argument in container["args"]:
            if argument.startswith(("--config.file=", "--config=")):
                path = argument.split("=", 1)[1]
                assert any(path.startswith(f"{directory}/") for directory in directories), f"{name}: {path}"


@every_stack
def test_every_service_finds_pods_and_a_port(stack: str) -> None:
    templates = {
        (w["metadata"]["namespace"], w["metadata"]["name"]): w["spec"]["template"] for w in of_kind(stack, *WORKLOADS)
    }
    for service in of_kind(stack, "Service"):
        matching = [
            t
            for (namespace, _), t in templates.items()
            if namespace == service["metadata"]["namespace"]
            and service["spec"]["selector"].items() <= t["metadata"]["labels"].items()
        ]
        assert len(matching) == 1, service["metadata"]["name"]
        ports = {p["name"]: p["containerPort"] for p in matching[0]["spec"]["containers"][0]["ports"]}
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"]


@every_stack
def test_every_config_map_that_is_immutable_is_named_by_its_content(stack: str) -> None:
    fixed = [manifest for manifest in of_kind(stack, "ConfigMap") if manifest.get("immutable")]
    assert fixed
    for manifest in fixed:
        name = manifest["metadata"]["name"]
        content = {key: manifest[key] for key in ("data", "binaryData") if key in manifest}
        assert name == content_name(name.rsplit("-", 1)[0], content)


def policies(stack: str) -> dict[tuple[str, str], Manifest]:
    return {(p["metadata"]["namespace"], p["metadata"]["name"]): p["spec"] for p in of_kind(stack, "NetworkPolicy")}


@every_stack
def test_every_namespace_denies_what_is_not_allowed_and_lets_names_be_resolved(stack: str) -> None:
    for namespace in of_kind(stack, "Namespace"):
        name = namespace["metadata"]["name"]
        deny = policies(stack)[(name, "default-deny")]
        assert deny == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
        dns = policies(stack)[(name, "allow-dns")]["egress"][0]
        assert {(p["port"], p["protocol"]) for p in dns["ports"]} == {(53, "UDP"), (53, "TCP")}


@every_stack
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
    assert len(out) >= 6


def named(peers: list[Manifest]) -> list[tuple[str, str]]:
    return [
        (
            p["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"],
            p["podSelector"]["matchLabels"]["app.kubernetes.io/name"],
        )
        for p in peers
        if "podSelector" in p
    ]


@every_stack
def test_prometheus_may_reach_everything_it_scrapes_and_tells(stack: str) -> None:
    allowed = set()
    for rule in policies(stack)[("observability", "prometheus")]["egress"]:
        allowed |= {(*other, p["port"]) for other in named(rule["to"]) for p in rule["ports"]}
    monitored = {
        (
            w["metadata"]["namespace"],
            w["metadata"]["name"],
            w["spec"]["template"]["spec"]["containers"][0]["ports"][0]["containerPort"],
        )
        for w in of_kind(stack, *WORKLOADS)
        if not w["spec"]["template"]["spec"].get("hostNetwork")
    }
    assert monitored <= allowed


@every_stack
def test_every_mounted_secret_has_a_source(stack: str) -> None:
    made = {s["metadata"]["name"] for s in rendered.manifests(stack) if s["kind"] == "Secret"}
    named_in_settings = {"grafana-admin", "alertmanager-receivers"}
    for name, pod, _ in pods(stack):
        for volume in pod["volumes"]:
            if "secret" in volume:
                assert volume["secret"]["secretName"] in made | named_in_settings, name
