"""What holds between the Kubernetes objects of every committed stack: references, ports, policies, hardening."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from components.naming import content_name
from tests.rendered import ROOT as ROOT_FOLDER
from tests.rendered import STACKS
from tests.validators.stacks import RENDERINGS, manifests, result

Manifest = dict[str, Any]
SERVING = ("DaemonSet", "Deployment", "StatefulSet")
WORKLOADS = ("CronJob", *SERVING)

every_stack = pytest.mark.parametrize("stack", STACKS)
every_rendering = pytest.mark.parametrize("stack", RENDERINGS)


def of_kind(stack: str, *kinds: str) -> list[Manifest]:
    found = [m for m in manifests(stack) if m["kind"] in kinds]
    assert found, f"{stack} has no {kinds}"
    return found


def pods(stack: str) -> Iterator[tuple[str, Manifest, Manifest]]:
    """Every container that serves or runs a job, with the name of its workload and its pod."""
    for workload in of_kind(stack, *WORKLOADS):
        pod = template(workload)["spec"]
        for container in pod["containers"]:
            yield f"{workload['kind']} {workload['metadata']['name']}", pod, container


def home(stack: str) -> str:
    """The namespace of everything but the agents of the nodes."""
    names = [n["metadata"]["name"] for n in of_kind(stack, "Namespace")]
    return str(next(name for name in names if not name.endswith("-host")))


def template(workload: Manifest) -> Manifest:
    spec: Manifest = workload["spec"].get("jobTemplate", workload)["spec"]
    found: Manifest = spec["template"]
    return found


ROOT, NETWORK = "is root", "shares the network of its node"
HOST_AGENTS = {
    "DaemonSet node-exporter": {"/", NETWORK},
    "DaemonSet otel-agent": {"/var/log/pods", "/var/lib/vigil-otel-agent", ROOT},
    "DaemonSet filebeat": {"/var/log/pods", "/var/lib/vigil-filebeat", ROOT},
}
"""What each agent of the nodes has of its node, and no other workload has anything of."""


@every_rendering
def test_every_pod_is_hardened(stack: str) -> None:
    for name, pod, container in pods(stack):
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True, name
        assert context["allowPrivilegeEscalation"] is False, name
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        assert pod["securityContext"]["runAsNonRoot"] is (ROOT not in HOST_AGENTS.get(name, ())), name
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["enableServiceLinks"] is False, name


@every_rendering
def test_only_named_agents_touch_their_host_and_have_exactly_what_they_need(stack: str) -> None:
    for name, pod, _ in pods(stack):
        touched = {volume["hostPath"]["path"] for volume in pod["volumes"] if "hostPath" in volume}
        touched |= {NETWORK} if pod.get("hostNetwork") or pod.get("hostPID") or pod.get("hostIPC") else set()
        touched |= {ROOT} if pod["securityContext"]["runAsUser"] == 0 else set()
        assert touched == HOST_AGENTS.get(name, set()), name


@every_rendering
def test_every_container_has_requests_and_a_pinned_image_and_what_serves_is_probed(stack: str) -> None:
    for name, _, container in pods(stack):
        serves = not name.startswith("CronJob ")
        assert ({"readinessProbe", "livenessProbe", "startupProbe"} <= set(container)) is serves, name
        ports = {port["name"] for port in container.get("ports", ())}
        for probe in ("readinessProbe", "livenessProbe", "startupProbe"):
            asked = container.get(probe, {})
            named = [asked[how]["port"] for how in ("httpGet", "tcpSocket") if how in asked]
            assert set(named) <= ports, f"{name}: {probe}"
        assert set(container["resources"]["requests"]) == {"cpu", "memory"}, name
        assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"], name
        assert container["image"].rsplit(":", 1)[1] not in ("", "latest"), name


@every_rendering
def test_no_secret_is_in_an_environment(stack: str) -> None:
    for name, _, container in pods(stack):
        for variable in container.get("env", ()):
            assert "secretKeyRef" not in str(variable), f"{name}: {variable['name']}"
        assert "envFrom" not in container, name


@every_stack
def test_a_token_is_mounted_only_where_the_api_is_read(stack: str) -> None:
    bound = {s["name"] for binding in of_kind(stack, "ClusterRoleBinding") for s in binding["subjects"]}
    mounting = {pod["serviceAccountName"] for _, pod, _ in pods(stack) if pod["automountServiceAccountToken"]}
    assert mounting == bound == {"kube-state-metrics", "otel-agent", "prometheus"}


@every_rendering
def test_what_is_read_of_the_api_is_no_secret_and_nothing_is_written(stack: str) -> None:
    for role in of_kind(stack, "ClusterRole"):
        for rule in role["rules"]:
            assert set(rule["verbs"]) <= {"get", "list", "watch"}, role["metadata"]["name"]
            assert not {"secrets", "configmaps", "*"} & set(rule.get("resources", ())), role["metadata"]["name"]


@every_rendering
def test_several_replicas_have_a_disruption_budget_and_spread_over_hosts(stack: str) -> None:
    budgets = {budget["metadata"]["name"] for budget in manifests(stack) if budget["kind"] == "PodDisruptionBudget"}
    scaled = {m["spec"]["scaleTargetRef"]["name"] for m in manifests(stack) if m["kind"] == "HorizontalPodAutoscaler"}
    replicas = {w["metadata"]["name"]: w["spec"].get("replicas", 1) for w in of_kind(stack, *SERVING)}
    several = {name for name, count in replicas.items() if count > 1} | scaled
    assert budgets == several
    for name, pod, _ in pods(stack):
        if name.split()[1] in several:
            spread = {c["topologyKey"]: c["whenUnsatisfiable"] for c in pod["topologySpreadConstraints"]}
            assert spread["kubernetes.io/hostname"] == "DoNotSchedule", name


def test_production_is_highly_available() -> None:
    replicas = {w["metadata"]["name"]: w["spec"].get("replicas") for w in of_kind("prod", "StatefulSet")}
    assert replicas["prometheus"] == 2
    assert replicas["alertmanager"] == 3


@every_rendering
def test_every_mount_has_its_volume_and_every_volume_its_source(stack: str) -> None:
    maps = {(m["metadata"]["namespace"], m["metadata"]["name"]): m for m in of_kind(stack, "ConfigMap")}
    used = set()
    for workload in of_kind(stack, *WORKLOADS):
        spec, namespace = workload["spec"], workload["metadata"]["namespace"]
        pod = template(workload)["spec"]
        claims = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
        volumes = [volume["name"] for volume in pod["volumes"]]
        assert len(volumes) == len(set(volumes)), workload["metadata"]["name"]
        containers = [*pod["containers"], *pod.get("initContainers", ())]
        mounted = {mount["name"] for container in containers for mount in container["volumeMounts"]}
        assert mounted == set(volumes) | claims, workload["metadata"]["name"]
        for volume in pod["volumes"]:
            if "configMap" in volume:
                source = maps[(namespace, volume["configMap"]["name"])]
                used.add((namespace, volume["configMap"]["name"]))
                for item in volume["configMap"].get("items", []):
                    assert item["key"] in {**source.get("data", {}), **source.get("binaryData", {})}
    assert used == set(maps), "a ConfigMap that nothing mounts"


_FILE_FLAGS = re.compile(r"--?[a-z.-]*config[a-z.-]*(?:file)?=(/\S+)")


@every_rendering
def test_every_config_file_that_an_argument_names_is_mounted_with_that_name(stack: str) -> None:
    named = 0
    for name, _, container in pods(stack):
        directory = result(stack).files
        for argument in container.get("args", ()):
            found = _FILE_FLAGS.fullmatch(argument)
            if found:
                named += 1
                assert f"mounted/{name.split()[1]}{found[1]}" in directory, f"{name}: {argument}"
    assert named >= 4


@every_rendering
def test_every_service_finds_pods_and_a_port(stack: str) -> None:
    templates = {(w["metadata"]["namespace"], w["metadata"]["name"]): template(w) for w in of_kind(stack, *SERVING)}
    for service in of_kind(stack, "Service"):
        matching = [
            t
            for (namespace, _), t in templates.items()
            if namespace == service["metadata"]["namespace"]
            and service["spec"]["selector"].items() <= t["metadata"]["labels"].items()
        ]
        assert len(matching) == 1, service["metadata"]["name"]
        containers = matching[0]["spec"]["containers"]
        ports = {p["name"]: p["containerPort"] for container in containers for p in container.get("ports", ())}
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"]
            assert len(port["name"]) <= 15, "a port's name is at most 15 characters long"


@every_rendering
def test_every_service_of_the_stack_that_a_configuration_names_is_there_with_that_port(stack: str) -> None:
    """Every host:port below the stack's own namespaces that stands in an argument or a mounted file."""
    services = {
        f"{s['metadata']['name']}.{s['metadata']['namespace']}.svc": {p["port"] for p in s["spec"]["ports"]}
        for s in of_kind(stack, "Service")
    }
    texts = [str(argument) for _, _, container in pods(stack) for argument in container.get("args", ())]
    texts += [
        text for path, text in result(stack).files.items() if path.startswith("mounted/") and isinstance(text, str)
    ]
    own = re.compile(rf"([a-z0-9.-]+\.{home(stack)}(?:-host)?\.svc)(?::(\d+))?")
    found = {match for text in texts for match in own.findall(text)}
    assert len(found) >= 3
    for host, port in found:
        # A pod of a StatefulSet, or a port by its name, before the name of the Service.
        host = re.sub(r"^(?:[a-z-]+-\d+|tcp)\.(?=[a-z0-9-]+-headless\.)", "", host)
        assert host in services, host
        assert not port or int(port) in services[host], f"{host}:{port}"


@every_rendering
def test_every_config_map_that_is_immutable_is_named_by_its_content(stack: str) -> None:
    fixed = [manifest for manifest in of_kind(stack, "ConfigMap") if manifest.get("immutable")]
    assert fixed
    for manifest in fixed:
        name = manifest["metadata"]["name"]
        content = {key: manifest[key] for key in ("data", "binaryData") if key in manifest}
        assert name == content_name(name.rsplit("-", 1)[0], content)


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


@every_stack
def test_every_mounted_secret_has_a_source(stack: str) -> None:
    made = {s["metadata"]["name"] for s in manifests(stack) if s["kind"] == "Secret"}
    referred = set(re.findall(r"kubernetes: \{secret: ([a-z-]+),", (ROOT_FOLDER / f"Pulumi.{stack}.yaml").read_text()))
    assert referred
    mounted = {v["secret"]["secretName"] for _, pod, _ in pods(stack) for v in pod["volumes"] if "secret" in v}
    assert mounted <= made | referred
    assert referred <= mounted, "a reference in the stack file that nothing reads"


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


@every_rendering
def test_a_service_is_not_waited_for_by_its_own_pods(stack: str) -> None:
    """The engine takes a Service for made once it has ready pods: pods that come after it would never come."""
    recording = result(stack).recording
    awaited = {
        s.urn for s in recording.of_type("kubernetes:core/v1:Service") if s.inputs["spec"].get("clusterIP") != "None"
    }
    assert awaited
    for kind in SERVING:
        for workload in recording.of_type(f"kubernetes:apps/v1:{kind}"):
            assert not awaited & set(workload.dependencies), workload.urn
