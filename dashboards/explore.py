"""Links of a dashboard to the logs and traces of its service, and to other dashboards."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from grafana_foundation_sdk.builders import dashboard as settings
from grafana_foundation_sdk.models import dashboard

_TIME_SHOWN = {"from": "${__from}", "to": "${__to}"}
"""The dashboard's time range: Grafana fills it in when the link is opened."""


def logs(service: str) -> settings.DashboardLink:
    """To the service's log lines in Explore."""
    return _explore("Logs", "loki", {"expr": f'{{service="{service}"}}'})


def traces(service: str) -> settings.DashboardLink:
    """To the service's traces in Explore."""
    return _explore("Traces", "jaeger", {"queryType": "search", "service": service})


def others(title: str, tag: str) -> settings.DashboardLink:
    """A list of every dashboard with the tag, which keep the time range."""
    link = settings.DashboardLink(title).type(dashboard.DashboardLinkType.DASHBOARDS).tags([tag])
    return link.as_dropdown(True).keep_time(True)


def _explore(title: str, source: str, query: dict[str, str]) -> settings.DashboardLink:
    asked = {"refId": "A", "datasource": {"type": source, "uid": source}, **query}
    panes: dict[str, Any] = {"vigil": {"datasource": source, "queries": [asked], "range": _TIME_SHOWN}}
    text = quote(json.dumps(panes, separators=(",", ":")), safe="${}:,")
    link = settings.DashboardLink(title).type(dashboard.DashboardLinkType.LINK).icon("external link")
    return link.url(f"/explore?schemaVersion=1&orgId=1&panes={text}").target_blank(True)
