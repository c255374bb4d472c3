"""Compiles Prometheus alerts into plain rule files, one a subject.

An override for one service renders a second rule for that service and excludes it from the first, so that each series
is watched exactly once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from alert_rules.compilers.common import Links, ServiceScope, of_services
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
    apart = sorted((service for service in services if alert.name in service.overrides), key=lambda s: s.name)
    general = resolve(alert, environment)
    if general.enabled:
        names = ", ".join(service.name for service in apart)
        words = f"every service but {names}" if apart else "every service"
        yield Scope(alert, general, (_others(apart),), words)
    for service in apart:
        own = resolve(alert, environment, service.overrides[alert.name])
        if own.enabled:
            # The series carry `service` already; said again, it tells rules of one name apart for people and promtool.
            yield Scope(alert, own, (of_services([service.name]),), service.name, {"service": service.name})


def _others(apart: Sequence[ServiceScope]) -> str:
    """The label matchers of every service but those apart."""
    # An empty service label would let one fault fire under two names, so every rule asks for a label that is set.
    excluded = "|".join(service.name for service in apart)  # names are DNS labels: nothing to escape
    return 'service!=""' + (f',service!~"{excluded}"' if excluded else "")
