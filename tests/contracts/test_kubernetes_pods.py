"""What holds of every pod of a rendered stack: hardening, requests, probes, replicas, and what it may have of its node and
of the API."""

from __future__ import annotations

from tests.contracts.kubernetes_objects import SERVING, every_rendering, every_stack, of_kind, pods
from tests.validators.stacks import manifests

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
