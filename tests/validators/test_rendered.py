"""What every rendering mounts, before the programs that read it: Prometheus and Alertmanager."""

from __future__ import annotations

from pathlib import Path

import pytest

from alert_rules import yaml12
from alert_rules.model import Severity
from tests import rendered
from tests.rendered import STACKS
from tests.validators import amtool, promtool, servers
from tests.validators.stacks import every_rendering, tree, with_service_account

every_stack = pytest.mark.parametrize("stack", STACKS)

PROMETHEUS = "mounted/prometheus/etc/prometheus/config/prometheus.yaml"
ALERTMANAGER = "mounted/alertmanager/etc/alertmanager/alertmanager.yaml"


@every_rendering
def test_promtool_takes_the_mounted_configuration_and_rules_of_every_shard(name: str, tmp_path: Path) -> None:
    folder = tree(name, tmp_path)
    shards = sorted((folder / "mounted").glob("prometheus*"))
    assert shards
    for shard in shards:
        promtool.check_config(with_service_account(shard / "etc/prometheus/config/prometheus.yaml", tmp_path))
        promtool.check_rules(*sorted((shard / "etc/prometheus/rules").glob("*.yaml")))


@every_rendering
def test_amtool_takes_the_mounted_configuration(name: str, tmp_path: Path) -> None:
    amtool.check_config(tree(name, tmp_path) / ALERTMANAGER)


@every_rendering
def test_the_alert_that_always_fires_goes_to_the_dead_mans_switch_and_nowhere_else(name: str, tmp_path: Path) -> None:
    config = tree(name, tmp_path) / ALERTMANAGER
    watchdog = {"alertname": "Watchdog", "severity": "info", "service": "prometheus", "team": "platform"}
    assert amtool.route(config, **watchdog) == ["heartbeat"]


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
        "heartbeat": {"sns"},
    }


def test_a_real_alertmanager_runs_the_mounted_configuration_and_mutes_in_maintenance(tmp_path: Path) -> None:
    folder = tree("prod", tmp_path)
    # The image has no time zone database of its own: the mounted one is all it gets.
    zones = {"ZONEINFO": str(folder / "mounted/alertmanager/etc/zoneinfo")}
    with servers.alertmanager(folder / ALERTMANAGER, variables=zones) as server:
        running = server.get("/api/v2/status")["config"]["original"]
    assert "database-patching" in running
    assert "Europe/Dublin" in running


@every_stack
def test_a_real_prometheus_runs_the_mounted_configuration(stack: str, tmp_path: Path) -> None:
    config = with_service_account(rendered.written(stack, tmp_path) / PROMETHEUS, tmp_path)
    content = yaml12.load(config.read_text(encoding="utf-8"))
    # Outside a cluster there is no Kubernetes to discover from; the rest is run as it is.
    for job in content["scrape_configs"]:
        job.pop("kubernetes_sd_configs", None)
    config.write_text(yaml12.dump(content), encoding="utf-8")
    with servers.prometheus(config, variables={"POD_NAME": "prometheus-0"}) as server:
        groups = server.get("/api/v1/rules")["data"]["groups"]
        running = yaml12.load(server.get("/api/v1/status/config")["data"]["yaml"])
    evaluated = [rule for group in groups for rule in group["rules"]]
    assert {rule["name"]: rule["lastError"] for rule in evaluated if rule.get("lastError")} == {}
    rules = [rule["name"] for rule in evaluated if rule["type"] == "alerting"]
    assert sorted(rules) == sorted(
        alert["alert"] for alert in rendered.stack(stack).alerts if alert["source"].startswith("Prometheus")
    )
    assert running["global"]["external_labels"] == {"environment": stack, "replica": "prometheus-0"}
