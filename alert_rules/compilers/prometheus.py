"""Compiles Prometheus alerts into plain rule files, one a subject.

An override for one service renders a second rule for that service and excludes it from the first, so that each series
is watched exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alert_rules import quantities
from alert_rules.compilers.common import CompiledAlert, Links, ServiceScope
from alert_rules.model import PrometheusAlert, fill, texts
from alert_rules.overrides import Override, Resolved, resolve

Rule = dict[str, Any]


@dataclass(frozen=True)
class PrometheusRules:
    """Rule files by file name, as Prometheus reads them, and a line of the alert table for each rule."""

    files: Mapping[str, Mapping[str, Any]]
    alerts: tuple[CompiledAlert, ...]


def compile_rules(
    alerts: Sequence[PrometheusAlert],
    *,
    overrides: Mapping[str, Override],
    services: Sequence[ServiceScope],
    links: Links,
) -> PrometheusRules:
    """Rule files for the environment whose `overrides` and `services` are given.

    The overrides must be free of problems (alert_rules.overrides.check). A disabled alert leaves nothing behind; a
    subject without an enabled alert leaves no file.
    """
    groups: dict[str, list[Rule]] = {}
    table: list[CompiledAlert] = []
    for alert in sorted(alerts, key=lambda a: (a.subject, a.name)):
        for scope in _scopes(alert, overrides, services):
            groups.setdefault(alert.subject, []).append(_rule(alert, scope, links))
            table.append(_table_line(alert, scope, links))
    files = {f"{subject}.yaml": {"groups": [{"name": subject, "rules": rules}]} for subject, rules in groups.items()}
    return PrometheusRules(files, tuple(table))


@dataclass(frozen=True)
class _Scope:
    """Where one rule of an alert applies: its figures, its label matchers (several where the rule is one condition a
    service), its name for people, and the one service it is for, where it is for one."""

    resolved: Resolved
    selectors: tuple[str, ...]
    words: str
    service: str | None = None


def _scopes(
    alert: PrometheusAlert, overrides: Mapping[str, Override], services: Sequence[ServiceScope]
) -> Iterator[_Scope]:
    """Each scope in which the alert is enabled."""
    environment = overrides.get(alert.name, {})
    # A service that is not scraped is absent by nature.
    watched = sorted((s for s in services if s.scraped or not alert.each_service), key=lambda s: s.name)
    apart = [service for service in watched if alert.name in service.overrides]
    general = resolve(alert, environment)
    others = _others(alert, watched, apart)
    if general.enabled and others:
        names = ", ".join(service.name for service in apart)
        yield _Scope(general, others, f"every service but {names}" if apart else "every service")
    for service in apart:
        own = resolve(alert, environment, service.overrides[alert.name])
        if own.enabled:
            yield _Scope(own, (_only(alert, service),), service.name, service.name)


def _others(alert: PrometheusAlert, services: Sequence[ServiceScope], apart: Sequence[ServiceScope]) -> tuple[str, ...]:
    """The label matchers of every service but those apart."""
    if alert.each_service:
        return tuple(_only(alert, service) for service in services if service not in apart)
    # An empty service label would let one fault fire under two names, so every rule asks for a label that is set.
    excluded = "|".join(service.name for service in apart)  # names are DNS labels: nothing to escape
    return ('service!=""' + (f',service!~"{excluded}"' if excluded else ""),)


def _only(alert: PrometheusAlert, service: ServiceScope) -> str:
    # What is absent has the labels that it was asked for by, so the team is asked for too.
    return f'service="{service.name}"' + (f',team="{service.team}"' if alert.each_service else "")


def _rule(alert: PrometheusAlert, scope: _Scope, links: Links) -> Rule:
    hold, values = scope.resolved.hold, dict(scope.resolved.values)
    figures = texts(values)
    conditions = [alert.promql(values, selector) for selector in scope.selectors]
    rule: Rule = {"alert": alert.name, "expr": "\nor\n".join(conditions)}
    if hold:
        rule["for"] = quantities.seconds_text(hold)
    # The series carry `service` already; said again here, it tells rules of one name apart for people and promtool.
    own = {"service": scope.service} if scope.service else {}
    rule["labels"] = {"severity": str(scope.resolved.severity), **own}
    rule["annotations"] = {
        "summary": fill(alert.summary, figures, hold),
        "description": fill(alert.description, figures, hold),
        "runbook_url": links.runbook(alert.name),
        "dashboard_url": links.dashboard(alert.dashboard, "{{ $labels.service }}"),
    }
    return rule


def _table_line(alert: PrometheusAlert, scope: _Scope, links: Links) -> CompiledAlert:
    return CompiledAlert(
        name=alert.name,
        engine=alert.source,
        severity=scope.resolved.severity,
        source=f"Prometheus, {alert.subject}",
        scope=scope.words,
        condition=scope.resolved.condition,
        runbook_url=links.runbook(alert.name),
        dashboard_url=links.dashboard(alert.dashboard),
    )
