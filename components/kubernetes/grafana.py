"""Grafana: how it is run, who may sign in, and what is provisioned from code."""

from __future__ import annotations

import configparser
import io
from collections.abc import Iterator, Mapping
from typing import Any

from alert_rules import json_text, yaml12
from alert_rules.names import shortened
from components.access import AwsAccess
from components.kubernetes.addresses import port_of
from components.kubernetes.data_sources import calls, data_sources
from components.kubernetes.network import Admit, Call, ToAnywhere
from components.kubernetes.secrets import SecretFile, needed_files
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import METRICS, ConfigFiles, Port, Probe, Volume, WorkloadSpec
from components.settings.kubernetes import Database, SignIn
from components.settings.model import Settings
from components.versions import GRAFANA
from dashboards.board import Body

NAME = "grafana"
PORT = 3000
USER = 472
"""The user id that Grafana's image was made for."""

DATA = "/var/lib/grafana"
DASHBOARDS = "/etc/grafana/dashboards"
PROVISIONING = "/etc/grafana/provisioning"

Folders = Mapping[str, Mapping[str, Body]]
"""Folder → uid → dashboard."""

_FULL = 900_000
"""Bytes of dashboards in one ConfigMap; etcd takes an object of 1 MiB, metadata included."""

_LONGEST_VOLUME_NAME = 63
"""Characters: it is a DNS label."""

Ini = dict[str, dict[str, str]]


def spec(settings: Settings, dashboards: Folders) -> WorkloadSpec:
    """How Grafana is run, showing `dashboards`. With a database of its own elsewhere it keeps nothing, and may be
    several; else it is one, on a volume."""
    shared = settings.grafana.database is not None
    volume = Volume(DATA, int(settings.grafana.volume.value), settings.kubernetes.storage_class)
    visitors = settings.access.traffic_from
    return WorkloadSpec(
        name=NAME,
        namespace=settings.kubernetes.namespace,
        kind="Deployment" if shared else "StatefulSet",
        image=GRAFANA,
        args=["--config=/etc/grafana/config/grafana.ini"],
        resources=SIZES[settings.kubernetes.size][NAME],
        ports=[Port(METRICS, PORT)],
        # Ready says whether its database answers, which no restart of Grafana mends.
        ready=Probe(METRICS, "/api/health"),
        live=Probe(METRICS),
        replicas=settings.grafana.replicas,
        user=USER,
        config=_config(settings, dashboards),
        secrets=secret_files(settings),
        scratch={"/tmp": "256Mi"} | ({DATA: "256Mi"} if shared else {}),  # noqa: S108 - a path in the container
        volume=None if shared else volume,
        aws=[AwsAccess.READ_CLOUDWATCH] if settings.aws.enabled else [],
        calls=[*calls(settings), *_outside(settings)],
        admits=[Admit(visitors, PORT)] if visitors else [],
    )


def _config(settings: Settings, dashboards: Folders) -> list[ConfigFiles]:
    sources = yaml12.dump(data_sources(settings))
    return [
        ConfigFiles("/etc/grafana/config", {"grafana.ini": ini(configuration(settings))}),
        ConfigFiles(f"{PROVISIONING}/datasources", {"datasources.yaml": sources}, name="datasources"),
        ConfigFiles(f"{PROVISIONING}/dashboards", {"providers.yaml": yaml12.dump(providers())}, name="providers"),
        # Grafana reads these files again every half minute; a new dashboard needs no restart.
        *(files for folder, bodies in dashboards.items() for files in _folder(folder, bodies)),
    ]


def _folder(folder: str, dashboards: Mapping[str, Body]) -> Iterator[ConfigFiles]:
    """The files of a folder. One that is full goes on under the next number, as a folder of its own."""
    for number, files in enumerate(_pages(dashboards), start=1):
        name, directory = f"dashboards-{folder}", f"{DASHBOARDS}/{folder}"
        if number > 1:
            name, directory = f"dashboards{number}-{folder}", f"{directory}.{number}"
        yield ConfigFiles(directory, files, live=True, name=shortened(name, _LONGEST_VOLUME_NAME))


def _pages(dashboards: Mapping[str, Body]) -> list[dict[str, str]]:
    """The dashboards as files, in as many parts as they fill."""
    pages: list[dict[str, str]] = []
    free = 0
    for uid, body in dashboards.items():
        text = json_text.by_line(body)
        size = len(text.encode())
        if size > free or not pages:
            pages.append({})
            free = _FULL
        pages[-1][f"{uid}.json"] = text
        free -= size
    return pages


def secret_files(settings: Settings) -> list[SecretFile]:
    """Its secrets as files."""
    wanted = ["grafana_admin_password", "grafana_secret_key"]
    wanted += ["grafana_database_password"] if settings.grafana.database else []
    wanted += ["sign_in_client_secret"] if settings.sign_in else []
    return needed_files(settings, wanted)


def _outside(settings: Settings) -> list[Call]:
    ports = {}
    if settings.grafana.database:
        ports[port_of(settings.grafana.database.host)] = "its database"
    if settings.sign_in:
        for address in (settings.sign_in.token_url, settings.sign_in.userinfo_url):
            ports[port_of(address)] = "the sign-in provider"
    return [ToAnywhere((port,), reason) for port, reason in sorted(ports.items())]


def configuration(settings: Settings) -> Ini:
    """grafana.ini by section. Secrets are read from files, never from the environment."""
    https = settings.links.grafana.startswith("https://")
    paths = {file.name: f"$__file{{{file.path}}}" for file in secret_files(settings)}
    sections: Ini = {
        "server": {"root_url": settings.links.grafana, "enable_gzip": "true"},
        "security": {
            "admin_user": "admin",
            "admin_password": paths["grafana-admin-password"],
            # The default is the same in every Grafana of the world.
            "secret_key": paths["grafana-secret-key"],
            "cookie_secure": str(https).lower(),
            "strict_transport_security": str(https).lower(),
            "content_security_policy": "true",
            "disable_gravatar": "true",
        },
        # Whoever may look may also look closer: Explore is where links to logs and traces lead. Nothing can be saved.
        "users": {"allow_sign_up": "false", "auto_assign_org_role": "Viewer", "viewers_can_edit": "true"},
        "auth": {},
        "auth.anonymous": {"enabled": "false"},
        # Rules are evaluated by Prometheus and Loki alone; their alerts and silences are shown here.
        "unified_alerting": {"enabled": "true", "execute_alerts": "false"},
        "metrics": {"enabled": "true", "disable_total_stats": "true"},
        "analytics": {"reporting_enabled": "false", "check_for_updates": "false", "check_for_plugin_updates": "false"},
        "snapshots": {"external_enabled": "false"},
        "news": {"news_feed_enabled": "false"},
        "plugins": {"preinstall_disabled": "true", "plugin_admin_enabled": "false"},
        "paths": {"provisioning": PROVISIONING, "data": DATA, "plugins": f"{DATA}/plugins"},
        "log": {"mode": "console"},
        "log.console": {"format": "json"},
        "dashboards": {"default_home_dashboard_path": f"{DASHBOARDS}/services/main.json"},
    }
    if settings.aws.enabled:
        sections["aws"] = {"allowed_auth_providers": "default", "assume_role_enabled": "false"}
    if settings.grafana.database:
        sections["database"] = _database(settings.grafana.database, paths["grafana-database-password"])
    if settings.sign_in:
        # The administrator's password is for the day the provider is down: /login?disableAutoLogin.
        sections["auth.generic_oauth"] = _sign_in(settings.sign_in, paths["sign-in-client-secret"])
        sections["auth.basic"] = {"enabled": "false"}
    return {name: keys for name, keys in sections.items() if keys}


def _database(database: Database, password: str) -> dict[str, str]:
    return {
        "type": "postgres",
        "host": database.host,
        "name": database.name,
        "user": database.user,
        "password": password,
        "ssl_mode": database.ssl_mode,
        "max_open_conn": "20",
    }


def _sign_in(provider: SignIn, client_secret: str) -> dict[str, str]:
    return {
        "enabled": "true",
        "name": "single sign-on",
        "allow_sign_up": "true",
        "auto_login": "true",
        "client_id": provider.client_id,
        "client_secret": client_secret,
        "scopes": "openid profile email groups",
        "auth_url": provider.authorize_url,
        "token_url": provider.token_url,
        "api_url": provider.userinfo_url,
        "use_pkce": "true",
        "email_attribute_path": "email",
        "login_attribute_path": "preferred_username || email",
        "allowed_domains": " ".join(provider.email_domains),
        "role_attribute_path": _roles(provider),
        "role_attribute_strict": "true",
    }


def _roles(provider: SignIn) -> str:
    """A JMESPath expression: the role of whoever signs in, by the groups that the provider says."""
    by_group = [(provider.admin_group, "Admin"), (provider.editor_group, "Editor")]
    found = [f"contains(groups[*] || `[]`, '{group}') && '{role}'" for group, role in by_group if group]
    return " || ".join([*found, "'Viewer'"])


def ini(sections: Mapping[str, Mapping[str, str]]) -> str:
    """Sections as the text of an ini file."""
    parser = configparser.RawConfigParser()
    parser.read_dict(sections)
    text = io.StringIO()
    parser.write(text)
    return text.getvalue().strip() + "\n"


def providers() -> dict[str, Any]:
    """Where Grafana finds the dashboards: a directory a folder. A dashboard whose file is gone goes too; nobody can
    delete one whose file is there."""
    provider = {
        "name": "vigil",
        "type": "file",
        "disableDeletion": False,
        "allowUiUpdates": False,
        "updateIntervalSeconds": 30,
        "options": {"path": DASHBOARDS, "foldersFromFilesStructure": True},
    }
    return {"apiVersion": 1, "providers": [provider]}
