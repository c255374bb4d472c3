"""policy.json: everything that the deploy tells the alert router. Read by lambdas/common/policy.py. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alert_rules import loader
from alert_rules.compilers.cloudwatch import CompiledAlarm
from alert_rules.compilers.common import Links
from alert_rules.model import Severity
from alert_rules.quantities import Unit
from components import manifests
from components.aws.alarms import alarm_name
from components.aws.context import AwsContext
from components.aws.dashboards import dashboard_url
from components.manifests import FunctionManifest
from components.routing import remediation_mode
from components.settings.model import RemediationAction, Settings
from components.settings.services import Service

VERSION = 1

Document = dict[str, Any]


def policy_document(
    settings: Settings,
    *,
    context: AwsContext,
    alarms: Iterable[CompiledAlarm],
    topics: Mapping[str, Severity],
    links: Links,
) -> Document:
    """The policy of one environment; `topics` says the severity of each topic by ARN."""
    return {
        "version": VERSION,
        "environment": context.environment,
        "alarms": {alarm_name(context.environment, a): _alarm(a, context) for a in alarms},
        "alerts": {alert.name: _alert(alert.name, links) for alert in loader.builtin().rules},
        "services": {service.name: _service(service) for service in settings.services},
        "topics": {arn: severity.value for arn, severity in topics.items()},
        "routes": {severity.value: _routes(settings, severity) for severity in Severity},
        "remediation": {name: _remediation(settings, m) for name, m in manifests.remediations().items()},
    }


def _alarm(alarm: CompiledAlarm, context: AwsContext) -> Document:
    action = manifests.remediation_for(alarm.alert)
    return {
        "alert": alarm.alert,
        "resource": alarm.resource.name,
        "service": alarm.resource.service,
        "team": alarm.resource.team,
        "severity": alarm.severity.value,
        "summary": alarm.summary,
        "runbook_url": alarm.line.runbook_url,
        "dashboard_url": dashboard_url(alarm.line.dashboard_url, context=context),
        "remediation": action,
        "target": _target(alarm.resource.target, [manifests.remediations()[action]] if action else []),
    }


def _alert(name: str, links: Links) -> Document:
    return {"remediation": manifests.remediation_for(name), "runbook_url": links.runbook(name)}


def _service(service: Service) -> Document:
    platform = service.runs_on.platforms[0]
    place = {"kind": platform, **getattr(service.runs_on, platform).model_dump(exclude_none=True)}
    return {"team": service.team, "target": _target(place, manifests.remediations().values())}


def _target(place: Mapping[str, str] | None, actions: Iterable[FunctionManifest]) -> Document | None:
    """What the actions would act on: the place, where one of them is for its kind of platform."""
    fits = place is not None and any(action.target == place["kind"] for action in actions)
    return dict(place) if place is not None and fits else None


def _routes(settings: Settings, severity: Severity) -> Sequence[Document]:
    slack = settings.receivers.slack
    destination = slack.channels.get(severity) if slack else None
    return [{"channel": "slack", "destination": destination}] if destination else []


def _remediation(settings: Settings, manifest: FunctionManifest) -> Document:
    """How far an action may go: its mode, and its own limits over the manifest's."""
    own = settings.remediation.actions.get(manifest.name, RemediationAction())
    limits = {}
    for name, parameter in manifest.limits.items():
        key = f"{name}_seconds" if parameter.unit is Unit.DURATION else name
        limits[key] = int(parameter.resolve(own.limits.get(name, parameter.default)).value)
    return {"mode": remediation_mode(settings, manifest.name), "limits": limits}
