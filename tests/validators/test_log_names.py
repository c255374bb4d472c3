"""What a line's service is called: the rendered agent's own statements, run by the collector."""

from __future__ import annotations

from typing import Any

import pytest

from components.kubernetes import collector_agent
from tests.components.kubernetes.examples import IN_CLUSTER, service, serving
from tests.validators.otlp import attribute, stored_logs, wait_for

pytestmark = pytest.mark.validators

LABEL, INSTANCE = "k8s.pod.label.app.kubernetes.io/name", "k8s.pod.label.app.kubernetes.io/instance"
DECLARED, OURS = "chat-service", {"k8s.namespace.name": "apps"}
SHOP = {"service.name": "shop", INSTANCE: "shop"}
"""What Kubernetes makes of a release that says nothing else."""

CASES = {
    "a program of the stack": (
        {"service.name": "vigil", "k8s.namespace.name": "observability", "k8s.container.name": "thanos-sidecar"},
        "thanos-sidecar",
    ),
    "a release of that name elsewhere": (
        {"service.name": "vigil", "k8s.namespace.name": "other", "k8s.container.name": "app"},
        "vigil",
    ),
    "one of many in a release, by its label": ({**OURS, **SHOP, LABEL: DECLARED}, DECLARED),
    "one of many in a release, by its Deployment": (
        {**OURS, **SHOP, LABEL: "node-app", "k8s.deployment.name": DECLARED},
        DECLARED,
    ),
    "one of many in a release, by its StatefulSet": (
        {**OURS, **SHOP, "k8s.statefulset.name": DECLARED},
        DECLARED,
    ),
    "one of a release that is called as another": (
        {**OURS, "service.name": "api-gateway", INSTANCE: "api-gateway", "k8s.deployment.name": DECLARED},
        DECLARED,
    ),
    "a release that is called as its service": (
        {**OURS, "service.name": DECLARED, INSTANCE: DECLARED, LABEL: DECLARED},
        DECLARED,
    ),
    "a Kubernetes Service of another name": (
        {**OURS, **SHOP, "k8s.deployment.name": "shop-cart"},
        "cart",
    ),
    "a label that is declared and a chart's own name": (
        {**OURS, **SHOP, LABEL: DECLARED, "k8s.deployment.name": "shop-cart"},
        DECLARED,
    ),
    "a Kubernetes Service of another name, of pods without labels": (
        {**OURS, "service.name": "shop-cart", "k8s.statefulset.name": "shop-cart"},
        "cart",
    ),
    "a name that was given on purpose": (
        {**OURS, "service.name": "chat-worker", INSTANCE: "shop", LABEL: DECLARED},
        "chat-worker",
    ),
    "an SDK that was told no name": (
        {**OURS, "service.name": "unknown_service:java", INSTANCE: "shop", LABEL: DECLARED},
        DECLARED,
    ),
    "a label and a workload that are both declared": (
        {**OURS, **SHOP, LABEL: DECLARED, "k8s.deployment.name": "api-gateway"},
        DECLARED,
    ),
    "a name of its own that is declared": ({**OURS, "service.name": DECLARED, LABEL: "api-gateway"}, DECLARED),
    "no name, and one that is declared": ({**OURS, "k8s.daemonset.name": DECLARED}, DECLARED),
    "nothing that is declared": ({**OURS, **SHOP, "k8s.deployment.name": "wishlist"}, "shop"),
    "more than a declared name": ({**OURS, **SHOP, LABEL: f"{DECLARED}-canary"}, "shop"),
    "a declared name in another namespace": (
        {"k8s.namespace.name": "other", **SHOP, LABEL: DECLARED},
        "shop",
    ),
}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the agent calls the service of each case's line."""
    folder = tmp_path_factory.mktemp("agent")
    chart = {"kubernetes": {**IN_CLUSTER["kubernetes"], "service": "shop-cart"}}
    settings = serving(service(DECLARED), service("api-gateway"), service("cart", runs_on=chart))
    rendered = collector_agent.configuration(settings, "otel-gateway", "otel-agent", "observability-host")
    alone = {
        "extensions": {"health_check": rendered["extensions"]["health_check"]},
        "receivers": {"otlp": rendered["receivers"]["otlp"]},
        "processors": {"transform/service": rendered["processors"]["transform/service"]},
    }
    resources = [
        {
            "resource": {"attributes": [attribute(*each) for each in [("case", case), *given.items()]]},
            "scopeLogs": [{"logRecords": [{"body": {"stringValue": "line"}}]}],
        }
        for case, (given, _) in CASES.items()
    ]
    with stored_logs(folder / "collector.yaml", alone, folder) as (ports, store):
        ports[4318].post("/v1/logs", {"resourceLogs": resources})
        wait_for(20, lambda: len(store.logs) == len(CASES))
    return names_in(store.logs)


def names_in(logs: list[dict[str, Any]]) -> dict[str, str]:
    """The service of each case."""
    found = {}
    for each in logs:
        attributes = {a["key"]: a["value"]["stringValue"] for a in each["resource"]["attributes"]}
        found[attributes["case"]] = attributes["service.name"]
    return found


@pytest.mark.parametrize("case", CASES)
def test_a_line_is_called_by_the_name_under_which_its_service_is_watched(case: str, named: dict[str, str]) -> None:
    assert named[case] == CASES[case][1]
