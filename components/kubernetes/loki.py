"""Loki: one program on a volume, three of them around a bucket, or each part on its own, by size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alert_rules import yaml12
from components.access import AwsAccess
from components.kubernetes import alertmanager, object_storage
from components.kubernetes.addresses import url
from components.kubernetes.loki_configuration import (
    DATA,
    GOSSIP_PORT,
    GRPC_PORT,
    HTTP_PORT,
    RULES,
    TENANT,
    configuration,
    is_divided,
    is_replicated,
)
from components.kubernetes.network import Call, ToWorkload
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import METRICS, ConfigFiles, Port, Probe, Volume, WorkloadSpec
from components.settings.model import Settings
from components.versions import LOKI

NAME = "loki"
PORT = HTTP_PORT
USER = 10001
"""The user id that Loki's image was made for."""


@dataclass(frozen=True)
class _Part:
    """A workload of Loki: which of its targets it runs, how many replicas, and whether each keeps something."""

    name: str
    target: str
    replicas: int
    keeps: bool = False
    evaluates_rules: bool = False


_WHOLE = "all"

# Where each part is a workload of its own. Only the compactor may not be two.
_DIVIDED = (
    _Part("loki-distributor", "distributor", 3),
    _Part("loki-ingester", "ingester", 6, keeps=True),
    _Part("loki-querier", "querier", 6),
    _Part("loki-query-frontend", "query-frontend", 2),
    _Part("loki-query-scheduler", "query-scheduler", 2),
    _Part("loki-index-gateway", "index-gateway", 2, keeps=True),
    _Part("loki-compactor", "compactor", 1, keeps=True),
    _Part("loki-ruler", "ruler", 2, evaluates_rules=True),
)


def parts(settings: Settings) -> Sequence[_Part]:
    """The workloads of Loki for these settings; none where it is not enabled."""
    if not settings.loki.enabled:
        return ()
    if is_divided(settings):
        return _DIVIDED
    return (_Part(NAME, _WHOLE, 3 if is_replicated(settings) else 1, keeps=True, evaluates_rules=True),)


def write_url(settings: Settings) -> str:
    """Where logs are sent."""
    return url(settings, writer(settings), HTTP_PORT)


def read_url(settings: Settings) -> str:
    """Where logs are asked for."""
    return url(settings, reader(settings), HTTP_PORT)


def writer(settings: Settings) -> str:
    """The workload that takes logs."""
    return "loki-distributor" if is_divided(settings) else NAME


def reader(settings: Settings) -> str:
    """The workload that answers queries."""
    return "loki-query-frontend" if is_divided(settings) else NAME


def specs(settings: Settings, rule_files: Mapping[str, Any]) -> list[WorkloadSpec]:
    """How Loki is run for these settings, its ruler evaluating `rule_files` (file name → content)."""
    return [_spec(settings, part, rule_files) for part in parts(settings)]


def _spec(settings: Settings, part: _Part, rule_files: Mapping[str, Any]) -> WorkloadSpec:
    volume = Volume(DATA, int(settings.loki.volume.value), settings.kubernetes.storage_class)
    gossip = [Port("gossip", GOSSIP_PORT)] if is_replicated(settings) else []
    return WorkloadSpec(
        name=part.name,
        namespace=settings.kubernetes.namespace,
        kind="StatefulSet" if part.keeps else "Deployment",
        image=LOKI,
        args=[
            "-config.file=/etc/loki/config/loki.yaml",
            "-config.expand-env=true",
            f"-target={part.target}",
        ],
        resources=SIZES[settings.kubernetes.size][part.name],
        ports=[Port(METRICS, HTTP_PORT), Port("grpc", GRPC_PORT), *gossip],
        ready=Probe(METRICS, "/ready"),
        # /ready says no while a ring is being joined, which a restart would only prolong.
        live=Probe(METRICS),
        replicas=part.replicas,
        user=USER,
        config=_config(settings, rule_files if part.evaluates_rules else {}),
        secrets=object_storage.secret_files(settings) if settings.loki.bucket else [],
        environment=object_storage.environment(settings) if settings.loki.bucket else {},
        pod_fields={"POD_IP": "status.podIP"},
        scratch={"/tmp": "256Mi"} | ({} if part.keeps else {DATA: "2Gi"}),  # noqa: S108 - a path in the container
        volume=volume if part.keeps else None,
        headless=True,
        finds_peers=True,
        # An ingester hands its chunks to the bucket first.
        grace_seconds=300 if part.keeps else 60,
        aws=object_storage.access(settings, AwsAccess.LOGS_BUCKET) if settings.loki.bucket else [],
        calls=_calls(settings, part),
    )


def _config(settings: Settings, rule_files: Mapping[str, Any]) -> list[ConfigFiles]:
    own = configuration(settings, evaluates_rules=bool(rule_files))
    found = [ConfigFiles("/etc/loki/config", {"loki.yaml": yaml12.dump(own)})]
    if rule_files:
        files = {f"{TENANT}/{name}": yaml12.dump(content) for name, content in rule_files.items()}
        found.append(ConfigFiles(RULES, files, live=True, name="rules"))
    return found


def _calls(settings: Settings, part: _Part) -> list[Call]:
    namespace = settings.kubernetes.namespace
    calls: list[Call] = list(object_storage.calls(settings)) if settings.loki.bucket else []
    if is_replicated(settings):
        # Whom a part asks is found in the ring, where all of them are.
        for other in parts(settings):
            calls += [ToWorkload(other.name, port, namespace) for port in (GRPC_PORT, GOSSIP_PORT)]
    if part.target == "query-frontend":
        calls.append(ToWorkload("loki-querier", HTTP_PORT, namespace))
    if part.evaluates_rules:
        calls.append(ToWorkload(alertmanager.NAME, alertmanager.PORT, namespace))
    return calls
