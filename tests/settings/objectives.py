"""Objectives that cannot be measured, met or missed, and what a person is told of them."""

from __future__ import annotations

from typing import Any

from tests.settings.changes import Change, sets, together, without_slos

KEY = "vigil:services[0].slos"


def slos(*written: dict[str, Any]) -> Change:
    return together(sets("services", 0, "slos", to=list(written)), sets("services", 0, "sla", to=None))


def slo(**changes: Any) -> dict[str, Any]:
    return {"kind": "availability", "objective": "99.9%", **changes}


OBJECTIVES: dict[str, tuple[Change, list[str]]] = {
    "an objective of no known kind": (
        slos(slo(kind="availabilty")),
        [f"{KEY}[0].kind: given 'availabilty'; allowed: one of: availability,", "did you mean 'availability'?"],
    ),
    "an objective without its unit": (
        slos(slo(objective=99.9)),
        [f"{KEY}[0].objective: given 99.9; allowed: a percentage such as 2% or 0.5%"],
    ),
    "an objective of everything": (
        slos(slo(objective="100%")),
        [f"{KEY}[0].objective: given '100%'; allowed: from 50% to 99.999%"],
    ),
    "an objective that most events may miss": (
        slos(slo(objective="5%")),
        [f"{KEY}[0].objective: given '5%'; allowed: from 50% to 99.999%"],
    ),
    "an objective over another window": (
        slos(slo(window="1w")),
        [f"{KEY}[0].window: given '1w'; allowed: 28d, 30d"],
    ),
    "an objective on time without a threshold": (
        slos(slo(kind="latency")),
        [f"{KEY}[0].threshold: missing; allowed: a duration such as 300ms"],
    ),
    "a threshold without its unit": (
        slos(slo(kind="latency", threshold="300")),
        [f"{KEY}[0].threshold: given '300'; allowed: a duration such as 300ms"],
    ),
    "a threshold of nothing": (
        slos(slo(kind="latency", threshold="0s")),
        [f"{KEY}[0].threshold: given '0s'; allowed: more than nothing"],
    ),
    "a threshold where nothing is compared": (
        slos(slo(threshold="300ms")),
        [f"{KEY}[0].threshold: given '300ms'; allowed: nothing: kind availability compares with no figure"],
    ),
    "a ratio of nothing": (
        slos(slo(kind="ratio", events="orders_total")),
        [f'{KEY}[0].errors: missing; allowed: one counter with its labels, such as orders_total{{status="failed"}}'],
    ),
    "a ratio of an expression": (
        slos(slo(kind="ratio", errors="rate(failed_total[5m])", events="orders_total")),
        [f"{KEY}[0].errors: given 'rate(failed_total[5m])'; allowed: one counter with its labels"],
    ),
    "a counter where the kind has its own": (
        slos(slo(errors="failed_total")),
        [f"{KEY}[0].errors: given 'failed_total'; allowed: nothing: only kind ratio names its counters"],
    ),
    "two objectives of one name": (
        slos(slo(kind="latency", threshold="1s"), slo(kind="latency", threshold="300ms")),
        [f"{KEY}: given 'latency'; allowed: a `name` for each of the 2 objectives of one kind (api-gateway)"],
    ),
    "an objective of a service that nobody scrapes": (
        together(slos(slo()), sets("services", 0, "metrics", to=None)),
        [f"{KEY}: given '1 objectives'; allowed: none, or metrics on a service that runs on kubernetes"],
    ),
    "objectives with metrics of a day": (
        together(slos(slo()), sets("prometheus", "retention", to="1d")),
        ["vigil:prometheus.retention: given '1d'; allowed: at least 2d where a service has slos"],
    ),
    "an alert on objectives for a service that has none": (
        sets("services", 3, "alerts", to={"ErrorBudgetSpent": {"severity": "critical"}}),
        ["vigil:services[3].alerts.ErrorBudgetSpent: given 'ErrorBudgetSpent'; allowed: an alert that watches it"],
    ),
    "an alert on objectives that there are none of": (
        together(
            without_slos,
            sets("alerts", to={"ErrorBudgetSpent": {"severity": "critical"}}),
        ),
        ["vigil:alerts.ErrorBudgetSpent: given 'ErrorBudgetSpent'; allowed: an alert of what this stack runs"],
    ),
    "an agreement that nothing measures": (
        together(slos(slo(kind="latency", threshold="1s"), slo(window="28d")), sets("services", 0, "sla", to={})),
        [f"{KEY}: given 'availability, latency'; allowed: an objective of kind availability over 30d"],
    ),
    "an agreement on nothing": (
        together(
            slos(slo()),
            sets("services", 0, "sla", to=dict.fromkeys(("availability", "response_time", "error_rate", "throughput"))),
        ),
        ["vigil:services[0].sla: given 'nothing'; allowed: at least one of: availability, error_rate"],
    ),
    "an agreement that is kept by doing nothing": (
        together(slos(slo()), sets("services", 0, "sla", to={"throughput": "0/s"})),
        ["vigil:services[0].sla.throughput: given '0/s'; allowed: more than nothing"],
    ),
    "a throughput without its time": (
        together(slos(slo()), sets("services", 0, "sla", to={"throughput": 1000})),
        ["vigil:services[0].sla.throughput: given 1000; allowed: a rate such as 0.1/s"],
    ),
}
