"""Where Loki keeps its lines, and for how long."""

from __future__ import annotations

from collections.abc import Iterator

from alert_rules.logql import STREAM_LABELS, selector_labels
from alert_rules.problems import MISSING, Problem
from components.settings import capacity
from components.settings.capacity import DAY
from components.settings.checks.registry import check
from components.settings.checks.room import beyond_disk
from components.settings.kubernetes import Size
from components.settings.model import Settings


@check("loki", "kubernetes")
def _loki_has_room(settings: Settings, file: str) -> Iterator[Problem]:
    if not settings.kubernetes.enabled or not settings.loki.enabled:
        return
    own, size = settings.loki, settings.kubernetes.size
    if own.bucket is None and size is not Size.SMALL:
        allowed = f"the name of a bucket that exists: of size {size}, Loki's replicas share one; a volume is not shared"
        yield Problem(file, "vigil:loki.bucket", MISSING, allowed)
    retentions = {
        "retention": own.retention,
        **{f"streams[{i}].retention": s.retention for i, s in enumerate(own.streams)},
    }
    for key, retention in retentions.items():
        if retention.value < DAY:
            yield Problem(file, f"vigil:loki.{key}", str(retention), "at least 1d: Loki's index is by the day")
        elif own.bucket is None and size is Size.SMALL:
            needed = capacity.log_bytes(size, retention.value)
            yield from beyond_disk(f"vigil:loki.{key}", file, retention, own.volume, needed, capacity.logs_meant(size))


@check("loki")
def _streams_are_selected_by_what_they_bear(settings: Settings, file: str) -> Iterator[Problem]:
    for index, stream in enumerate(settings.loki.streams):
        key = f"vigil:loki.streams[{index}].selector"
        allowed = f'a selector on labels of streams ({", ".join(STREAM_LABELS)}), such as {{service="checkout"}}'
        try:
            (labels,) = selector_labels(stream.selector)
        except ValueError:
            yield Problem(file, key, stream.selector, allowed)
            continue
        if unknown := labels - set(STREAM_LABELS):
            yield Problem(file, key, stream.selector, f"{allowed}; no stream has {', '.join(sorted(unknown))}")
