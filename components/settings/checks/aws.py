"""Resources under alarm, and what the half on AWS needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alert_rules import loader
from alert_rules.alarms import ServiceKind
from alert_rules.problems import MISSING, Problem, listed, nearest
from components.settings.checks.registry import check
from components.settings.model import Resource, Settings

# CloudWatch Logs takes these retentions and no other, in days (API reference, PutRetentionPolicy).
LOG_RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)


@check("services")
def _resources(settings: Settings, file: str) -> Iterator[Problem]:
    kinds = loader.builtin().kinds
    for index, resource in enumerate(settings.resources):
        key = f"vigil:resources[{index}]"
        if resource.kind not in kinds:
            yield Problem(file, f"{key}.kind", resource.kind, f"one of: {listed(kinds)}", nearest(resource.kind, kinds))
        else:
            yield from _dimensions(resource, kinds[resource.kind], file, key)
        yield from _owner(resource, settings, file, key)


def _dimensions(resource: Resource, kind: ServiceKind, file: str, key: str) -> Iterator[Problem]:
    for name, pattern in kind.dimension_patterns.items():
        written = resource.dimensions.get(name)
        if written is not None and not re.fullmatch(pattern, written):
            allowed = f"text that matches {pattern}, as CloudWatch shows it"
            yield Problem(file, f"{key}.dimensions.{name}", written, allowed)
    given = set(resource.dimensions) | set(kind.fixed_dimensions)
    if any(given == set(wanted) for wanted in kind.dimension_sets):
        return
    wanted_text = " or ".join("{" + ", ".join(wanted) + "}" for wanted in kind.dimension_sets)
    known = {name for wanted in kind.dimension_sets for name in wanted}
    unknown = next((name for name in resource.dimensions if name not in known), None)
    hint = nearest(unknown, known) if unknown else None
    value = listed(resource.dimensions) or MISSING
    yield Problem(file, f"{key}.dimensions", value, f"the dimensions of kind {kind.kind}: {wanted_text}", hint)


def _owner(resource: Resource, settings: Settings, file: str, key: str) -> Iterator[Problem]:
    names = [service.name for service in settings.services]
    if resource.service is None and resource.team is None:
        yield Problem(file, f"{key}.team", MISSING, "a team, or `service`: the declared service it belongs to")
    if resource.service is not None and resource.service not in names:
        yield Problem(
            file, f"{key}.service", resource.service, "the name of a declared service", nearest(resource.service, names)
        )


@check()
def _aws_is_complete(settings: Settings, file: str) -> Iterator[Problem]:
    if not settings.aws.enabled:
        return
    if settings.aws.account_id is None:
        yield Problem(file, "vigil:aws.account_id", MISSING, "the 12 digits of the only account this stack may touch")
    days = settings.aws.log_retention.value / 86400
    if days not in LOG_RETENTION_DAYS:
        yield Problem(
            file,
            "vigil:aws.log_retention",
            str(settings.aws.log_retention),
            f"days that CloudWatch Logs knows: {', '.join(map(str, LOG_RETENTION_DAYS))} (such as 30d)",
        )
    if settings.kubernetes.enabled and settings.kubernetes.eks_cluster is None:
        yield Problem(
            file,
            "vigil:kubernetes.eks_cluster",
            MISSING,
            "the name of the EKS cluster, through which Alertmanager reaches SNS (or vigil:aws.enabled: false)",
        )
