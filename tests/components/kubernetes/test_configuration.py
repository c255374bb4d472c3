"""The pure functions from settings to configuration."""

from __future__ import annotations

import re
from typing import Any

import pytest

from alert_rules import yaml12
from alert_rules.model import Severity
from alert_rules.quantities import Unit, parse
from components.kubernetes import alertmanager, exporters, grafana, network, prometheus, scraping
from components.kubernetes.half import workloads
from components.kubernetes.pod import pod
from components.kubernetes.spec import ConfigFiles
from components.kubernetes.workload import workload
from components.settings.model import Settings
from tests.settings.examples import parsed

IN_CLUSTER = {"kubernetes": {"namespace": "apps"}}
TOPICS = {severity: f"arn:aws:sns:eu-west-1:1:{severity}" for severity in Severity}
KUBERNETES_SECRET = {"kubernetes": {"secret": "s", "key": "k"}}


def service(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "team": "t", "runs_on": IN_CLUSTER, **more}


def without_aws(**changes: Any) -> Settings:
    in_cluster = [service("a", metrics={"port": 80})]
    return parsed(
        "prod",
        aws={"enabled": False},
        services=in_cluster,
        resources=[],
        maintenance=[],
        slack_bot_token=KUBERNETES_SECRET,
        **changes,
    )


def routing(settings: Settings, topics: dict[Severity, str] | None = None) -> dict[str, Any]:
    content: dict[str, Any] = yaml12.load(alertmanager.configuration(settings, topics or {}, "eu-west-1"))
    return content


def test_services_of_one_interval_share_a_job_however_many_they_are() -> None:
    services = [
        service(f"s{i}", metrics={"port": 8000 + i % 3, "interval": "10s" if i % 2 else "30s"}) for i in range(100)
    ]
    jobs = scraping.service_jobs(parsed("prod", services=services, resources=[], maintenance=[]).services)
    assert [(job["job_name"], job["scrape_interval"], job["scrape_timeout"]) for job in jobs] == [
        ("services-10s", "10s", "10s"),
        ("services-30s", "30s", "10s"),
    ]


def relabelled(job: dict[str, Any], meta: dict[str, str]) -> dict[str, str] | None:
    """The labels that Prometheus gives a target, by its relabelling rules; None where it drops the target."""
    labels = dict(meta)
    for rule in job["relabel_configs"]:
        value = ";".join(labels.get(name, "") for name in rule.get("source_labels", []))
        match = re.fullmatch(rule.get("regex", "(.*)"), value)
        action = rule.get("action", "replace")
        if (action == "keep" and not match) or (action == "drop" and match):
            return None
        if action == "replace" and match:
            labels[rule["target_label"]] = match.expand(rule.get("replacement", "$1").replace("$1", r"\1"))
    return {name: value for name, value in labels.items() if not name.startswith("__meta_")}


def meta(namespace: str, name: str, **more: str) -> dict[str, str]:
    prefix = "__meta_kubernetes_"
    ready = "endpointslice_endpoint_conditions_ready"
    values = {
        "namespace": namespace,
        "service_name": name,
        "pod_ip": "10.0.0.7",
        "pod_name": f"{name}-0",
        ready: "true",
    }
    return {prefix + key: value for key, value in {**values, **more}.items()}


def the_job(*services: dict[str, Any]) -> dict[str, Any]:
    return scraping.service_jobs(parsed("prod", services=list(services), resources=[], maintenance=[]).services)[0]


def test_a_target_gets_the_closed_set_of_labels_and_its_pods_own_address() -> None:
    job = the_job(service("chat", metrics={"port": 8016}), service("auth", metrics={"port": 8015}))
    assert relabelled(job, meta("apps", "chat")) == {
        "service": "chat",
        "team": "t",
        "job": "chat",
        "instance": "chat-0",
        "__address__": "10.0.0.7:8016",
    }


def test_the_address_of_a_pod_may_be_of_either_family() -> None:
    labels = relabelled(the_job(service("chat", metrics={"port": 8016})), meta("apps", "chat", pod_ip="fd00::5"))
    assert labels is not None and labels["__address__"] == "[fd00::5]:8016"


def test_a_pod_that_is_not_ready_is_scraped_so_that_a_crash_loop_pages() -> None:
    job = the_job(service("chat", metrics={"port": 80}))
    assert relabelled(job, meta("apps", "chat", endpointslice_endpoint_conditions_ready="false")) is not None


def test_paths_that_look_alike_do_not_share_a_job_name() -> None:
    services = [
        service(f"s{i}", metrics={"port": 80, "path": path}) for i, path in enumerate(("/a/metrics", "/a-metrics"))
    ]
    jobs = scraping.service_jobs(parsed("prod", services=services, resources=[], maintenance=[]).services)
    assert len({job["job_name"] for job in jobs}) == 2


def test_only_node_exporters_series_are_labelled_with_the_node_they_come_from() -> None:
    job = scraping.monitoring_job(["observability"], "platform")
    found = {
        "__meta_kubernetes_pod_label_app_kubernetes_io_part_of": "vigil",
        "__meta_kubernetes_pod_container_port_name": "http",
    }
    for name, node in (("node-exporter", "n1"), ("kube-state-metrics", None)):
        pod_labels = {
            "__meta_kubernetes_pod_label_app_kubernetes_io_name": name,
            "__meta_kubernetes_pod_node_name": "n1",
        }
        labels = relabelled(job, found | pod_labels)
        assert labels is not None and labels.get("node") == node


def test_a_service_may_be_named_otherwise_than_its_kubernetes_service() -> None:
    own_name = {"kubernetes": {"namespace": "apps", "service": "chat-v2"}}
    job = the_job({"name": "chat", "team": "t", "runs_on": own_name, "metrics": {"port": 80}})
    labels = relabelled(job, meta("apps", "chat-v2"))
    assert labels is not None
    assert (labels["service"], labels["job"]) == ("chat", "chat")


@pytest.mark.parametrize(
    "found",
    [
        meta("other", "chat"),
        meta("apps", "chat-2"),
        meta("apps", "chat", endpointslice_endpoint_conditions_terminating="true"),
        meta("apps", "chat", pod_ip=""),
        # What Prometheus adds for a container port that the Service does not have carries no conditions.
        meta("apps", "chat", endpointslice_endpoint_conditions_ready=""),
    ],
)
def test_what_is_not_declared_or_is_going_away_is_not_scraped(found: dict[str, str]) -> None:
    assert relabelled(the_job(service("chat", metrics={"port": 80})), found) is None


def test_a_probe_asks_the_kubernetes_service_through_the_exporter() -> None:
    settings = parsed(
        "prod", services=[service("a", probe={"port": 80, "path": "/healthz"})], resources=[], maintenance=[]
    )
    job = scraping.probe_job(settings.services, exporters.blackbox_address(settings))
    assert job is not None
    assert job["static_configs"] == [
        {"targets": ["http://a.apps.svc:80/healthz"], "labels": {"service": "a", "team": "t"}}
    ]
    assert job["relabel_configs"][-1]["replacement"] == "blackbox-exporter.observability.svc:9115"


def test_without_probes_there_is_no_probe_job() -> None:
    settings = parsed("prod", services=[service("a", metrics={"port": 80})], resources=[], maintenance=[])
    assert "probes" not in {job["job_name"] for job in prometheus.configuration(settings)["scrape_configs"]}


def test_the_pair_tells_alertmanager_the_same_alert() -> None:
    config = prometheus.configuration(parsed("prod"))
    assert config["global"]["external_labels"]["replica"] == "${POD_NAME}"
    assert config["alerting"]["alert_relabel_configs"] == [{"action": "labeldrop", "regex": "replica"}]
    assert len(config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"]) == 3


def test_blocks_never_fill_the_volume() -> None:
    retention = prometheus.configuration(parsed("prod", prometheus={"volume": "100GiB"}))["storage"]["tsdb"][
        "retention"
    ]
    assert retention == {"time": "15d", "size": "87040MB"}


def test_without_aws_alertmanager_tells_slack_itself() -> None:
    by_name = {r["name"]: r for r in routing(without_aws())["receivers"]}
    assert by_name["critical"]["slack_configs"][0]["channel"] == "#alerts-critical"
    assert by_name["critical"]["slack_configs"][0]["app_token_file"] == "/etc/vigil/secrets/slack-bot-token/value"
    assert "email_configs" in by_name["high"]
    assert not any("sns_configs" in receiver for receiver in by_name.values())


def test_alertmanager_mails_its_own_alerts_with_topics_or_without() -> None:
    mailing = [r["name"] for r in routing(parsed("prod"), TOPICS)["receivers"] if "email_configs" in r]
    assert mailing == ["critical", "high"]


def test_what_goes_to_a_topic_has_no_subject_that_sns_could_refuse() -> None:
    # Alertmanager's own subject joins all labels, and SNS refuses one of more than 100 characters for good.
    for receiver in routing(parsed("prod"), TOPICS)["receivers"]:
        assert [config["subject"] for config in receiver["sns_configs"]] == [""]


def test_replicas_wait_for_each_other_for_less_than_the_shortest_group_interval() -> None:
    most = 5
    spec = alertmanager.spec(parsed("prod", alertmanager={"replicas": most}), "")
    assert f"--cluster.peer-timeout={alertmanager.PEER_TIMEOUT}s" in spec.args
    shortest = min(parse(interval, Unit.DURATION).value for _, interval, _ in alertmanager._TIMINGS.values())
    assert (most - 1) * alertmanager.PEER_TIMEOUT < shortest


def test_the_sources_timings_are_those_of_critical() -> None:
    critical = next(r for r in routing(without_aws())["route"]["routes"] if r["matchers"] == ['severity="critical"'])
    assert (critical["group_wait"], critical["group_interval"], critical["repeat_interval"]) == ("10s", "10s", "1h")


def test_what_is_worse_silences_what_is_milder_of_the_same_alert_and_service() -> None:
    rules = routing(without_aws())["inhibit_rules"]
    assert rules[0]["source_matchers"] == ['severity="critical"']
    assert rules[0]["target_matchers"] == ['severity=~"high|medium|low|info"']
    assert all({"alertname", "service"} <= set(rule["equal"]) for rule in rules)


def test_a_window_of_everything_mutes_every_route_and_one_of_a_service_its_own() -> None:
    base = {"timezone": "Europe/Dublin", "days": ["sunday"], "start": "02:00", "end": "03:00"}
    windows = [{"name": "all", **base}, {"name": "own", **base, "days": ["monday"], "services": ["redis"]}]
    routes = routing(parsed("prod", maintenance=windows), TOPICS)["route"]["routes"]
    assert routes[0]["matchers"] == ['service=~"redis"']
    assert {tuple(r["mute_time_intervals"]) for r in routes[0]["routes"]} == {("all", "own")}
    assert {tuple(r["mute_time_intervals"]) for r in routes[1:]} == {("all",)}


def test_time_zones_are_shipped_since_the_image_has_none() -> None:
    spec = alertmanager.spec(parsed("prod"), "")
    zones = next(config for config in spec.config if config.name == "zones")
    assert str(zones.files["Europe/Dublin"][:4]) == "b'TZif'"
    assert zones.items == [{"key": "Europe.Dublin", "path": "Europe/Dublin"}]
    assert spec.environment["ZONEINFO"] == zones.directory


def test_grafana_reads_its_password_from_a_file_and_has_no_default() -> None:
    text = grafana.ini(grafana.configuration(parsed("prod"), "/etc/vigil/secrets/x/value"))
    assert "admin_password = $__file{/etc/vigil/secrets/x/value}" in text
    assert "allow_sign_up = false" in text


def test_a_live_file_keeps_its_name_and_a_fixed_one_is_named_by_content() -> None:
    settings = parsed("prod")
    before, after = ({c["metadata"]["name"] for c in config_maps(settings, text)} for text in ("route: 1", "route: 2"))
    assert len(before ^ after) == 2
    assert all(name.startswith("alertmanager-config-") for name in before ^ after)


def config_maps(settings: Settings, text: str) -> list[dict[str, Any]]:
    from components.kubernetes.workload import config_map

    spec = alertmanager.spec(settings, text)
    return [config_map(spec, config) for config in spec.config]


def test_changed_rules_reach_prometheus_without_a_restart() -> None:
    settings = parsed("prod")
    one, two = (workload(prometheus.spec(settings, {"a.yaml": {"n": n}})) for n in (1, 2))
    assert one == two
    assert "--config.auto-reload" in one["spec"]["template"]["spec"]["containers"][0]["args"]


def test_grafana_admits_only_the_namespace_of_its_ingress() -> None:
    closed = grafana.spec(parsed("prod", kubernetes={"eks_cluster": "c"}), {})
    assert closed.admits == []
    settings = parsed("prod", kubernetes={"eks_cluster": "c", "ingress_namespace": "gateway"})
    assert grafana.spec(settings, {}).admits == [network.Admit("gateway", 3000)]


def test_a_disabled_half_leaves_no_call_to_it() -> None:
    specs = workloads(without_aws(), rule_files={}, dashboards={}, topic_arns={}, region="eu-west-1")
    reasons = [call.reason for spec in specs for call in spec.calls if isinstance(call, network.ToAnywhere)]
    assert not any("EKS" in reason for reason in reasons)


def test_a_single_alertmanager_has_no_peers() -> None:
    spec = alertmanager.spec(parsed("dev"), "")
    assert "--cluster.listen-address=" in spec.args
    assert spec.peer_port is None


def test_bytes_and_text_of_one_directory_go_where_a_config_map_wants_them() -> None:
    config = ConfigFiles("/d", {"a.txt": "text", "b/c": b"\x00\x01"})
    assert config.data == {"data": {"a.txt": "text"}, "binaryData": {"b.c": "AAE="}}


def test_the_pod_of_a_host_agent_differs_from_others_only_in_what_it_needs() -> None:
    agent = pod(exporters.node_exporter(parsed("prod")))
    assert agent["hostNetwork"]
    assert agent["hostPID"]
    assert [v["hostPath"]["path"] for v in agent["volumes"] if "hostPath" in v] == ["/"]
    assert all(m["readOnly"] for m in agent["containers"][0]["volumeMounts"])
