"""Elasticsearch, Logstash, Kibana and Filebeat: how they are run. None of it was run here; see tests/validators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from alert_rules import quantities, yaml12
from alert_rules.quantities import Unit
from components.kubernetes import elastic_configuration as configuration
from components.kubernetes import elastic_pipeline as pipeline
from components.kubernetes import pod_logs
from components.kubernetes.elastic_configuration import (
    CERTIFICATES,
    ELASTICSEARCH_SETTINGS,
    FILES,
    KIBANA,
    KIBANA_PORT,
    KIBANA_SECRETS,
    KIBANA_SETTINGS,
    LOGSTASH_SETTINGS,
    READINESS_PORT,
    TRANSPORT_PORT,
    USERS,
    is_cluster,
)
from components.kubernetes.elastic_pipeline import (
    BEATS_PORT,
    ELASTICSEARCH,
    FILEBEAT,
    FILEBEAT_API_PORT,
    LOGSTASH,
    LOGSTASH_API_PORT,
    SEARCH_PORT,
)
from components.kubernetes.exporters import host_namespace
from components.kubernetes.network import Call, ToWorkload
from components.kubernetes.secrets import SecretDirectory, SecretFile, needed_files
from components.kubernetes.sizes import SIZES, Resources
from components.kubernetes.spec import ConfigFiles, Port, Probe, Program, Volume, WorkloadSpec
from components.settings.model import Settings
from components.versions import ELASTICSEARCH as ELASTICSEARCH_IMAGE
from components.versions import FILEBEAT as FILEBEAT_IMAGE
from components.versions import KIBANA as KIBANA_IMAGE
from components.versions import LOGSTASH as LOGSTASH_IMAGE
from components.versions import Image

USER = 1000
"""The user id that the images of Elasticsearch, Logstash and Kibana were made for."""

_TMP = "/tmp"  # noqa: S108 - a path in the container
_SCRIPT = "prepare.sh"


def specs(settings: Settings) -> list[WorkloadSpec]:
    """The four of them; none where they are not enabled."""
    if not settings.elastic.enabled:
        return []
    return [elasticsearch(settings), logstash(settings), kibana(settings), filebeat(settings)]


def elasticsearch(settings: Settings) -> WorkloadSpec:
    """Elasticsearch: one node, or several that each keep a part and a copy of another's."""
    secrets = {setting: _secret(settings, setting) for _, setting in USERS.values()}
    files = {
        _SCRIPT: configuration.elasticsearch_script(settings, {name: file.path for name, file in secrets.items()}),
        "elasticsearch.yml": yaml12.dump(configuration.elasticsearch(settings)),
        "roles.yml": yaml12.dump(configuration.roles()),
        "settings.json": pipeline.operator_settings(settings),
        "vigil.options": configuration.JVM_OPTIONS,
    }
    environment = {"ES_PATH_CONF": ELASTICSEARCH_SETTINGS}
    pod_fields = {"POD_NAME": "metadata.name"}
    home = "/usr/share/elasticsearch"
    return WorkloadSpec(
        name=ELASTICSEARCH,
        namespace=settings.kubernetes.namespace,
        kind="StatefulSet",
        image=ELASTICSEARCH_IMAGE,
        resources=_resources(settings, ELASTICSEARCH),
        ports=[
            Port("http", SEARCH_PORT),
            Port("transport", TRANSPORT_PORT),
            Port("readiness", READINESS_PORT),
        ],
        ready=Probe("readiness"),
        # Not the cluster's health, which no restart of this node mends.
        live=Probe("transport"),
        replicas=settings.elastic.replicas,
        user=USER,
        prepared_by=[
            _prepared(
                settings,
                ELASTICSEARCH,
                ELASTICSEARCH_IMAGE,
                files,
                list(secrets.values()),
                environment=environment,
                pod_fields=pod_fields,
            )
        ],
        # Beside the settings Elasticsearch writes its keystore as it starts.
        shared={ELASTICSEARCH_SETTINGS: "16Mi"},
        secrets=_certificates(settings),
        scratch={_TMP: "256Mi", f"{home}/logs": "256Mi"},
        environment=environment,
        pod_fields=pod_fields,
        volume=Volume(f"{home}/data", int(settings.elastic.volume.value), settings.kubernetes.storage_class),
        finds_peers=is_cluster(settings),
        # What is in memory is written out first.
        grace_seconds=120,
        calls=_peers(settings),
    )


def _certificates(settings: Settings) -> list[SecretDirectory]:
    # Mounted as they are: Elasticsearch reads them again when they are renewed.
    name = settings.elastic.transport_secret
    return [SecretDirectory("transport", name, CERTIFICATES)] if name and is_cluster(settings) else []


def _peers(settings: Settings) -> list[Call]:
    if not is_cluster(settings):
        return []
    return [ToWorkload(ELASTICSEARCH, port, settings.kubernetes.namespace) for port in (TRANSPORT_PORT, READINESS_PORT)]


def logstash(settings: Settings) -> WorkloadSpec:
    """Logstash. It keeps nothing: while Elasticsearch takes no lines it takes none either, and Filebeat goes on from
    where it was. Lines that were taken and not written, some thousands, are lost with a pod that is killed."""
    password = _secret(settings, "elasticsearch_logstash_password")
    files = {
        _SCRIPT: configuration.logstash_script(password.path),
        "logstash.yml": yaml12.dump(pipeline.logstash()),
        "pipelines.yml": yaml12.dump(pipeline.pipelines(f"{LOGSTASH_SETTINGS}/pipeline")),
        "filter.conf": pipeline.FILTER,
        "output.conf": pipeline.output(settings),
    }
    resources = _resources(settings, LOGSTASH)
    return WorkloadSpec(
        name=LOGSTASH,
        namespace=settings.kubernetes.namespace,
        kind="Deployment",
        image=LOGSTASH_IMAGE,
        args=["--path.settings", LOGSTASH_SETTINGS],
        resources=resources,
        ports=[Port("beats", BEATS_PORT), Port("http", LOGSTASH_API_PORT)],
        ready=Probe("http", "/"),
        live=Probe("http"),
        replicas=_stateless_replicas(settings),
        user=USER,
        prepared_by=[_prepared(settings, LOGSTASH, LOGSTASH_IMAGE, files, [password])],
        shared={LOGSTASH_SETTINGS: "16Mi"},
        scratch={_TMP: "256Mi", "/usr/share/logstash/data": "64Mi", "/usr/share/logstash/logs": "64Mi"},
        environment={"LS_JAVA_OPTS": _heap(resources)},
        grace_seconds=60,
        calls=[ToWorkload(ELASTICSEARCH, SEARCH_PORT, settings.kubernetes.namespace)],
    )


def _heap(resources: Resources) -> str:
    """Half of the memory; the other half is for the connections' buffers and for JRuby itself."""
    mebibytes = int(quantities.parse(f"{resources.memory}B", Unit.BYTES).value / 2**20 / 2)
    return f"-Xms{mebibytes}m -Xmx{mebibytes}m"


def kibana(settings: Settings) -> WorkloadSpec:
    """Kibana. Its own sign-in stands behind that of the proxy: what a person may see is a matter of Elasticsearch's
    users, which `vigil-admin` makes."""
    secrets = [_secret(settings, name) for name in ("elasticsearch_kibana_password", "kibana_encryption_key")]
    script = configuration.kibana_script(*(file.path for file in secrets))
    public = ConfigFiles(KIBANA_SETTINGS, {"kibana.yml": yaml12.dump(configuration.kibana(settings))}, name="settings")
    return WorkloadSpec(
        name=KIBANA,
        namespace=settings.kubernetes.namespace,
        kind="Deployment",
        image=KIBANA_IMAGE,
        args=[
            "/usr/local/bin/kibana-docker",
            "--config",
            f"{KIBANA_SETTINGS}/kibana.yml",
            "--config",
            f"{KIBANA_SECRETS}/kibana.yml",
        ],
        resources=_resources(settings, KIBANA),
        ports=[Port("http", KIBANA_PORT)],
        # Answers without a password, and with 503 while Elasticsearch is missed.
        ready=Probe("http", f"{configuration.base_path(settings)}/api/status"),
        live=Probe("http"),
        replicas=_stateless_replicas(settings),
        user=USER,
        config=[public],
        prepared_by=[_prepared(settings, KIBANA, KIBANA_IMAGE, {_SCRIPT: script}, secrets)],
        shared={KIBANA_SECRETS: "1Mi"},
        scratch={_TMP: "256Mi", "/usr/share/kibana/data": "256Mi", "/usr/share/kibana/logs": "64Mi"},
        calls=[ToWorkload(ELASTICSEARCH, SEARCH_PORT, settings.kubernetes.namespace)],
    )


def filebeat(settings: Settings) -> WorkloadSpec:
    """Filebeat on every node. It reads the same logs as the collectors' agent, which sends them to Loki."""
    namespace = host_namespace(settings)
    configured = pipeline.filebeat(settings, namespace)
    return WorkloadSpec(
        name=FILEBEAT,
        namespace=namespace,
        kind="DaemonSet",
        image=FILEBEAT_IMAGE,
        args=["-e", "-c", "/etc/filebeat/filebeat.yml"],
        resources=_resources(settings, FILEBEAT),
        ports=[Port("http", FILEBEAT_API_PORT)],
        ready=Probe("http", "/"),
        live=Probe("http", "/"),
        config=[ConfigFiles("/etc/filebeat", {"filebeat.yml": yaml12.dump(configured)})],
        pod_fields={"NODE_NAME": "spec.nodeName"},
        # What it says of lines that were refused.
        scratch={"/usr/share/filebeat/logs": "64Mi"},
        host=pod_logs.access(pipeline.STATE),
        calls=[ToWorkload(LOGSTASH, BEATS_PORT, settings.kubernetes.namespace)],
    )


def _prepared(
    settings: Settings,
    name: str,
    image: Image,
    files: Mapping[str, str],
    secrets: Sequence[SecretFile],
    *,
    environment: Mapping[str, str] | None = None,
    pod_fields: Mapping[str, str] | None = None,
) -> Program:
    """The program that makes a workload's settings before it starts: a script in the workload's own image."""
    return Program(
        name=f"{name}-settings",
        image=image,
        command=["/bin/bash", f"{FILES}/{_SCRIPT}"],
        resources=_resources(settings, name),
        config=[ConfigFiles(FILES, files)],
        secrets=secrets,
        scratch={_TMP: "64Mi"},
        environment=environment or {},
        pod_fields=pod_fields or {},
    )


def _secret(settings: Settings, name: str) -> SecretFile:
    (file,) = needed_files(settings, [name])
    return file


def _resources(settings: Settings, name: str) -> Resources:
    return SIZES[settings.kubernetes.size][name]


def _stateless_replicas(settings: Settings) -> int:
    return 2 if is_cluster(settings) else 1
