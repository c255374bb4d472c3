"""Which targets are scraped, and the labels that their series get."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from alert_rules import registry, yaml12
from components.kubernetes import exporters, prometheus
from components.kubernetes.scraping import annotated as annotated_module
from components.kubernetes.scraping import cluster, outside, owners, services, stack
from components.kubernetes.shards import Shard, shards
from tests.components.kubernetes.examples import beside_prometheus, service, serving

ONE = Shard(0, 1)


def test_services_of_one_interval_share_a_job_however_many_they_are() -> None:
    declared = [
        service(f"s{i}", metrics={"port": 8000 + i % 3, "interval": "10s" if i % 2 else "30s"}) for i in range(100)
    ]
    jobs = services.service_jobs(serving(*declared).services)
    assert [(job["job_name"], job["scrape_interval"], job["scrape_timeout"]) for job in jobs] == [
        ("services-10s", "10s", "10s"),
        ("services-30s", "30s", "10s"),
    ]


def relabelled(job: dict[str, Any], meta: dict[str, str]) -> dict[str, str] | None:
    """The labels that Prometheus gives a target, by its relabelling rules; None where it drops the target."""
    labels = dict(meta)
    for rule in job["relabel_configs"]:
        value = rule.get("separator", ";").join(labels.get(name, "") for name in rule.get("source_labels", []))
        match = re.fullmatch(rule.get("regex", "(.*)"), value)
        action = rule.get("action", "replace")
        if (action == "keep" and not match) or (action == "drop" and match):
            return None
        if action == "replace" and match:
            labels[rule["target_label"]] = match.expand(re.sub(r"\$(\d)", r"\\\1", rule.get("replacement", "$1")))
    return {name: value for name, value in labels.items() if not name.startswith("__meta_")}


def meta(namespace: str, name: str, **more: str) -> dict[str, str]:
    prefix = "__meta_kubernetes_"
    ready = "endpointslice_endpoint_conditions_ready"
    values = {
        "namespace": namespace,
        "service_name": name,
        "pod_ip": "10.0.0.7",
        "pod_name": f"{name}-0",
        "pod_node_name": "n1",
        ready: "true",
    }
    return {prefix + key: value for key, value in {**values, **more}.items()}


def the_job(*declared: dict[str, Any]) -> dict[str, Any]:
    return services.service_jobs(serving(*declared).services)[0]


def test_a_target_gets_the_closed_set_of_labels_and_its_pods_own_address() -> None:
    job = the_job(service("chat", metrics={"port": 8016}), service("auth", metrics={"port": 8015}))
    assert relabelled(job, meta("apps", "chat")) == {
        "service": "chat",
        "team": "t",
        "job": "chat",
        "instance": "chat-0",
        "node": "n1",
        "__address__": "10.0.0.7:8016",
    }


def test_the_address_of_a_pod_may_be_of_either_family() -> None:
    labels = relabelled(the_job(service("chat", metrics={"port": 8016})), meta("apps", "chat", pod_ip="fd00::5"))
    assert labels is not None and labels["__address__"] == "[fd00::5]:8016"


def test_a_pod_that_is_not_ready_is_scraped_so_that_a_crash_loop_pages() -> None:
    job = the_job(service("chat", metrics={"port": 80}))
    assert relabelled(job, meta("apps", "chat", endpointslice_endpoint_conditions_ready="false")) is not None


def test_paths_that_look_alike_do_not_share_a_job_name() -> None:
    declared = [
        service(f"s{i}", metrics={"port": 80, "path": path}) for i, path in enumerate(("/a/metrics", "/a-metrics"))
    ]
    jobs = services.service_jobs(serving(*declared).services)
    assert len({job["job_name"] for job in jobs}) == 2


OWN_POD = {
    "__meta_kubernetes_pod_label_app_kubernetes_io_part_of": "vigil",
    "__meta_kubernetes_pod_container_port_name": "http-metrics",
    "__meta_kubernetes_pod_container_port_number": "9100",
    "__meta_kubernetes_pod_name": "p-0",
    "__meta_kubernetes_pod_node_name": "n1",
}


def own_pod(name: str, **more: str) -> dict[str, str]:
    labels = {"__meta_kubernetes_pod_label_app_kubernetes_io_name": name, "__meta_kubernetes_pod_container_name": name}
    return {**OWN_POD, **labels, **more}


def monitoring(shard: Shard = ONE) -> dict[str, Any]:
    return stack.monitoring_job(
        ["observability"],
        "platform",
        shard,
        workloads=["kube-state-metrics", "loki", "grafana", "thanos-query"],
        node_agents=["node-exporter"],
        services=[],
    )


def test_all_but_kube_state_metrics_are_labelled_with_the_node_they_run_on() -> None:
    for name, node in (("node-exporter", "n1"), ("loki", "n1"), ("kube-state-metrics", "")):
        labels = relabelled(monitoring(), own_pod(name))
        assert labels is not None and labels["node"] == node


def test_a_second_port_of_a_container_is_an_instance_of_its_own() -> None:
    first = relabelled(monitoring(), own_pod("kube-state-metrics"))
    second = relabelled(
        monitoring(), own_pod("kube-state-metrics", __meta_kubernetes_pod_container_port_name="http-metrics-tm")
    )
    assert first is not None and second is not None
    assert (first["instance"], second["instance"]) == ("p-0", "p-0:9100")


def test_every_prometheus_watches_every_other_apart_from_what_is_divided() -> None:
    assert relabelled(monitoring(), own_pod("prometheus-1")) is None
    for name in ("prometheus", "prometheus-1"):
        labels = relabelled(stack.own_job("observability", "platform"), own_pod(name))
        assert labels is not None
        assert (labels["service"], labels["job"], labels["instance"]) == ("prometheus", "prometheus", "p-0")
    sidecar = own_pod("prometheus-1", __meta_kubernetes_pod_container_name="thanos-sidecar")
    labels = relabelled(stack.own_job("observability", "platform"), sidecar)
    assert labels is not None and labels["service"] == "thanos-sidecar"


def test_every_service_is_on_exactly_one_shard_and_few_move_when_one_is_added() -> None:
    names = [f"service-{index}" for index in range(400)]
    before = {name: [index for index in range(4) if Shard(index, 4).has(name)] for name in names}
    assert all(len(owners) == 1 for owners in before.values())
    load = Counter(owners[0] for owners in before.values())
    assert min(load.values()) > 60
    moved = [name for name in names if not Shard(before[name][0], 5).has(name)]
    assert all(Shard(4, 5).has(name) for name in moved)


def test_a_shard_scrapes_its_own_services_and_the_first_what_cannot_be_divided() -> None:
    declared = [service(f"s{index}", metrics={"port": 80}, probe={"port": 80}) for index in range(40)]
    settings = serving(*declared, kubernetes={"eks_cluster": "c", "size": "large"})
    configs = [prometheus.configuration(settings, shard, beside_prometheus(settings)) for shard in shards(settings)]
    assert len(configs) == 4
    texts = [
        yaml12.dump([job for job in c["scrape_configs"] if job["job_name"].startswith("services")]) for c in configs
    ]
    for each in declared:
        assert sum(bool(re.search(rf"apps;{each['name']}(?!\d)", text)) for text in texts) == 1, each["name"]
    assert [any(job["job_name"] == "apiserver" for job in c["scrape_configs"]) for c in configs] == [
        True,
        False,
        False,
        False,
    ]
    assert [c["global"]["external_labels"]["shard"] for c in configs] == ["0", "1", "2", "3"]


def annotated(kind: str, **annotations: str) -> dict[str, str]:
    meta = {f"__meta_kubernetes_{kind}_annotation_prometheus_io_{key}": value for key, value in annotations.items()}
    return {
        "__meta_kubernetes_namespace": "apps",
        "__meta_kubernetes_pod_name": "x-0",
        "__meta_kubernetes_pod_ip": "10.0.0.9",
        **meta,
    }


def test_a_pod_that_asks_by_annotation_is_scraped_where_it_says() -> None:
    pods, of_services = annotated_module.annotated_jobs(["apps"], "platform", ONE, [])
    found = annotated("pod", scrape="true", port="9000", path="/m", scheme="https")
    labels = relabelled(pods, found | {"__meta_kubernetes_pod_label_team": "data"})
    assert labels == {
        "service": "x-0",
        "team": "data",
        "job": "x-0",
        "instance": "x-0",
        "__address__": "10.0.0.9:9000",
        "__metrics_path__": "/m",
        "__scheme__": "https",
    }
    assert relabelled(pods, annotated("pod", scrape="false", port="9000")) is None
    assert relabelled(pods, annotated("pod", scrape="true")) is None
    named = annotated("service", scrape="true", port="9000") | {"__meta_kubernetes_service_name": "x"}
    by_service = relabelled(of_services, named)
    assert by_service is not None and by_service["service"] == "x"


def test_what_is_declared_is_not_scraped_again_for_its_annotations() -> None:
    settings = serving(service("x", metrics={"port": 80}))
    pods, _ = annotated_module.annotated_jobs(["apps"], "platform", ONE, settings.services)
    found = annotated("pod", scrape="true", port="9000")
    assert relabelled(pods, found | {"__meta_kubernetes_pod_label_app_kubernetes_io_name": "x"}) is None
    assert relabelled(pods, found | {"__meta_kubernetes_pod_label_app_kubernetes_io_name": "xy"}) is not None


def test_the_intervals_and_timeouts_of_jobs_are_their_own() -> None:
    declared = [
        service("slow", metrics={"port": 80, "interval": "30s", "timeout": "20s"}),
        service("plain", metrics={"port": 80, "interval": "30s"}),
    ]
    jobs = {job["job_name"]: job["scrape_timeout"] for job in services.service_jobs(serving(*declared).services)}
    assert jobs == {"services-30s": "10s", "services-30s-20s": "20s"}


def test_addresses_outside_are_scraped_and_probed_as_they_stand() -> None:
    settings = serving(
        targets=[{"name": "vm", "team": "ops", "addresses": ["10.1.2.3:9100"], "scheme": "https", "interval": "30s"}],
        probes=[
            {"name": "shop", "team": "web", "url": "https://shop.example.com/health"},
            {"name": "smtp", "team": "ops", "url": "smtp.example.com:25"},
        ],
    )
    (job,) = outside.target_jobs(settings.targets)
    assert (job["scheme"], job["scrape_interval"], job["static_configs"][0]["targets"]) == (
        "https",
        "30s",
        ["10.1.2.3:9100"],
    )
    modules = {job["params"]["module"][0]: job for job in outside.probe_jobs((), settings.probes, "b:9115")}
    assert modules["http_2xx"]["static_configs"][0]["targets"] == ["https://shop.example.com/health"]
    assert modules["tcp_connect"]["static_configs"][0]["labels"] == {"service": "smtp", "team": "ops"}
    assert set(modules) <= set(outside.modules())


def test_the_cluster_is_scraped_by_node_and_only_what_is_used_of_its_containers() -> None:
    kubelet, cadvisor = cluster.kubelet_jobs("platform", ONE, serving(service("a", metrics={"port": 80})).services)
    labels = relabelled(kubelet, {"__meta_kubernetes_node_name": "n1"})
    assert labels == {"service": "kubelet", "team": "platform", "job": "kubelet", "instance": "n1", "node": "n1"}
    kept = re.compile(cadvisor["metric_relabel_configs"][0]["regex"])
    for metric, known in registry.known_metrics().items():
        if known.exporter == "cadvisor":
            assert kept.fullmatch(metric), metric


def test_what_is_said_of_a_namespace_goes_to_its_only_team() -> None:
    settings = serving(
        service("a"),
        {**service("b"), "runs_on": {"kubernetes": {"namespace": "shared"}}},
        {**service("c"), "team": "u", "runs_on": {"kubernetes": {"namespace": "shared"}}},
    )
    assert owners.owner_rules(settings.services, job="cadvisor") == [
        {"source_labels": ["job", "namespace"], "regex": "cadvisor;(apps)", "target_label": "team", "replacement": "t"}
    ]


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
    settings = serving(service("a", probe={"port": 80, "path": "/healthz"}))
    (job,) = outside.probe_jobs(settings.services, (), exporters.blackbox_address(settings))
    assert job["static_configs"] == [
        {"targets": ["http://a.apps.svc:80/healthz"], "labels": {"service": "a", "team": "t"}}
    ]
    assert job["relabel_configs"][-1]["replacement"] == "blackbox-exporter.observability.svc:9115"


def test_without_probes_there_is_no_probe_job() -> None:
    settings = serving(service("a", metrics={"port": 80}))
    jobs = prometheus.configuration(settings, ONE, beside_prometheus(settings))["scrape_configs"]
    assert not [job for job in jobs if job["job_name"].startswith("probes")]
