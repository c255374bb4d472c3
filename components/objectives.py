"""The service level objectives and agreements of an environment."""

from __future__ import annotations

from alert_rules.quantities import Quantity, Unit, parse
from alert_rules.sla import Agreement
from alert_rules.slos import Objective, kinds
from components.settings.model import Settings
from components.settings.services import Service, Slo


def objectives_of(settings: Settings) -> tuple[Objective, ...]:
    """Every objective of the services in the cluster; without mistakes, see components/settings/checks/slos.py."""
    if not settings.kubernetes.enabled:
        return ()
    return tuple(_objective(service, slo) for service in settings.services for slo in service.slos)


def _objective(service: Service, slo: Slo) -> Objective:
    return Objective(
        service=service.name,
        team=service.team,
        name=slo.label,
        kind=slo.kind,
        objective=slo.objective.value,
        window=parse(slo.window, Unit.DURATION).value,
        threshold=_threshold(slo),
        errors=slo.errors or "",
        events=slo.events or "",
    )


def _threshold(slo: Slo) -> Quantity | None:
    kind = kinds().get(slo.kind)
    return parse(slo.threshold, kind.threshold) if kind and kind.threshold else None


def agreements_of(settings: Settings) -> tuple[Agreement, ...]:
    """Every agreement on the services in the cluster; without mistakes, see components/settings/checks/slos.py."""
    if not settings.kubernetes.enabled:
        return ()
    return tuple(
        Agreement(
            service.name,
            service.team,
            measured_by.label,
            {measure: target.value for measure, target in service.sla.targets.items()},
        )
        for service in settings.services
        if service.sla and (measured_by := service.measures_availability)
    )
