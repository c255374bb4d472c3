"""Service level agreements: what was promised over a period, what was attained, and whether that is enough.

What they are measured by is recorded for the objectives already (alert_rules/slos.py): an agreement adds no counting of
its own but the mean response time. The measures, their periods and when one is in danger are those of the AITBC
observability plan, 3.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any

from alert_rules.compilers.common import of_services
from alert_rules.compilers.rules import Rule, recording_file, recording_rule
from alert_rules.slos import FAST, RECENT, SLOW

FILE = "sla.yaml"
"""The rule file's name."""

COMPLIANT, WARNING, VIOLATED = 0, 1, 2
"""Values of sla:status."""

TOLERANCE = 0.1
"""By how much of the target a measure may miss it until the agreement counts as violated: "10% tolerance"."""


@dataclass(frozen=True)
class Measure:
    """What is promised of HTTP requests over `period` (as PromQL writes it), whether more of it is better, and what is
    attained, as PromQL over the series of the agreement's objective, which $chosen selects."""

    period: str
    more_is_better: bool
    attained: str


RESPONSE_TIME = "response_time"
"""The measure that no objective counts."""

MEASURES: Mapping[str, Measure] = {
    "availability": Measure(
        "30d",
        more_is_better=True,
        # What is spent of the budget is the share of bad events over what the objective allows. Time in which nothing
        # was measured counts as available, as in the plan, which takes what was down from the whole period.
        attained="sum without (slo) (\n"
        "  1 - (slo:budget_spent:ratio{$chosen} >= 0) * (1 - sum without (window) (slo:objective:ratio{$chosen}))\n"
        ")",
    ),
    RESPONSE_TIME: Measure(  # seconds
        "24h",
        more_is_better=False,
        attained="avg_over_time(sla:response_seconds:rate5m{$chosen}[1d:5m]) "
        "/ (avg_over_time(sla:responses:rate5m{$chosen}[1d:5m]) > 0)",
    ),
    "error_rate": Measure(
        "24h",
        more_is_better=False,
        # Without a request there is no share; the plan says 0 then. What is not known of the day yet is no 0.
        attained="sum without (slo) (\n"
        "  slo:errors:ratio_rate1d{$chosen} >= 0 or 0 * (last_over_time(slo:events:sum1d{$chosen}"
        f"[{RECENT}]) == 0)\n"
        ")",
    ),
    "throughput": Measure(  # requests a second
        "1h",
        more_is_better=True,
        # A service that is away answers nothing.
        attained="sum without (slo) "
        "(sum_over_time(slo:events:rate5m{$chosen}[1h:5m]) / 12 or 0 * slo:budget:seconds{$chosen})",
    ),
}
"""By its name in the settings; availability and error rate are shares."""


@dataclass(frozen=True)
class Agreement:
    """What is promised of a service: a target for each of some measures, in the measure's unit, and the objective of
    kind availability over 30 days whose series tell what is attained."""

    service: str
    team: str
    slo: str
    targets: Mapping[str, float]


def recording_rules(agreements: Sequence[Agreement]) -> Mapping[str, Mapping[str, Any]]:
    """The rule file of the agreements, by its name; none where there are none."""
    if not agreements:
        return {}
    groups = {
        "sla-responses": (FAST, list(_responses(_with(RESPONSE_TIME, agreements)))),
        "sla": (SLOW, [*_targets(agreements), *_attained(agreements), *_status(agreements)]),
    }
    return recording_file(FILE, groups)


def _with(measure: str, agreements: Sequence[Agreement]) -> list[Agreement]:
    return [agreement for agreement in agreements if measure in agreement.targets]


def _responses(agreements: Sequence[Agreement]) -> Iterator[Rule]:
    """Seconds that answers took, and answers, both a second."""
    if not agreements:
        return
    selector = of_services(sorted(agreement.service for agreement in agreements))
    for record, what in (("sla:response_seconds:rate5m", "sum"), ("sla:responses:rate5m", "count")):
        rate = f"rate(http_request_duration_seconds_{what}{{{selector}}}[5m])"
        yield recording_rule(record, f"sum by (service, team) ({rate})")


def _targets(agreements: Sequence[Agreement]) -> Iterator[Rule]:
    for agreement in agreements:
        for measure, target in agreement.targets.items():
            labels = {"service": agreement.service, "team": agreement.team, "sla": measure}
            yield recording_rule("sla:target", f"vector({target:.10g})", labels)


def _attained(agreements: Sequence[Agreement]) -> Iterator[Rule]:
    for measure in MEASURES:
        if parts := list(_measured(measure, _with(measure, agreements))):
            yield recording_rule("sla:attained", "\nor\n".join(parts), {"sla": measure})


def _measured(measure: str, agreements: Sequence[Agreement]) -> Iterator[str]:
    """What is attained, one expression for all services whose objective has the same name."""
    by_slo: dict[str, list[str]] = {}
    for agreement in agreements:
        by_slo.setdefault("" if measure == RESPONSE_TIME else agreement.slo, []).append(agreement.service)
    for slo, services in by_slo.items():
        chosen = of_services(sorted(services)) + (f',slo="{slo}"' if slo else "")
        yield Template(MEASURES[measure].attained).substitute(chosen=chosen)


def _status(agreements: Sequence[Agreement]) -> Iterator[Rule]:
    promised = {measure for agreement in agreements for measure in agreement.targets}
    parts = []
    for better, operator, limit in ((True, "<", 1 - TOLERANCE), (False, ">", 1 + TOLERANCE)):
        measures = [name for name, each in MEASURES.items() if each.more_is_better is better and name in promised]
        if measures:
            attained, target = (f'{series}{{sla=~"{"|".join(measures)}"}}' for series in ("sla:attained", "sla:target"))
            missed = f"({attained} {operator} bool {target})"
            parts.append(f"{missed} + ({attained} {operator} bool {limit:g} * {target})")
    yield recording_rule("sla:status", "\nor\n".join(parts))
