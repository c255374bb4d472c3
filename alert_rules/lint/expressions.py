"""The expressions of alerts in the one language that has a parser here."""

from __future__ import annotations

from collections.abc import Mapping

from alert_rules import logql
from alert_rules.model import LogAlert, RuleAlert
from alert_rules.quantities import Quantity


def as_promql(alert: RuleAlert, values: Mapping[str, Quantity]) -> str:
    """The alert's expression with these figures, as PromQL whatever the engine (see logql.as_promql).

    Raises ValueError where LogQL is in no form known here.
    """
    query = alert.query(values, alert.sample_selector)
    return logql.as_promql(query) if isinstance(alert, LogAlert) else query
