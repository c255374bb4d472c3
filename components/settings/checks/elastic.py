"""What Elasticsearch needs for its nodes to find each other, and for what it keeps to fit."""

from __future__ import annotations

from collections.abc import Iterator

from alert_rules.problems import MISSING, Problem
from components.settings import capacity
from components.settings.capacity import DAY
from components.settings.checks.registry import check
from components.settings.model import Settings


def _is_on(settings: Settings) -> bool:
    return settings.kubernetes.enabled and settings.elastic.enabled


@check("elastic")
def _several_nodes_know_each_other(settings: Settings, file: str) -> Iterator[Problem]:
    own = settings.elastic
    if not _is_on(settings) or own.replicas == 1:
        return
    if own.replicas == 2:
        allowed = "1, or at least 3: of two, the loss of either stops both"
        yield Problem(file, "vigil:elastic.replicas", own.replicas, allowed)
    elif own.transport_secret is None:
        allowed = (
            "the name of a Kubernetes Secret with tls.crt, tls.key and ca.crt, since Elasticsearch does not start with "
            "other nodes it cannot verify; or vigil:elastic.replicas: 1"
        )
        yield Problem(file, "vigil:elastic.transport_secret", MISSING, allowed)


@check("elastic", "kubernetes")
def _what_is_kept_fits(settings: Settings, file: str) -> Iterator[Problem]:
    own, size = settings.elastic, settings.kubernetes.size
    if not _is_on(settings):
        return
    key, retention = "vigil:elastic.retention", own.retention
    if retention.value < DAY or retention.value % DAY:
        yield Problem(file, key, str(retention), "whole days, at least 1d: an index is of a day")
        return
    room = own.volume.value * own.replicas * capacity.FILLED
    # The index of today is kept besides those that are closed.
    a_day = capacity.indexed_bytes(size, DAY, copies=min(own.replicas, 2))
    if a_day * (retention.value / DAY + 1) > room:
        longest = room // a_day - 1
        needed = a_day * (retention.value / DAY + 1) / own.replicas
        shorter = f"at most {longest:.0f}d on {own.replicas} of {own.volume}, or " if longest >= 1 else ""
        allowed = (
            f"{shorter}{own.replicas} volumes of at least {capacity.least_volume(needed)} "
            f"({capacity.logs_meant(size)}, kept {min(own.replicas, 2)} times)"
        )
        yield Problem(file, key, str(retention), allowed)
