"""Which change of a Prometheus alert a message reports, where the alert's own times do not say. Pure.

Alertmanager ends an alert by itself when Prometheus stops repeating it (it is down, or its network is). When
Prometheus is back it sends the same alert with the beginning it always had, which lies before that end: by its
times alone it is older than the end, and would be dropped as stale although it is the newest that is known.
Only the time of sending, SNS's, tells it from an old message that arrives late.
"""

from dataclasses import replace
from datetime import timedelta

from lambdas.alert_router.state import Stored
from lambdas.common.alert import Alert, Source, Status

# The alert fires again from the instant after the end. That is a change of its own, so that people hear of it;
# the same for every message that reports it, so that they hear of it once; and before every true end to come,
# however long a message was under way.
INSTANT = timedelta(microseconds=1)


def is_dated(alert: Alert) -> bool:
    """Tell whether the time of sending has a say in what the alert reports."""
    return alert.source is Source.PROMETHEUS and alert.sent_at is not None


def placed(alert: Alert, stored: Stored | None) -> Alert:
    """Return the alert with the time of the change that it reports, by what is stored of it."""
    if stored is None or stored.changed_at < alert.changed_at:
        return alert
    same_run = stored.started_at == alert.started_at
    if stored.status is alert.status:
        # A repeat of the change that is stored, or its retry.
        return replace(alert, changed_at=stored.changed_at) if same_run else alert
    # The end of an earlier run says nothing of this one, whenever a slow replica of Alertmanager sends it.
    speaks = same_run or alert.status is Status.FIRING
    return replace(alert, changed_at=stored.changed_at + INSTANT) if speaks and _is_newer(alert, stored) else alert


def repeats(change: Alert, stored: Stored) -> bool:
    """Tell whether a newer message says what is stored, so that the messages between the two are old news."""
    same = (change.status, change.changed_at) == (stored.status, stored.changed_at)
    return same and _is_newer(change, stored)


def _is_newer(alert: Alert, stored: Stored) -> bool:
    return alert.sent_at is not None and stored.sent_at is not None and stored.sent_at < alert.sent_at
