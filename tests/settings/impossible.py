"""What cannot be run together on Kubernetes, and what a person is told of it."""

from __future__ import annotations

from typing import Any

from tests.settings.changes import Change, adds, removes, sets, together, without_slos

SMALL = {"eks_cluster": "c", "size": "small"}


ELASTIC_SECRETS = together(
    *(
        sets(name, to={"kubernetes": {"secret": "elastic", "key": name}})
        for name in (
            "elasticsearch_admin_password",
            "elasticsearch_kibana_password",
            "elasticsearch_logstash_password",
            "kibana_encryption_key",
        )
    )
)


def elastic(**changes: Any) -> Change:
    own = {"enabled": True, "transport_secret": "elasticsearch-transport", **changes}
    return together(ELASTIC_SECRETS, sets("elastic", to=own))


IMPOSSIBLE: dict[str, tuple[Change, list[str]]] = {
    "Grafana twice without a database": (
        together(removes("grafana", "database"), removes("grafana_database_password")),
        [
            "vigil:grafana.replicas: given 2; allowed: 1, or vigil:grafana.database: a PostgreSQL where the replicas keep"
        ],
    ),
    "Thanos without a bucket": (
        removes("thanos", "bucket"),
        ["vigil:thanos.bucket: missing; allowed: the name of a bucket that exists, or vigil:thanos.enabled: false"],
    ),
    "replicated Loki on a volume": (
        removes("loki", "bucket"),
        [
            "vigil:loki.bucket: missing; allowed: the name of a bucket that exists: of size medium, Loki's replicas share"
        ],
    ),
    "metrics kept beyond the disk": (
        sets("prometheus", "retention", to="60d"),
        [
            "vigil:prometheus.retention: given '60d'; allowed: at most 18d on a volume of 200GiB (size medium is meant for "
            "1,000,000 series in one Prometheus, 85% filled), or a volume of at least ",
        ],
    ),
    "logs kept beyond the disk": (
        together(sets("kubernetes", to=SMALL), sets("loki", to={"retention": "90d"})),
        [
            "vigil:loki.retention: given '90d'; allowed: at most 42d on a volume of 20GiB (size small is meant for 2GiB of"
        ],
    ),
    "a stream of logs kept beyond the disk": (
        together(
            sets("kubernetes", to=SMALL),
            sets("loki", to={"streams": [{"selector": '{service="a"}', "retention": "365d"}]}),
        ),
        ["vigil:loki.streams[0].retention: given '365d'; allowed: at most 42d on a volume of 20GiB"],
    ),
    "logs kept for hours": (
        sets("loki", "retention", to="6h"),
        ["vigil:loki.retention: given '6h'; allowed: at least 1d: Loki's index is by the day"],
    ),
    "traces kept beyond the disk": (
        together(
            sets("kubernetes", to=SMALL),
            sets("jaeger", to={"storage": "badger", "retention": "30d"}),
            removes("jaeger_storage_password"),
        ),
        [
            "vigil:jaeger.retention: given '30d'; allowed: at most 8d on a volume of 20GiB (size small is meant for 50 spans"
        ],
    ),
    "a sign-in without its secret": (
        removes("sign_in_client_secret"),
        ["vigil:sign_in_client_secret: missing; allowed: a reference", "since vigil:sign_in needs it"],
    ),
    "tools without a sign-in": (
        together(removes("sign_in"), removes("sign_in_client_secret")),
        ["vigil:sign_in: missing; allowed: a provider, since vigil:access.tools are programs without a sign-in"],
    ),
    "tools without a way in": (
        removes("access", "gateway"),
        ["vigil:access.tools: given 'https://tools.universal-ai-tools.com'; allowed: no value, or a way in"],
    ),
    "a load balancer that no policy can admit": (
        together(removes("access", "gateway"), sets("access", "ingress", to={"class_name": "alb", "namespace": "x"})),
        ["vigil:access.ingress.class_name: given 'alb'; allowed: a controller whose pods carry the traffic"],
    ),
    "adaptive sampling of what is sampled already": (
        sets("jaeger", "sampling", "adaptive", to=True),
        ["vigil:jaeger.sampling.adaptive: given True; allowed: false, or vigil:opentelemetry.keep.share: 100%"],
    ),
    "an alert of what is not run": (
        together(
            sets("exporters", "kube_state_metrics", to=False), sets("alerts", to={"KubeJobFailed": {"for": "1h"}})
        ),
        ["vigil:alerts.KubeJobFailed: given 'KubeJobFailed'; allowed: an alert of what this stack runs"],
    ),
    "an alert of the cluster on a service": (
        sets("services", 0, "alerts", to={"NodeFilesystemAlmostFull": {"threshold": "10%"}}),
        ["vigil:services[0].alerts.NodeFilesystemAlmostFull: given 'NodeFilesystemAlmostFull'; allowed: an alert that"],
    ),
    "two ways in": (
        sets("access", "ingress", to={"class_name": "traefik", "namespace": "traefik"}),
        ["vigil:access: given 'gateway and ingress'; allowed: one of the two"],
    ),
    "a way in without TLS": (
        sets("links", "grafana", to="http://grafana.example.com"),
        ["vigil:links.grafana: given 'http://grafana.example.com'; allowed: an https address"],
    ),
    "shards that nothing sees together": (
        together(sets("thanos", to={"enabled": False}), sets("prometheus", "shards", to=3)),
        ["vigil:prometheus.shards: given 3; allowed: 1, or vigil:thanos.enabled: true"],
    ),
    "blocks deleted before they are taken": (
        together(without_slos, sets("prometheus", "retention", to="3h")),
        ["vigil:prometheus.retention: given '3h'; allowed: at least 6h: a block is handed to the bucket"],
    ),
    "metrics deleted before they are downsampled": (
        sets("thanos", "retention", to={"raw": "1d"}),
        ["vigil:thanos.retention.raw: given '1d'; allowed: at least 2d"],
    ),
    "raw metrics kept for longer than those of five minutes": (
        sets("thanos", "retention", to={"raw": "90d", "five_minutes": "30d"}),
        ["vigil:thanos.retention.five_minutes: given '30d'; allowed: at least vigil:thanos.retention.raw, 90d"],
    ),
    "metrics of five minutes kept for longer than those of an hour": (
        sets("thanos", "retention", to={"one_hour": "20d"}),
        ["vigil:thanos.retention.one_hour: given '20d'; allowed: at least vigil:thanos.retention.five_minutes, 180d"],
    ),
    "traces that are held for an hour": (
        sets("opentelemetry", "keep", to={"wait": "1h"}),
        ["vigil:opentelemetry.keep.wait: given '1h'; allowed: 5s to 5m"],
    ),
    "a retention for streams that there are not": (
        sets("loki", "streams", to=[{"selector": '{service="a", pod="b"}', "retention": "90d"}]),
        ["vigil:loki.streams[0].selector: given", "(service, namespace, node)", "no stream has pod"],
    ),
    "a retention for every stream": (
        sets("loki", "streams", to=[{"selector": '{service=~".*", namespace!="a"}', "retention": "90d"}]),
        [
            "vigil:loki.streams[0].selector: given",
            "one label must have a value, by = or =~, that an empty one does not",
        ],
    ),
    "a retention for an expression that is none": (
        sets("loki", "streams", to=[{"selector": '{service=~"("}', "retention": "90d"}]),
        ["vigil:loki.streams[0].selector: given", "an expression is none"],
    ),
    "a retention for what is no selector": (
        sets("loki", "streams", to=[{"selector": "{audit}", "retention": "90d"}]),
        ["vigil:loki.streams[0].selector: given '{audit}'; allowed: a selector on labels of streams"],
    ),
    "a shared store without an address": (
        removes("jaeger", "endpoint"),
        ["vigil:jaeger.endpoint: missing; allowed: the address of the opensearch that holds the traces"],
    ),
    "an address of a store in the program": (
        together(sets("jaeger", "storage", to="memory"), removes("jaeger_storage_password")),
        ["vigil:jaeger.endpoint: given 'https://search.universal-ai-tools.com:9200'; allowed: no value, or"],
    ),
    "ClickHouse by the wrong protocol": (
        sets("jaeger", "storage", to="clickhouse"),
        ["vigil:jaeger.endpoint: given 'https://search.universal-ai-tools.com:9200'; allowed: clickhouse://host:port"],
    ),
    "adaptive sampling without a store for it": (
        together(
            sets(
                "jaeger",
                to={"storage": "clickhouse", "endpoint": "clickhouse://c:9000", "sampling": {"adaptive": True}},
            ),
            sets("opentelemetry", "keep", to={"share": "100%"}),
        ),
        ["vigil:jaeger.sampling.adaptive: given True; allowed: false: Jaeger keeps no sampling data in ClickHouse"],
    ),
    "a target without an address": (
        adds("targets", name="vm", team="ops", addresses=[]),
        ["vigil:targets[0].addresses: given 'none'; allowed: at least one host:port"],
    ),
    "probes without the exporter that asks": (
        sets("exporters", "blackbox", to=False),
        ["vigil:exporters.blackbox: given False; allowed: true while something is probed (vigil:services[0].probe)"],
    ),
    "a mesh whose traces go nowhere": (
        together(sets("opentelemetry", to={"enabled": False}), sets("mesh", to={"enabled": True})),
        ["vigil:mesh.enabled: given True; allowed: false, or vigil:opentelemetry.enabled: true"],
    ),
    "several Elasticsearch that cannot know each other": (
        elastic(transport_secret=None),
        ["vigil:elastic.transport_secret: missing; allowed: the name of a Kubernetes Secret with tls.crt, tls.key"],
    ),
    "two Elasticsearch": (
        elastic(replicas=2, volume="2TiB"),
        ["vigil:elastic.replicas: given 2; allowed: 1, or at least 3: of two, the loss of either stops both"],
    ),
    "an index for part of a day": (
        elastic(retention="36h"),
        ["vigil:elastic.retention: given '36h'; allowed: whole days, at least 1d: an index is of a day"],
    ),
    "indices kept beyond the disks": (
        elastic(retention="30d"),
        [
            "vigil:elastic.retention: given '30d'; allowed: at most 7d on 3 of 700GiB, or 3 volumes of at least 2432GiB "
            "(size medium is meant for 100GiB of logs a day, kept 2 times)"
        ],
    ),
    "indices beyond any day on such disks": (
        elastic(volume="10GiB"),
        ["vigil:elastic.retention: given '7d'; allowed: 3 volumes of at least 628GiB"],
    ),
    "Elasticsearch without a password": (
        together(elastic(), removes("elasticsearch_logstash_password")),
        ["vigil:elasticsearch_logstash_password: missing; allowed: a reference", "since vigil:elastic needs it"],
    ),
    "Kibana without a key": (
        together(elastic(), removes("kibana_encryption_key")),
        ["vigil:kibana_encryption_key: missing; allowed: a reference", "since vigil:elastic needs it"],
    ),
    "a scrape that outlasts its interval": (
        sets("services", 0, "metrics", to={"port": 80, "interval": "10s", "timeout": "20s"}),
        ["vigil:services[0].metrics.timeout: given '20s'; allowed: at most the interval, 10s"],
    ),
    "an address with the name of a service": (
        adds("targets", name="redis", team="data", addresses=["10.0.0.1:9100"]),
        ["vigil:targets[0].name: given 'redis'; allowed: a name that no declared service has"],
    ),
    "an address without a port": (
        adds("targets", name="vm", team="ops", addresses=["10.0.0.1"]),
        ["vigil:targets[0].addresses[0]: given '10.0.0.1'; allowed: text that matches"],
    ),
    "a part written as a bare number": (
        sets("opentelemetry", "keep", to={"share": 10}),
        ["vigil:opentelemetry.keep.share: given 10; allowed: a percentage such as 2% or 0.5%"],
    ),
    "a part of more than everything": (
        sets("jaeger", "sampling", to={"default": "150%"}),
        ["vigil:jaeger.sampling.default: given '150%'; allowed: a percentage from 0% to 100%"],
    ),
}
