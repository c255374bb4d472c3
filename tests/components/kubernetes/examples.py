"""Settings for the tests of the pure functions from settings to configuration."""

from __future__ import annotations

from typing import Any

from alert_rules import yaml12
from components.kubernetes.spec import WorkloadSpec
from components.settings.model import Settings
from components.stack import compile_content
from tests.settings.examples import parsed

IN_CLUSTER = {"kubernetes": {"namespace": "apps"}}
KUBERNETES_SECRET = {"kubernetes": {"secret": "s", "key": "k"}}


def service(name: str, **more: Any) -> dict[str, Any]:
    """A declared service in the cluster, as the settings write it."""
    return {"name": name, "team": "t", "runs_on": IN_CLUSTER, **more}


def serving(*services: dict[str, Any], stack: str = "prod", **changes: Any) -> Settings:
    """A stack with these services and nothing else to watch."""
    return parsed(stack, services=list(services), resources=[], maintenance=[], **changes)


def without_aws(**changes: Any) -> Settings:
    """The production stack with nothing on AWS, its buckets elsewhere."""
    return serving(
        service("a", metrics={"port": 80}),
        **{
            "aws": {"enabled": False},
            "kubernetes": {"context": "tools"},
            "slack_bot_token": KUBERNETES_SECRET,
            "object_storage": {"endpoint": "minio.storage.svc:9000"},
            "s3_credentials": KUBERNETES_SECRET,
            "opentelemetry": {},
            "exporters": {},
            **changes,
        },
    )


def of_size(size: str, **changes: Any) -> Settings:
    """The production stack in another size."""
    return parsed("prod", kubernetes={"eks_cluster": "c", "size": size}, **changes)


def every_spec(settings: Settings) -> dict[str, WorkloadSpec]:
    """Every workload of the settings by its name."""
    return {spec.name: spec for spec in compile_content(settings).workloads}


def beside_prometheus(settings: Settings) -> list[WorkloadSpec]:
    """Every workload but Prometheus."""
    return [spec for spec in every_spec(settings).values() if not spec.name.startswith("prometheus")]


def file(spec: WorkloadSpec, name: str) -> dict[str, Any]:
    """What a file in YAML that the workload mounts holds."""
    (text,) = [str(config.files[name]) for config in spec.config if name in config.files]
    content: dict[str, Any] = yaml12.load(text)
    return content
