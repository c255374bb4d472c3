"""The board of service level objectives: what was promised, what of the error budgets is spent, how fast they burn."""

from __future__ import annotations

from alert_rules.sla import COMPLIANT, VIOLATED, WARNING
from dashboards.board import Board
from dashboards.panels import Panel, Query, Row, figure, graph, state
from dashboards.queries import Narrowed
from dashboards.shared import firing

_SLOS = Narrowed("service")
_NAME = "{{service}} {{slo}}"


def _of_each(metric: str) -> str:
    return _SLOS.highest(metric, "service, slo")


_NOW = Row(
    "Now",
    (
        Panel(
            title="Objectives",
            unit="percentunit",
            description="The share of events that must be good, by service and objective.",
            queries=(Query(_of_each("slo:objective:ratio"), _NAME),),
            draw=figure,
            related=("SliMissing",),
            width=12,
        ),
        firing(_SLOS, "service", "team", "slo", dashboard="slo"),
    ),
    height=8,
)

BUDGETS = Row(
    "Error budgets",
    (
        Panel(
            title="Error budget spent",
            unit="percentunit",
            description="Bad events of the window over those that the objective allows. At 100 % it is missed.",
            queries=(Query(_of_each("slo:budget_spent:ratio"), _NAME),),
            draw=graph,
            alert="ErrorBudgetSpent",
            related=("ErrorBudgetHalfSpent", "ErrorBudgetAlmostSpent"),
            width=12,
        ),
        Panel(
            title="Error budget left, as complete failure",
            unit="s",
            description="For how long everything could still fail until the objective is missed.",
            queries=(
                Query(
                    f"(1 - {_of_each('slo:budget_spent:ratio')}) * {_of_each('slo:budget:seconds')}",
                    _NAME,
                ),
            ),
            draw=graph,
            width=12,
        ),
    ),
)

_BURN = Row(
    "Burning now",
    (
        Panel(
            title="Bad events over 5 minutes and an hour",
            unit="percentunit",
            description="The share of events that are bad, which ErrorBudgetBurningFast holds against the budget.",
            queries=(
                Query(_of_each("slo:errors:ratio_rate5m"), f"{_NAME} 5m"),
                Query(_of_each("slo:errors:ratio_rate1h"), f"{_NAME} 1h"),
            ),
            draw=graph,
            related=("ErrorBudgetBurningFast",),
        ),
        Panel(
            title="Bad events over a day and three",
            unit="percentunit",
            description="The share of events that are bad, which ErrorBudgetBurningSlowly holds against the budget.",
            queries=(
                Query(_of_each("slo:errors:ratio_rate1d"), f"{_NAME} 1d"),
                Query(_of_each("slo:errors:ratio_rate3d"), f"{_NAME} 3d"),
            ),
            draw=graph,
            related=("ErrorBudgetBurningSlowly",),
        ),
        Panel(
            title="Burn rate over an hour",
            unit="short",
            description="How many times faster than evenly the budget is spent: at 1 it lasts for the window exactly.",
            queries=(Query(f"{_of_each('slo:errors:ratio_rate1h')} / (1 - {_of_each('slo:objective:ratio')})", _NAME),),
            draw=graph,
        ),
    ),
)

_EVENTS = Row(
    "Events",
    (
        Panel(
            title="Events",
            unit="cps",
            description="Events a second that the objective is measured by. An objective on time counts seconds: 1.",
            queries=(Query(_of_each("slo:events:rate5m"), _NAME),),
            draw=graph,
            width=12,
        ),
        Panel(
            title="Bad events",
            unit="cps",
            description="Events a second that count against the objective.",
            queries=(Query(_of_each("slo:errors:rate5m"), _NAME),),
            draw=graph,
            width=12,
        ),
    ),
)

_AGREEMENTS = Row(
    "Agreements",
    (
        Panel(
            title="Agreements",
            unit="short",
            description="Whether each agreement is kept; violated is what misses its target by more than a tenth.",
            queries=(Query(_SLOS.highest("sla:status", "service, sla"), "{{service}} {{sla}}"),),
            draw=state(
                {COMPLIANT: ("compliant", "green"), WARNING: ("warning", "yellow"), VIOLATED: ("violated", "red")}
            ),
            width=12,
        ),
        Panel(
            title="Attained, of what is promised",
            unit="percentunit",
            description="What an agreement's period attained, of its target. More is better of availability and "
            "throughput, less of response time and error rate.",
            queries=(
                Query(
                    f"{_SLOS.highest('sla:attained', 'service, sla')} / {_SLOS.highest('sla:target', 'service, sla')}",
                    "{{service}} {{sla}}",
                ),
            ),
            draw=graph,
            width=12,
        ),
    ),
    height=8,
)

BOARD = Board(
    uid="slo",
    title="Service level objectives",
    folder="services",
    description="Objectives, error budgets and how fast they burn, by service.",
    tags=("services", "slo"),
    rows=(_NOW, BUDGETS, _BURN, _EVENTS, _AGREEMENTS),
)
