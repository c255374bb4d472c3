"""The rendered stacks before the real programs: Prometheus, Alertmanager, a Kubernetes API server."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alert_rules import yaml12
from alert_rules.model import Severity
from tests import rendered
from tests.rendered import STACKS
from tests.validators import amtool, promtool, servers
from tests.validators.apiserver import ApiServer

every_stack = pytest.mark.parametrize("stack", STACKS)

PROMETHEUS = "mounted/prometheus/etc/prometheus/config/prometheus.yaml"
ALERTMANAGER = "mounted/alertmanager/etc/alertmanager/alertmanager.yaml"


@every_stack
def test_a_real_api_server_takes_every_object_and_changes_nothing_the_second_time(stack: str) -> None:
    manifests = rendered.manifests(stack)
    host = [m for m in manifests if m["metadata"].get("namespace") == "observability-host"]
    with ApiServer() as server:
        server.apply(*manifests)
        server.assert_apply_is_stable(*manifests)
        server.admit_pod_templates([m for m in manifests if m not in host], level="restricted")
        server.admit_pod_templates(host, level="privileged")


@every_stack
def test_promtool_takes_the_mounted_configuration_and_rules(stack: str, tmp_path: Path) -> None:
    tree = rendered.written(stack, tmp_path)
    promtool.check_config(tree / PROMETHEUS)
    promtool.check_rules(*sorted((tree / "mounted/prometheus/etc/prometheus/rules").glob("*.yaml")))


@every_stack
def test_amtool_takes_the_mounted_configuration(stack: str, tmp_path: Path) -> None:
    amtool.check_config(rendered.written(stack, tmp_path) / ALERTMANAGER)


@every_stack
@pytest.mark.parametrize("severity", list(Severity))
@pytest.mark.parametrize("service", ["chat-service", "redis"])
def test_an_alert_goes_to_the_receiver_of_its_severity(stack: str, severity: str, service: str, tmp_path: Path) -> None:
    config = rendered.written(stack, tmp_path) / ALERTMANAGER
    assert amtool.route(config, severity=severity, service=service) == [severity]


@every_stack
def test_an_alert_of_a_severity_that_is_none_of_ours_is_not_lost(stack: str, tmp_path: Path) -> None:
    config = rendered.written(stack, tmp_path) / ALERTMANAGER
    assert amtool.route(config, severity="Warning", service="redis") == ["high"]


def receivers(stack: str) -> dict[str, set[str]]:
    content = yaml12.load(str(rendered.stack(stack).files[ALERTMANAGER]))
    return {r["name"]: {kind.removesuffix("_configs") for kind in r if kind != "name"} for r in content["receivers"]}


def test_production_tells_of_what_is_urgent_by_two_roads_and_pages_for_critical_alone() -> None:
    assert receivers("prod") == {
        "critical": {"sns", "pagerduty", "email"},
        "high": {"sns", "email"},
        "medium": {"sns"},
        "low": {"sns"},
        "info": {"sns"},
    }


def test_a_real_alertmanager_runs_the_mounted_configuration_and_mutes_in_maintenance(tmp_path: Path) -> None:
    tree = rendered.written("prod", tmp_path)
    # The image has no time zone database of its own: the mounted one is all it gets.
    zones = {"ZONEINFO": str(tree / "mounted/alertmanager/etc/zoneinfo")}
    with servers.alertmanager(readable(tree / ALERTMANAGER, tmp_path), variables=zones) as server:
        running = server.get("/api/v2/status")["config"]["original"]
    assert "database-patching" in running
    assert "Europe/Dublin" in running


def readable(config: Path, folder: Path) -> Path:
    """The configuration with its secret files in a folder of this machine."""
    text = config.read_text(encoding="utf-8")
    for path in set(re.findall(r"/etc/vigil/secrets/\S+", text)):
        local = folder / path.strip("/").replace("/", "-")
        local.write_text("s3cret", encoding="utf-8")
        text = text.replace(path, str(local))
    config.write_text(text, encoding="utf-8")
    return config


@every_stack
def test_a_real_prometheus_runs_the_mounted_configuration(stack: str, tmp_path: Path) -> None:
    config = rendered.written(stack, tmp_path) / PROMETHEUS
    content = yaml12.load(config.read_text(encoding="utf-8"))
    # Outside a cluster there is no Kubernetes to discover from; the rest is run as it is.
    for job in content["scrape_configs"]:
        job.pop("kubernetes_sd_configs", None)
    config.write_text(yaml12.dump(content), encoding="utf-8")
    with servers.prometheus(config, variables={"POD_NAME": "prometheus-0"}) as server:
        groups = server.get("/api/v1/rules")["data"]["groups"]
        running = yaml12.load(server.get("/api/v1/status/config")["data"]["yaml"])
    rules = [rule["name"] for group in groups for rule in group["rules"]]
    assert sorted(rules) == sorted(
        alert["alert"] for alert in rendered.stack(stack).alerts if alert["source"].startswith("Prometheus")
    )
    assert running["global"]["external_labels"] == {"environment": stack, "replica": "prometheus-0"}
