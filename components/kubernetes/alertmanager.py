"""Alertmanager: how it is run, as a cluster that forgets nothing at a restart."""

from __future__ import annotations

from importlib import resources

from components.access import AwsAccess
from components.kubernetes import receivers
from components.kubernetes.addresses import pod_host, port_of, tool_url, url
from components.kubernetes.network import Call, ToAnywhere, ToWorkload
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import METRICS, ConfigFiles, Port, Probe, Volume, WorkloadSpec
from components.settings.model import Settings
from components.versions import ALERTMANAGER

NAME = "alertmanager"
PORT = 9093
PEER_PORT = 9094
ZONES = "/etc/zoneinfo"

PEER_TIMEOUT = 2
"""Seconds for which each replica waits for the one before it to notify. All of them together must wait for less than
the shortest group_interval, or the last notifies "firing" of what the first has resolved already (default: 15)."""


def addresses(settings: Settings) -> list[str]:
    """host:port of every replica: Prometheus tells each of them, and they agree who notifies."""
    return [f"{pod_host(settings, NAME, replica)}:{PORT}" for replica in range(settings.alertmanager.replicas)]


def spec(settings: Settings, configuration_text: str) -> WorkloadSpec:
    """How Alertmanager is run with this configuration."""
    replicas = settings.alertmanager.replicas
    files = {"alertmanager.yaml": configuration_text, receivers.TEMPLATES: receivers.TEMPLATE_TEXT}
    peers = [Port("peer-tcp", PEER_PORT), Port("peer-udp", PEER_PORT, "UDP")] if replicas > 1 else []
    return WorkloadSpec(
        name=NAME,
        namespace=settings.kubernetes.namespace,
        kind="StatefulSet",
        image=ALERTMANAGER,
        args=[
            "--config.file=/etc/alertmanager/alertmanager.yaml",
            "--storage.path=/alertmanager",
            f"--web.external-url={external_url(settings)}",
            "--web.route-prefix=/",
            *_cluster(settings),
        ],
        resources=SIZES[settings.kubernetes.size][NAME],
        ports=[Port(METRICS, PORT), *peers],
        ready=Probe(METRICS, "/-/ready"),
        live=Probe(METRICS, "/-/healthy"),
        replicas=replicas,
        finds_peers=True,
        config=[ConfigFiles("/etc/alertmanager", files), *_time_zones(settings)],
        environment={"ZONEINFO": ZONES} if settings.maintenance else {},
        secrets=receivers.secret_files(settings),
        # Silences and the notification log survive a restart: nothing is sent twice, nothing silenced is sent.
        volume=Volume("/alertmanager", int(settings.alertmanager.volume.value), settings.kubernetes.storage_class),
        grace_seconds=120,
        aws=[AwsAccess.PUBLISH_ALERTS] if settings.aws.enabled else [],
        calls=_calls(settings),
    )


def external_url(settings: Settings) -> str:
    """Where a browser finds Alertmanager, or at least something in the cluster does."""
    return tool_url(settings, NAME) or url(settings, NAME, PORT)


def _cluster(settings: Settings) -> list[str]:
    replicas = settings.alertmanager.replicas
    if replicas == 1:
        return ["--cluster.listen-address="]
    peers = [f"--cluster.peer={pod_host(settings, NAME, replica)}:{PEER_PORT}" for replica in range(replicas)]
    return [f"--cluster.listen-address=0.0.0.0:{PEER_PORT}", f"--cluster.peer-timeout={PEER_TIMEOUT}s", *peers]


def _time_zones(settings: Settings) -> list[ConfigFiles]:
    """The rules of the time zones that maintenance windows name. The image has no time zone database of its own."""
    names = sorted({window.timezone for window in settings.maintenance})
    zones = resources.files("tzdata.zoneinfo")
    files: dict[str, str | bytes] = {name: zones.joinpath(*name.split("/")).read_bytes() for name in names}
    return [ConfigFiles(ZONES, files, name="zones")] if files else []


def _calls(settings: Settings) -> list[Call]:
    out = {443}
    if settings.receivers.email:
        out.add(port_of(settings.receivers.email.smarthost))
    calls: list[Call] = [ToAnywhere(tuple(sorted(out)), "receivers outside the cluster")]
    if settings.receivers.webhook or settings.heartbeat_url:
        calls.append(ToAnywhere((80, 8080), "webhooks, whose addresses are secret"))
    if settings.alertmanager.replicas > 1:
        calls.append(ToWorkload(NAME, PEER_PORT, settings.kubernetes.namespace, ("TCP", "UDP")))
    return calls
