"""Each validator passes what is right and fails what is wrong: a judge that never says no proves nothing."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.validators import amtool, binaries, promtool, servers
from tests.validators.apiserver import ENFORCE_LABEL, ApiServer
from tests.validators.pod_templates import pods_of

GOOD_EXPRESSION = "up == 0"
BAD_EXPRESSION = "sum(up"

ALERTMANAGER_CONFIG = """
route:
  receiver: default
  routes:
    - {receiver: paging, matchers: ['severity="critical"'], continue: true}
    - {receiver: payments, matchers: ['team=~"pay.*"']}
receivers: [{name: default}, {name: paging}, {name: payments}]
"""

NAMESPACE_MANIFEST = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "validators"}}

CONTAINER = {
    "name": "main",
    "image": "registry.invalid/app:1",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    },
    "volumeMounts": [{"name": "data", "mountPath": "/data"}],
}

STATEFUL_SET: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {"name": "app", "namespace": "validators"},
    "spec": {
        "serviceName": "app",
        "selector": {"matchLabels": {"app": "app"}},
        "template": {"metadata": {"labels": {"app": "app"}}, "spec": {"containers": [CONTAINER]}},
        "volumeClaimTemplates": [
            {
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
            }
        ],
    },
}


def rules(expression: str, copies: int = 1) -> str:
    """Return a rule file with one alert on the expression, so many times over."""
    rule = {"alert": "TargetDown", "expr": expression, "labels": {"severity": "high"}}
    return json.dumps({"groups": [{"name": "targets", "rules": [rule] * copies}]})


def rule_test(fires_at: str) -> str:
    """Return a rule test that expects the alert at a time when `up` has just become 0 at 2m."""
    expected = [{"exp_labels": {"severity": "high", "job": "app"}}]
    series = [{"series": 'up{job="app"}', "values": "1 1 0"}]
    check = {"eval_time": fires_at, "alertname": "TargetDown", "exp_alerts": expected}
    case = {"interval": "1m", "input_series": series, "alert_rule_test": [check]}
    return json.dumps({"rule_files": ["rules.yml"], "tests": [case]})


def prometheus_config(**more: Any) -> str:
    """Return a Prometheus configuration that takes its rules from rules.yml."""
    return json.dumps({"global": {"scrape_interval": "15s"}, "rule_files": ["rules.yml"], **more})


def privileged(workload: dict[str, Any]) -> dict[str, Any]:
    """Return the workload with a container that has the run of its node."""
    changed = copy.deepcopy(workload)
    changed["spec"]["template"]["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    return changed


@pytest.fixture
def alertmanager_config(tmp_path: Path) -> Path:
    file = tmp_path / "alertmanager.yml"
    file.write_text(ALERTMANAGER_CONFIG)
    return file


@pytest.fixture(scope="module")
def restricted(api_server: ApiServer) -> ApiServer:
    """The API server with the namespace `validators`, which enforces the restricted level."""
    labels = {ENFORCE_LABEL: "restricted"}
    api_server.apply({**NAMESPACE_MANIFEST, "metadata": {"name": "validators", "labels": labels}})
    return api_server


def test_a_missing_tool_fails_in_ci_and_skips_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="make tools"):
        binaries.find("no-such-tool")
    monkeypatch.delenv("CI")
    with pytest.raises(pytest.skip.Exception, match="VALIDATOR MISSING"):
        binaries.find("no-such-tool")


def test_promtool_accepts_good_rules_and_shows_what_is_wrong_with_bad_ones(tmp_path: Path) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(rules(GOOD_EXPRESSION))
    assert "1 rules found" in promtool.check_rules(file)
    file.write_text(rules(BAD_EXPRESSION))
    with pytest.raises(AssertionError, match="unclosed left parenthesis"):
        promtool.check_rules(file)


def test_promtool_fails_on_lint_findings(tmp_path: Path) -> None:
    file = tmp_path / "rules.yml"
    file.write_text(rules(GOOD_EXPRESSION, copies=2))
    with pytest.raises(AssertionError, match="duplicate rule"):
        promtool.check_rules(file)


def test_promtool_checks_a_configuration_with_its_rules(tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    (tmp_path / "rules.yml").write_text(rules(GOOD_EXPRESSION))
    config.write_text(prometheus_config())
    assert "1 rules found" in promtool.check_config(tmp_path)
    config.write_text(prometheus_config(scrape_configs=[{"job_name": "app", "metrics_paht": "/"}]))
    with pytest.raises(AssertionError, match="metrics_paht"):
        promtool.check_config(config)
    config.write_text(prometheus_config(scrape_configs=[{"job_name": "app", "scrape_interval": "10m"}]))
    with pytest.raises(AssertionError, match="long scrape interval"):
        promtool.check_config(config)


def test_promtool_fails_on_a_warning_that_it_passes_itself(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(rules(GOOD_EXPRESSION))
    discovery = {"job_name": "app", "file_sd_configs": [{"files": ["missing.json"]}]}
    (tmp_path / "prometheus.yml").write_text(prometheus_config(scrape_configs=[discovery]))
    with pytest.raises(AssertionError, match=r"missing\.json"):
        promtool.check_config(tmp_path)


def test_promtool_runs_rule_tests(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(rules(GOOD_EXPRESSION))
    file = tmp_path / "rules_test.yml"
    file.write_text(rule_test(fires_at="2m"))
    promtool.test_rules(file)
    file.write_text(rule_test(fires_at="1m"))
    with pytest.raises(AssertionError, match="TargetDown"):
        promtool.test_rules(file)


def test_amtool_accepts_a_good_configuration_and_rejects_a_bad_one(alertmanager_config: Path) -> None:
    assert "3 receivers" in amtool.check_config(alertmanager_config)
    alertmanager_config.write_text(ALERTMANAGER_CONFIG.replace("receiver: default", "receiver: nobody"))
    with pytest.raises(AssertionError, match="nobody"):
        amtool.check_config(alertmanager_config)


def test_amtool_names_the_receivers_of_an_alert_in_order(alertmanager_config: Path) -> None:
    assert amtool.route(alertmanager_config, severity="critical", team="payments") == ["paging", "payments"]
    assert amtool.route(alertmanager_config, severity="low", team="shop floor") == ["default"]


def test_prometheus_serves_the_configuration_it_was_given(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(rules(GOOD_EXPRESSION))
    config = tmp_path / "prometheus.yml"
    config.write_text(prometheus_config())
    with servers.prometheus(config) as server:
        groups = server.get("/api/v1/rules")["data"]["groups"]
    assert [group["name"] for group in groups] == ["targets"]
    assert not server.answers("/-/ready"), "the server outlived its block"


def test_alertmanager_takes_an_alert_and_routes_it(alertmanager_config: Path) -> None:
    with servers.alertmanager(alertmanager_config) as server:
        server.post("/api/v2/alerts", [{"labels": {"alertname": "Down", "severity": "critical"}}])
        (alert,) = server.get("/api/v2/alerts")
    assert [receiver["name"] for receiver in alert["receivers"]] == ["paging"]


def test_a_refused_request_shows_the_answer(alertmanager_config: Path) -> None:
    with (
        servers.alertmanager(alertmanager_config) as server,
        pytest.raises(AssertionError, match=r"answered 400: .*label"),
    ):
        server.post("/api/v2/alerts", [{"labels": {}}])


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    config = tmp_path / "prometheus.yml"
    config.write_text("no_such_section: {}")
    with pytest.raises(AssertionError, match="no_such_section"), servers.prometheus(config):
        pass


def test_the_api_server_is_the_pinned_version(api_server: ApiServer) -> None:
    pinned = (binaries.ROOT / "tools" / "kubernetes" / "go.mod").read_text()
    version = json.loads(api_server.kubectl("get", "--raw=/version"))["gitVersion"]
    assert f"k8s.io/kubernetes {version}" in pinned


def test_the_api_server_stores_a_good_workload(restricted: ApiServer) -> None:
    restricted.apply(STATEFUL_SET)
    stored = restricted.get("statefulset", "app", "validators")
    assert stored["spec"]["replicas"] == 1, "the server fills defaults in"


def test_applying_files_and_objects_again_changes_nothing(restricted: ApiServer, tmp_path: Path) -> None:
    file = tmp_path / "config-map.yaml"
    file.write_text("{apiVersion: v1, kind: ConfigMap, metadata: {name: app}, data: {key: value}}")
    restricted.assert_apply_is_stable(STATEFUL_SET, file, namespace="validators")
    assert restricted.get("configmap", "app", "validators")["data"] == {"key": "value"}


def test_the_api_server_rejects_an_unknown_field(restricted: ApiServer) -> None:
    misspelt = {**STATEFUL_SET, "spec": {**STATEFUL_SET["spec"], "replica": 2}}
    with pytest.raises(AssertionError, match=r"\.spec\.replica"):
        restricted.apply(misspelt)


def test_the_api_server_rejects_a_wrong_value(restricted: ApiServer) -> None:
    wrong = {**STATEFUL_SET, "spec": {**STATEFUL_SET["spec"], "selector": {"matchLabels": {"app": "other"}}}}
    wrong["metadata"] = {"name": "wrong", "namespace": "validators"}
    with pytest.raises(AssertionError, match="selector"):
        restricted.apply(wrong)


def test_restricted_admission_passes_a_hardened_template(restricted: ApiServer) -> None:
    assert restricted.admit_pod_templates([NAMESPACE_MANIFEST, STATEFUL_SET]) == ["statefulset-app"]


def test_restricted_admission_refuses_a_privileged_template(restricted: ApiServer) -> None:
    with pytest.raises(AssertionError, match='violates PodSecurity "restricted'):
        restricted.admit_pod_templates([privileged(STATEFUL_SET)])


def test_restricted_admission_refuses_a_privileged_pod(restricted: ApiServer) -> None:
    (pod,) = pods_of([privileged(STATEFUL_SET)])
    with pytest.raises(AssertionError, match=r"must not set securityContext\.privileged=true"):
        restricted.dry_run_pod(pod, "validators")


def test_a_pod_security_warning_fails_too(api_server: ApiServer) -> None:
    labels = {ENFORCE_LABEL: "privileged", "pod-security.kubernetes.io/warn": "restricted"}
    api_server.apply({**NAMESPACE_MANIFEST, "metadata": {"name": "warned", "labels": labels}})
    workload = {**privileged(STATEFUL_SET), "metadata": {"name": "app", "namespace": "warned"}}
    with pytest.raises(AssertionError, match='would violate PodSecurity "restricted'):
        api_server.admit_pod_templates([workload], level="privileged")


def test_a_privileged_namespace_admits_a_privileged_template(api_server: ApiServer) -> None:
    labels = {ENFORCE_LABEL: "privileged"}
    api_server.apply({**NAMESPACE_MANIFEST, "metadata": {"name": "nodes", "labels": labels}})
    workload = {**privileged(STATEFUL_SET), "metadata": {"name": "app", "namespace": "nodes"}}
    assert api_server.admit_pod_templates([workload], level="privileged") == ["statefulset-app"]


def test_admission_reports_every_refused_template_at_once(restricted: ApiServer) -> None:
    job = privileged(STATEFUL_SET) | {"kind": "Job", "metadata": {"name": "once", "namespace": "validators"}}
    with pytest.raises(AssertionError) as refused:
        restricted.admit_pod_templates([privileged(STATEFUL_SET), job])
    assert "statefulset-app" in str(refused.value)
    assert "job-once" in str(refused.value)


def test_admission_in_a_namespace_that_enforces_nothing_is_no_proof(api_server: ApiServer) -> None:
    elsewhere = {**STATEFUL_SET, "metadata": {"name": "app", "namespace": "default"}}
    with pytest.raises(AssertionError, match="expected restricted"):
        api_server.admit_pod_templates([elsewhere])
