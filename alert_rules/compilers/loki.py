"""Compiles log alerts into rule files for Loki's ruler.

Log streams know no team, so there is a rule for the services of each team, which adds it; and one for each service with
an override of its own, so that each service is watched exactly once. Only declared services are watched: of any other,
nobody would know whom to tell.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from alert_rules.compilers.common import Links, ServiceScope, of_services
from alert_rules.compilers.rules import CompiledRules, Scope, rule_files
from alert_rules.model import LogAlert
from alert_rules.overrides import Override, resolve


def compile_log_rules(
    alerts: Sequence[LogAlert],
    *,
    overrides: Mapping[str, Override],
    services: Sequence[ServiceScope],
    exporters: Collection[str],
    links: Links,
) -> CompiledRules:
    """Rule files for the declared `services` whose logs Loki has.

    The overrides must be free of problems (alert_rules.overrides.check). A disabled alert leaves nothing behind, nor
    does any where Loki is not run.
    """
    return rule_files(alerts, exporters, lambda alert: _scopes(alert, overrides, services), links)


def _scopes(alert: LogAlert, overrides: Mapping[str, Override], services: Sequence[ServiceScope]) -> Iterator[Scope]:
    """Each scope in which the alert is enabled: the services of a team, then those with an override of their own."""
    environment = overrides.get(alert.name, {})
    ordered = sorted(services, key=lambda s: (s.team, s.name))
    apart = [service for service in ordered if alert.name in service.overrides]
    general = resolve(alert, environment)
    for team in dict.fromkeys(service.team for service in ordered):
        together = [s.name for s in ordered if s.team == team and s not in apart]
        if general.enabled and together:
            but = ", ".join(s.name for s in apart if s.team == team)
            words = f"services of {team}" + (f" but {but}" if but else "")
            yield Scope(alert, general, _selectors(alert, together), words, {"team": team})
    for service in apart:
        own = resolve(alert, environment, service.overrides[alert.name])
        if own.enabled:
            labels = {"team": service.team, "service": service.name}
            yield Scope(alert, own, _selectors(alert, [service.name]), service.name, labels)


def _selectors(alert: LogAlert, names: Sequence[str]) -> list[str]:
    """The label matchers of the services: of all together, or of each by itself where the alert is on what is absent,
    which has the labels that it was asked for by."""
    return [of_services([name]) for name in names] if alert.each_service else [of_services(names)]
