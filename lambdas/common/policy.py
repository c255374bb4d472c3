"""The policy that the deploy writes into the package: what each alarm means and what is done about it.

The file is produced by vigil's deploy and travels in the same zip as this code, so it is read strictly: a
wrong policy fails the first invocation with a clear error instead of routing alerts wrongly.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from lambdas.common import checks
from lambdas.common.alert import SUMMARY_LIMIT, Severity, Target
from lambdas.common.checks import Invalid

VERSION = 1


class PolicyError(RuntimeError):
    """policy.json is missing or wrong; the message names the key."""


class Mode(StrEnum):
    """How far a remediation may go."""

    OFF = "off"
    DRY_RUN = "dry_run"
    AUTOMATIC = "automatic"


@dataclass(frozen=True)
class CatalogueAlarm:
    """What the catalogue knows of one CloudWatch alarm."""

    alert: str
    resource: str
    service: str
    team: str
    severity: Severity
    summary: str
    runbook_url: str
    dashboard_url: str
    remediation: str | None
    target: Target | None

    @classmethod
    def read(cls, value: object, path: str) -> "CatalogueAlarm":
        """Return one entry of `alarms`. Raises Invalid."""
        data = checks.mapping(value, path, keys=tuple(cls.__dataclass_fields__))
        return cls(
            alert=checks.text(data.get("alert"), f"{path}.alert"),
            resource=checks.text(data.get("resource"), f"{path}.resource"),
            service=checks.text(data.get("service"), f"{path}.service"),
            team=checks.text(data.get("team"), f"{path}.team"),
            severity=checks.choice(Severity, data.get("severity"), f"{path}.severity"),
            summary=checks.prose(data.get("summary"), f"{path}.summary", limit=SUMMARY_LIMIT),
            runbook_url=checks.optional_text(data.get("runbook_url"), f"{path}.runbook_url"),
            dashboard_url=checks.optional_text(data.get("dashboard_url"), f"{path}.dashboard_url"),
            remediation=checks.optional_text(data.get("remediation"), f"{path}.remediation") or None,
            target=Target.read(data.get("target"), f"{path}.target"),
        )


@dataclass(frozen=True)
class CatalogueAlert:
    """What the catalogue adds to one Prometheus alert."""

    remediation: str | None
    runbook_url: str

    @classmethod
    def read(cls, value: object, path: str) -> "CatalogueAlert":
        """Return one entry of `alerts`. Raises Invalid."""
        data = checks.mapping(value, path, keys=("remediation", "runbook_url"))
        return cls(
            remediation=checks.optional_text(data.get("remediation"), f"{path}.remediation") or None,
            runbook_url=checks.optional_text(data.get("runbook_url"), f"{path}.runbook_url"),
        )


@dataclass(frozen=True)
class Service:
    """Who owns a service, and what runs it."""

    team: str
    target: Target | None

    @classmethod
    def read(cls, value: object, path: str) -> "Service":
        """Return one entry of `services`. Raises Invalid."""
        data = checks.mapping(value, path, keys=("team", "target"))
        return cls(
            team=checks.text(data.get("team"), f"{path}.team"),
            target=Target.read(data.get("target"), f"{path}.target"),
        )


@dataclass(frozen=True)
class Route:
    """One place where people are told: a channel (slack) and an address in it (#alerts-critical)."""

    channel: str
    destination: str

    @classmethod
    def read(cls, value: object, path: str) -> "Route":
        """Return one entry of a severity's routes. Raises Invalid."""
        data = checks.mapping(value, path, keys=("channel", "destination"))
        return cls(
            channel=checks.text(data.get("channel"), f"{path}.channel"),
            destination=checks.text(data.get("destination"), f"{path}.destination"),
        )


@dataclass(frozen=True)
class Remediation:
    """How far one action may go, and its limits (durations in seconds)."""

    mode: Mode
    limits: Mapping[str, int]

    @classmethod
    def read(cls, value: object, path: str) -> "Remediation":
        """Return one entry of `remediation`. Raises Invalid."""
        data = checks.mapping(value, path, keys=("mode", "limits"))
        limits = checks.mapping(data.get("limits"), f"{path}.limits")
        return cls(
            mode=checks.choice(Mode, data.get("mode"), f"{path}.mode"),
            limits={name: checks.whole(limit, f"{path}.limits.{name}") for name, limit in limits.items()},
        )


@dataclass(frozen=True)
class Policy:
    """Everything the deploy tells the router."""

    environment: str
    alarms: Mapping[str, CatalogueAlarm] = field(default_factory=dict)
    alerts: Mapping[str, CatalogueAlert] = field(default_factory=dict)
    services: Mapping[str, Service] = field(default_factory=dict)
    topics: Mapping[str, Severity] = field(default_factory=dict)
    routes: Mapping[Severity, tuple[Route, ...]] = field(default_factory=dict)
    remediation: Mapping[str, Remediation] = field(default_factory=dict)

    @classmethod
    def read(cls, value: object) -> "Policy":
        """Return the policy in the decoded JSON. Raises PolicyError."""
        try:
            return _policy(value)
        except Invalid as error:
            raise PolicyError(f"policy.json: {error}") from None


@cache
def load() -> Policy:
    """Return the policy of this package, read once. Raises PolicyError."""
    path = Path(os.environ["LAMBDA_TASK_ROOT"]) / "policy.json"
    try:
        return Policy.read(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise PolicyError(f"{path}: {error}") from error


def _policy(value: object) -> Policy:
    data = checks.mapping(value, "top", keys=("version", *Policy.__dataclass_fields__))
    if data.get("version") != VERSION:
        raise Invalid(f"version: {checks.shown(data.get('version'))} is not {VERSION}")
    return Policy(
        environment=checks.text(data.get("environment"), "environment"),
        alarms=_table(data, "alarms", CatalogueAlarm.read),
        alerts=_table(data, "alerts", CatalogueAlert.read),
        services=_table(data, "services", Service.read),
        topics=_table(data, "topics", lambda value, path: checks.choice(Severity, value, path)),
        routes=_routes(data.get("routes")),
        remediation=_table(data, "remediation", Remediation.read),
    )


def _table(data: Mapping[str, Any], key: str, read: Any) -> dict[str, Any]:
    return {name: read(value, f"{key}.{name}") for name, value in checks.mapping(data.get(key), key).items()}


def _routes(value: object) -> dict[Severity, tuple[Route, ...]]:
    # Every severity must be there, if only with an empty list: a forgotten one would drop alerts in silence.
    data = checks.mapping(value, "routes", keys=tuple(Severity))
    return {severity: _route_list(data.get(severity), f"routes.{severity}") for severity in Severity}


def _route_list(value: object, path: str) -> tuple[Route, ...]:
    routes = tuple(Route.read(item, f"{path}[{i}]") for i, item in enumerate(checks.sequence(value, path)))
    if len(set(routes)) != len(routes):
        raise Invalid(f"{path}: the same destination twice")
    return routes
