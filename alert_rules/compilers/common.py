"""What the compilers take and give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from alert_rules.model import Severity
from alert_rules.overrides import Override


def of_services(names: Sequence[str]) -> str:
    """The label matcher of the services of those names, which are DNS labels: nothing to escape."""
    return f'service="{names[0]}"' if len(names) == 1 else f'service=~"{"|".join(names)}"'


@dataclass(frozen=True)
class Links:
    """Where the pages are that alerts point to; base addresses without a trailing slash."""

    runbooks: str
    grafana: str

    def runbook(self, alert: str) -> str:
        """The runbook page of an alert."""
        return f"{self.runbooks}/{alert}.md"

    def dashboard(self, name: str, service: str | None = None) -> str:
        """A Grafana dashboard by name (vigil's dashboards carry their name as uid), narrowed to a service."""
        return f"{self.grafana}/d/{name}" + (f"?var-service={service}" if service else "")


@dataclass(frozen=True)
class ServiceScope:
    """A declared service as the rules see it; `scraped` says whether Prometheus reads metrics of it."""

    name: str
    team: str
    overrides: Mapping[str, Override] = field(default_factory=dict)
    scraped: bool = True


@dataclass(frozen=True)
class ResourceScope:
    """An AWS resource under alarm as the catalogue sees it."""

    name: str
    kind: str
    service: str
    team: str
    dimensions: Mapping[str, str]
    target: Mapping[str, str] | None = None
    overrides: Mapping[str, Override] = field(default_factory=dict)


@dataclass(frozen=True)
class CompiledAlert:
    """One line of the alert table: an alert in one scope of one environment."""

    name: str
    engine: str
    severity: Severity
    source: str
    scope: str
    condition: str
    runbook_url: str
    dashboard_url: str
    platform: str | None = None
    """Where the watched service runs, for alerts whose remediation acts on that platform."""
