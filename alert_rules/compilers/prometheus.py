"""Compiles Prometheus alerts into plain rule files, one a subject.

An override for one service renders a second rule for that service and excludes it from the first, so that each series
is watched exactly once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from alert_rules.compilers.common import Links, ServiceScope
from alert_rules.compilers.rules import CompiledRules, Scope, rule_files
from alert_rules.model import PrometheusAlert
from alert_rules.overrides import Override, resolve


def compile_rules(
    alerts: Sequence[PrometheusAlert],
    *,
    overrides: Mapping[str, Override],
    services: Sequence[ServiceScope],
    exporters: Collection[str],
    links: Links,
) -> CompiledRules:
    """Rule files for the environment whose `overrides`, `services` and `exporters` are given.

    The overrides must be free of problems (alert_rules.overrides.check). A disabled alert leaves nothing behind, nor
    does one on the metrics of something that is not run.
    """
    return rule_files(alerts, exporters, lambda alert: _scopes(alert, overrides, services), links)


def _scopes(
    alert: PrometheusAlert, overrides: Mapping[str, Override], services: Sequence[ServiceScope]
) -> Iterator[Scope]:
    """Each scope in which the alert is enabled."""
    environment = overrides.get(alert.name, {})
    # A service that is not scraped is absent by nature.
    watched = sorted((s for s in services if s.scraped or not alert.each_service), key=lambda s: s.name)
    apart = [service for service in watched if alert.name in service.overrides]
    general = resolve(alert, environment)
    others = _others(alert, watched, apart)
    if general.enabled and others:
        names = ", ".join(service.name for service in apart)
        yield Scope(alert, general, others, f"every service but {names}" if apart else "every service")
    for service in apart:
        own = resolve(alert, environment, service.overrides[alert.name])
        if own.enabled:
            # The series carry `service` already; said again, it tells rules of one name apart for people and promtool.
            yield Scope(alert, own, (_only(alert, service),), service.name, {"service": service.name})


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
