"""The one model of an alert, whatever it came from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from lambdas.common import checks

SUMMARY_LIMIT = 512  # characters
DESCRIPTION_LIMIT = 4096  # characters

# After a quarter of an hour the alert describes a system that no longer exists: the message sat in a queue,
# or Alertmanager repeats a long-firing alert. People still want to hear of it; nothing may act by itself.
FRESH = timedelta(minutes=15)


class Severity(StrEnum):
    """How bad, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


class Status(StrEnum):
    """Whether the condition holds."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Source(StrEnum):
    """The engine that evaluated the rule."""

    CLOUDWATCH = "cloudwatch"
    PROMETHEUS = "prometheus"


@dataclass(frozen=True)
class Target:
    """What a remediation acts on: its kind (ecs) and the names that identify it (cluster, service)."""

    kind: str
    names: Mapping[str, str]

    @classmethod
    def read(cls, value: object, path: str) -> "Target | None":
        """Return the target in the JSON value, None for null. Raises Invalid."""
        if value is None:
            return None
        names = checks.labels(value, path)
        return cls(kind=checks.text(names.pop("kind", None), f"{path}.kind"), names=names)

    @property
    def key(self) -> str:
        """One text that identifies the target, the same whatever the order of its names."""
        return "/".join([self.kind, *(value for _, value in sorted(self.names.items()))])

    def to_json(self) -> dict[str, str]:
        """Return what `read` takes."""
        return {"kind": self.kind, **self.names}


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One state of one alert. Times are aware UTC. Labels identify it and stay the same while it lives."""

    name: str
    status: Status
    severity: Severity
    service: str
    team: str
    environment: str
    source: Source
    changed_at: datetime
    labels: Mapping[str, str]
    started_at: datetime | None = None  # None: the source does not say (CloudWatch, when resolved)
    summary: str = ""
    description: str = ""
    runbook_url: str = ""
    dashboard_url: str = ""
    remediation: str | None = None
    target: Target | None = None
    first_data: bool = False  # resolved because data has come, as after every deploy, not because it recovered
    # When its message was sent, for the router alone: another message of the same change is the same alert.
    sent_at: datetime | None = field(default=None, compare=False)

    @cached_property
    def fingerprint(self) -> str:
        """Identify the alert; the same while it fires and when it is resolved.

        Severity is part of it: an alarm outside the catalogue that sends to two topics is two alerts, so that
        the milder one, when it arrives first, cannot hide the worse.
        """
        identity = [self.source, self.name, self.service, self.environment, self.severity]
        document = json.dumps([*identity, sorted(self.labels.items())])
        return hashlib.sha256(document.encode()).hexdigest()[:32]

    @cached_property
    def transition_id(self) -> str:
        """Identify this change of the alert."""
        return f"{self.fingerprint}#{iso(self.changed_at)}#{self.status}"

    def is_fresh(self, now: datetime) -> bool:
        """Tell whether the change is recent enough to act upon."""
        return now - self.changed_at <= FRESH

    def to_json(self) -> dict[str, Any]:
        """Return the alert for an event, with its derived ids for readers that are not vigil's."""
        derived = {"fingerprint": self.fingerprint, "transition_id": self.transition_id}
        times = {
            "changed_at": iso(self.changed_at),
            "started_at": iso(self.started_at) if self.started_at else None,
        }
        target = self.target.to_json() if self.target else None
        own = {name: value for name, value in vars(self).items() if name != "sent_at"}
        return {**own, **times, **derived, "labels": dict(self.labels), "target": target}

    @classmethod
    def from_json(cls, value: object, path: str = "alert") -> "Alert":
        """Return the alert that `to_json` wrote. Raises Invalid for anything else."""
        data = checks.mapping(value, path)
        started_at = data.get("started_at")
        return cls(
            name=checks.text(data.get("name"), f"{path}.name"),
            status=checks.choice(Status, data.get("status"), f"{path}.status"),
            severity=checks.choice(Severity, data.get("severity"), f"{path}.severity"),
            service=checks.text(data.get("service"), f"{path}.service"),
            team=checks.text(data.get("team"), f"{path}.team"),
            environment=checks.text(data.get("environment"), f"{path}.environment"),
            source=checks.choice(Source, data.get("source"), f"{path}.source"),
            changed_at=checks.instant(data.get("changed_at"), f"{path}.changed_at"),
            started_at=checks.instant(started_at, f"{path}.started_at") if started_at else None,
            labels=checks.labels(data.get("labels"), f"{path}.labels"),
            summary=checks.prose(data.get("summary"), f"{path}.summary", limit=SUMMARY_LIMIT),
            description=checks.prose(data.get("description"), f"{path}.description", limit=DESCRIPTION_LIMIT),
            runbook_url=checks.url(data.get("runbook_url")),
            dashboard_url=checks.url(data.get("dashboard_url")),
            remediation=checks.optional_text(data.get("remediation"), f"{path}.remediation") or None,
            target=Target.read(data.get("target"), f"{path}.target"),
            first_data=data.get("first_data") is True,
        )


def iso(moment: datetime) -> str:
    """Return an aware UTC time in one fixed width, so that text order is time order."""
    return moment.isoformat(timespec="microseconds")
