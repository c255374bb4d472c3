"""Where Loki keeps its lines, and for how long."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from alert_rules.logql import STREAM_LABELS, Matcher, selector_matchers
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


@check("loki", "kubernetes")
def _streams_are_selected_by_what_they_bear(settings: Settings, file: str) -> Iterator[Problem]:
    if not settings.kubernetes.enabled or not settings.loki.enabled:
        return
    for index, stream in enumerate(settings.loki.streams):
        if fault := _fault(stream.selector):
            allowed = f'a selector on labels of streams ({", ".join(STREAM_LABELS)}), such as {{service="checkout"}}'
            yield Problem(file, f"vigil:loki.streams[{index}].selector", stream.selector, f"{allowed}; {fault}")


def _fault(selector: str) -> str | None:
    """Why no stream can be selected so, or why Loki would not start with it; None where it can."""
    try:
        (matchers,) = selector_matchers(selector)
        demanding = [matcher for matcher in matchers if not _fits_nothing(matcher)]
    except ValueError as error:
        return str(error)
    except re.error as error:
        return f"an expression is none: {error}"
    if unknown := {matcher.label for matcher in matchers} - set(STREAM_LABELS):
        return f"no stream has {', '.join(sorted(unknown))}"
    return None if demanding else "one label must have a value, by = or =~, that an empty one does not fit"


def _fits_nothing(matcher: Matcher) -> bool:
    """Whether a stream without the label may be meant. Raises re.error for a wrong expression."""
    value = json.loads(f'"{matcher.value}"')
    pattern = re.compile(value if "~" in matcher.operator else re.escape(value))
    return matcher.operator.startswith("!") or pattern.fullmatch("") is not None
