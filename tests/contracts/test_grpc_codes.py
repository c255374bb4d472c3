"""Whatever counts failed gRPC calls counts the same codes: alert, objective and panel never disagree about an outage."""

from __future__ import annotations

import re

from alert_rules.loader import builtin
from alert_rules.slos import kinds
from dashboards.grafana import BOARDS
from dashboards.panels import filled_in

SERVERS_FAULT = "Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"
"""The codes by which a server says that it failed; the others are what a client asked for or did."""


def codes(expression: str) -> set[str]:
    """The patterns by which the expression picks failed calls that a service answered."""
    return set(re.findall(r'grpc_server_handled_total\{[^}]*grpc_code=~"([^"]*)"', expression))


def test_an_alert_an_objective_and_a_panel_count_the_same_calls_as_failed() -> None:
    alerts = {alert.name: codes(alert.default_query) for alert in builtin().prometheus}
    objectives = {name: codes(kind.errors or "") for name, kind in kinds().items()}
    panels = {
        panel.title: codes(filled_in(query.expression))
        for board in BOARDS
        for row in board.rows
        for panel in row.panels
        for query in panel.queries
    }
    counting = [{name: found for name, found in each.items() if found} for each in (alerts, objectives, panels)]
    assert [sorted(each) for each in counting] == [["HighGrpcErrorRate"], ["grpc_availability"], ["Failed calls"]]
    assert all(found == {SERVERS_FAULT} for each in counting for found in each.values())
