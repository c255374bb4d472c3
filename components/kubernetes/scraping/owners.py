"""Who owns what the cluster's own exporters speak of: the team of a namespace, where there is exactly one."""

from __future__ import annotations

from collections.abc import Sequence

from components.kubernetes.scraping.jobs import Job
from components.settings.services import Service


def owner_rules(services: Sequence[Service], *, job: str) -> list[Job]:
    """Relabelling rules for series of that job with a label `namespace`: to the team whose services alone are there."""
    return [
        {
            "source_labels": ["job", "namespace"],
            "regex": f"{job};({'|'.join(namespaces)})",
            "target_label": "team",
            "replacement": team,
        }
        for team, namespaces in _namespaces_by_team(services).items()
    ]


def _namespaces_by_team(services: Sequence[Service]) -> dict[str, list[str]]:
    teams: dict[str, set[str]] = {}
    for service in services:
        if service.runs_on.kubernetes:
            teams.setdefault(service.runs_on.kubernetes.namespace, set()).add(service.team)
    owned: dict[str, list[str]] = {}
    for namespace, owners in sorted(teams.items()):
        if len(owners) == 1:
            owned.setdefault(next(iter(owners)), []).append(namespace)
    return dict(sorted(owned.items()))
