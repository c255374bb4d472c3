"""Stacks beside the committed ones: every size, every option, and everything that can be off; each in a namespace of its
own, so that one API server takes them all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from alert_rules import yaml12
from cli.preview.run import Rendered, render
from tests.components.kubernetes.examples import KUBERNETES_SECRET
from tests.rendered import project_with, written_manifests
from tests.settings.examples import settings_of

Changes = Mapping[str, Any]

BADGER = {"storage": "badger", "retention": "3d"}
_UNPROBED = [
    {key: value for key, value in service.items() if key != "probe"} for service in settings_of("prod")["services"]
]
SWITCHES: Mapping[str, Changes] = {
    "thanos": {"thanos": {"enabled": False}},
    "loki": {"loki": {"enabled": False}},
    "jaeger": {"jaeger": {"enabled": False}, "jaeger_storage_password": None, "opentelemetry": {}},
    "opentelemetry": {"opentelemetry": {"enabled": False}},
    "kube_state_metrics": {"exporters": {"kube_state_metrics": False}},
    "node": {"exporters": {"node": False}},
    "kubelet": {"exporters": {"kubelet": False}},
    "cloudwatch": {"exporters": {"cloudwatch": False}},
    "blackbox": {"exporters": {"blackbox": False}, "services": _UNPROBED},
    "tools": {"access": {}, "sign_in": None, "sign_in_client_secret": None, "sign_in_cookie_secret": None},
}
"""Each part that can be off, off alone: how the production stack says so."""

_IN_CLUSTER = [service for service in settings_of("prod")["services"] if "kubernetes" in service["runs_on"]]

ELASTIC_SECRETS = dict.fromkeys(
    (
        "elasticsearch_admin_password",
        "elasticsearch_kibana_password",
        "elasticsearch_logstash_password",
        "kibana_encryption_key",
    ),
    KUBERNETES_SECRET,
)

VARIANTS: Mapping[str, Changes] = {
    "small": {
        "kubernetes": {"size": "small", "eks_cluster": "c"},
        "thanos": {"enabled": False},
        "loki": {"retention": "14d"},
        "jaeger": BADGER,
        "jaeger_storage_password": None,
    },
    "large": {"kubernetes": {"size": "large", "eks_cluster": "c", "storage_class": "gp3"}},
    "without-aws": {
        "aws": {"enabled": False},
        "kubernetes": {"size": "medium", "context": "tools"},
        "services": _IN_CLUSTER,
        "resources": [],
        "object_storage": {"endpoint": "minio.storage.svc:9000"},
        "s3_credentials": KUBERNETES_SECRET,
        "slack_bot_token": KUBERNETES_SECRET,
        "heartbeat_url": KUBERNETES_SECRET,
        "opentelemetry": {},
        "exporters": {},
        "access": {
            "ingress": {"class_name": "traefik", "namespace": "traefik", "tls_secret": "wildcard"},
            "tools": "https://tools.example.com",
        },
    },
    "every-option": {
        "kubernetes": {"size": "medium", "eks_cluster": "c"},
        "prometheus": {
            "shards": 2,
            "remote_write": {"workspace": "ws-0123"},
            "discovery": {"namespaces": ["universal-ai-tools", "batch"]},
        },
        "targets": [
            {"name": "bastion", "team": "ops", "addresses": ["10.0.0.9:9100"], "interval": "30s", "timeout": "5s"}
        ],
        "probes": [
            {"name": "shop", "team": "web", "url": "https://shop.example.com/health"},
            {"name": "mail", "team": "ops", "url": "smtp.example.com:25"},
        ],
        "receivers": {**settings_of("prod")["receivers"], "teams": {}, "webhook": {"severities": ["low"]}},
        "teams_webhook_url": KUBERNETES_SECRET,
        "webhook_url": KUBERNETES_SECRET,
        "heartbeat_url": KUBERNETES_SECRET,
        "jaeger": {
            "storage": "elasticsearch",
            "endpoint": "http://search.example.com:9200",
            "sampling": {"adaptive": True},
        },
        "opentelemetry": {
            "keep": {"share": "100%"},
            "xray": True,
            "datadog": {},
            "new_relic": {},
            "namespaces": ["batch"],
        },
        "datadog_api_key": KUBERNETES_SECRET,
        "new_relic_license_key": KUBERNETES_SECRET,
        "mesh": {"enabled": True},
    },
    "clickhouse": {
        "kubernetes": {"size": "medium", "eks_cluster": "c"},
        "jaeger": {"storage": "clickhouse", "endpoint": "clickhouse://clickhouse.example.com:9000"},
    },
    "in-memory": {
        "kubernetes": {"size": "small", "eks_cluster": "c"},
        "thanos": {"enabled": False},
        "loki": {"retention": "7d", "bucket": "logs"},
        "jaeger": {"storage": "memory"},
        "jaeger_storage_password": None,
    },
    "elastic": {
        "kubernetes": {"size": "medium", "eks_cluster": "c"},
        "elastic": {"enabled": True, "transport_secret": "elasticsearch-transport"},
        **ELASTIC_SECRETS,
    },
    "least": {
        "kubernetes": {"size": "small", "eks_cluster": "c"},
        "services": _IN_CLUSTER[:1],
        "resources": [],
        "maintenance": [],
        "thanos": {"enabled": False},
        "loki": {"enabled": False},
        "jaeger": {"enabled": False},
        "jaeger_storage_password": None,
        "opentelemetry": {"enabled": False},
        "exporters": {"kube_state_metrics": False, "node": False, "kubelet": False},
        "access": {},
        "sign_in": None,
        "sign_in_client_secret": None,
        "sign_in_cookie_secret": None,
        "grafana": {"replicas": 1},
        "grafana_database_password": None,
    },
}
"""Changes to the production stack, by what they are for; None takes a key away."""


@cache
def variant(name: str) -> Rendered:
    """A variant, or the production stack without one of the SWITCHES (`no-<switch>`), as `vigil preview` renders it."""
    changes = SWITCHES[name.removeprefix("no-")] if name.startswith("no-") else VARIANTS[name]
    written = {**settings_of("prod"), **changes}
    kubernetes = {"eks_cluster": "c", **written["kubernetes"], "namespace": f"vigil-{name.replace('_', '-')}"}
    if written.get("aws") == {"enabled": False}:
        kubernetes.pop("eks_cluster")
    written["kubernetes"] = kubernetes
    config = {f"vigil:{key}": value for key, value in written.items() if value is not None}
    with TemporaryDirectory() as folder:
        text = yaml12.dump({"config": {"aws:region": "eu-west-1", **config}})
        return render(project_with(Path(folder), text), "prod")


def manifests(name: str) -> list[dict[str, Any]]:
    """Every Kubernetes object of a variant, in the order in which they can be applied."""
    return written_manifests(variant(name))
