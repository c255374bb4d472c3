"""Grafana: data sources and dashboards provisioned from code, no default password."""

from __future__ import annotations

import configparser
import io
import json
from collections.abc import Mapping
from typing import Any

from alert_rules import yaml12
from components.kubernetes import prometheus
from components.kubernetes.network import Admit, ToWorkload
from components.kubernetes.secrets import SecretFile, secret_file
from components.kubernetes.sizes import SIZES
from components.kubernetes.spec import ConfigFiles, Volume, WorkloadSpec
from components.settings.model import Settings
from components.versions import GRAFANA

NAME = "grafana"
PORT = 3000
USER = 472
"""The user id that Grafana's image was made for."""

DASHBOARDS = "/etc/grafana/dashboards"
PROVISIONING = "/etc/grafana/provisioning"


def spec(settings: Settings, dashboards: Mapping[str, dict[str, Any]]) -> WorkloadSpec:
    """How Grafana is run, showing `dashboards` (uid → dashboard)."""
    namespace = settings.kubernetes.namespace
    password = admin_password(settings)
    ingress = settings.kubernetes.ingress_namespace
    return WorkloadSpec(
        name=NAME,
        namespace=namespace,
        kind="StatefulSet",
        image=GRAFANA,
        args=["--config=/etc/grafana/config/grafana.ini"],
        resources=SIZES[settings.kubernetes.size][NAME],
        port=PORT,
        ready="/api/health",
        live="/api/health",
        user=USER,
        config=[
            ConfigFiles("/etc/grafana/config", {"grafana.ini": ini(configuration(settings, password.path))}),
            ConfigFiles(
                f"{PROVISIONING}/datasources",
                {"datasources.yaml": yaml12.dump(data_sources(settings))},
                name="datasources",
            ),
            ConfigFiles(f"{PROVISIONING}/dashboards", {"providers.yaml": yaml12.dump(providers())}, name="providers"),
            # Grafana reads these files again every half minute; a new dashboard needs no restart.
            ConfigFiles(DASHBOARDS, _files(dashboards), live=True, name="dashboards"),
        ],
        secrets=[password],
        scratch=["/tmp"],  # noqa: S108 - a path in the container
        volume=Volume("/var/lib/grafana", int(settings.grafana.volume.value), settings.kubernetes.storage_class),
        calls=[ToWorkload(prometheus.NAME, prometheus.PORT, namespace)],
        admits=[Admit(ingress, PORT)] if ingress else [],
    )


def admin_password(settings: Settings) -> SecretFile:
    """The file with the administrator's password; the settings' checks have seen to it that there is one."""
    secret = settings.grafana_admin_password
    if secret is None:
        raise ValueError("grafana_admin_password is not set")
    return secret_file("grafana_admin_password", secret, settings.kubernetes.namespace)


def configuration(settings: Settings, password_file: str) -> dict[str, dict[str, str]]:
    """grafana.ini by section. The administrator's password is read from a file, never from the environment."""
    https = settings.links.grafana.startswith("https://")
    return {
        "server": {"root_url": settings.links.grafana},
        "security": {
            "admin_user": "admin",
            "admin_password": f"$__file{{{password_file}}}",
            "cookie_secure": str(https).lower(),
            "strict_transport_security": str(https).lower(),
            "disable_gravatar": "true",
        },
        "users": {"allow_sign_up": "false"},
        "auth.anonymous": {"enabled": "false"},
        "analytics": {"reporting_enabled": "false", "check_for_updates": "false", "check_for_plugin_updates": "false"},
        "plugins": {"preinstall_disabled": "true"},
        "paths": {"provisioning": PROVISIONING, "data": "/var/lib/grafana", "plugins": "/var/lib/grafana/plugins"},
        "log": {"mode": "console"},
        "log.console": {"format": "json"},
        "dashboards": {"default_home_dashboard_path": f"{DASHBOARDS}/main.json"},
    }


def ini(sections: Mapping[str, Mapping[str, str]]) -> str:
    """Sections as the text of an ini file."""
    parser = configparser.RawConfigParser()
    parser.read_dict(sections)
    text = io.StringIO()
    parser.write(text)
    return text.getvalue().strip() + "\n"


def data_sources(settings: Settings) -> dict[str, Any]:
    """The data sources, not editable in the browser: what is shown is what is in code."""
    url = f"http://{prometheus.NAME}.{settings.kubernetes.namespace}.svc:{prometheus.PORT}"
    source = {
        "name": "Prometheus",
        "uid": "prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": url,
        "isDefault": True,
        "editable": False,
        "jsonData": {"httpMethod": "POST", "timeInterval": "15s", "prometheusType": "Prometheus"},
    }
    return {"apiVersion": 1, "prune": True, "datasources": [source]}


def providers() -> dict[str, Any]:
    """Where Grafana finds the dashboards."""
    provider = {
        "name": "vigil",
        "folder": "vigil",
        "type": "file",
        "disableDeletion": True,
        "allowUiUpdates": False,
        "updateIntervalSeconds": 30,
        "options": {"path": DASHBOARDS},
    }
    return {"apiVersion": 1, "providers": [provider]}


def _files(dashboards: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    return {f"{uid}.json": json.dumps(body, indent=2, sort_keys=True) + "\n" for uid, body in dashboards.items()}
