"""What is declared, as series: an alert on what is absent needs to know what there should be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alert_rules.compilers.common import ServiceScope
from alert_rules.compilers.rules import recording_file, recording_rule

FILE = "declared.yaml"
"""The rule file's name."""

_INTERVAL = "1m"
"""Between two evaluations: as often as ServiceMissing is. After a restart Prometheus finds out at an alert's second
evaluation whether it is still pending or firing; by then, what is declared is known again."""

SERVICE = "service:declared:info"
"""1 for each declared service whose metrics Prometheus reads, by its name and team."""


def recording_rules(services: Sequence[ServiceScope]) -> Mapping[str, Mapping[str, Any]]:
    """The rule file of the declared services, by its name; none where none is scraped."""
    scraped = sorted((service for service in services if service.scraped), key=lambda service: service.name)
    if not scraped:
        return {}
    rules = [recording_rule(SERVICE, "vector(1)", {"service": each.name, "team": each.team}) for each in scraped]
    return recording_file(FILE, {"declared": (_INTERVAL, rules)})
