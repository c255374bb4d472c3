"""What is recorded for an alert, and what should be."""

from __future__ import annotations

from collections.abc import Iterator

from alert_rules import promql
from alert_rules.lint.metrics import CARRIED_LABELS
from alert_rules.lint.told import told
from alert_rules.model import PrometheusAlert
from alert_rules.problems import Problem, listed
from alert_rules.quantities import seconds_text

FAR = 86400.0
"""Seconds: what lies so far back, or reaches so far, costs much to read, and changes little in ten minutes."""


def check(alert: PrometheusAlert) -> Iterator[Problem]:
    """What Prometheus could not record, or not read as the whole condition would be; and what is read of long ago each
    time that the alert is evaluated. Of an expression that is no PromQL whatever is recorded, lint.metrics tells."""
    yield from _parts(alert)
    reading = alert.reading(alert.defaults, alert.sample_selector)
    try:
        of_the_past = promql.in_subqueries(reading)
    except ValueError as error:
        if alert.recorded:
            yield told(alert, "expression", reading, f"PromQL where what is recorded is an instant vector; {error}")
        return
    if below := of_the_past & alert.recordings(alert.defaults, alert.sample_selector).keys():
        names = listed(record.partition(":")[2] for record in below)
        yield told(
            alert, "expression", f"a subquery over {names}", "a subquery within `recorded`, over what is scraped"
        )
    if (back := promql.reach(reading)) >= FAR:
        allowed = "`recorded` for what reaches a day back or more, so that it is read every ten minutes"
        yield told(alert, "expression", f"reads what was up to {seconds_text(back)} ago", allowed)


def _parts(alert: PrometheusAlert) -> Iterator[Problem]:
    for record, part in alert.recordings(alert.defaults, alert.sample_selector).items():
        key = f"recorded.{record.partition(':')[2]}"
        try:
            vector = promql.is_instant_vector(part)
            lost = promql.lost_labels(part, CARRIED_LABELS)
        except ValueError as error:
            yield told(alert, key, part, f"PromQL; {error}")
            continue
        if not vector:
            yield told(alert, key, part, "an instant vector: what a recording rule can record")
        elif lost:
            # The alert selects what was recorded by these, even where it only looks it up.
            yield told(alert, key, f"drops {listed(lost)}", "a result that carries service and team")
