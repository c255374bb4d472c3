"""Logs: a line of JSON each, with the ids that lead to the request and to its trace.

`level` is what Loki finds its detected_level in, and `trace_id` what the agent of vigil's OpenTelemetry collector makes
the link to the trace of (components/kubernetes/collector_agent.py).
"""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

import orjson
from opentelemetry import trace

from examples.service import correlation

FATAL = logging.CRITICAL + 10
"""A line with which a program dies. Python's own CRITICAL does not say so, and its FATAL is CRITICAL."""
_LEVELS = {"FATAL": "fatal"}
_BUILT_IN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}

Ids = dict[str, str | None]


class JsonFormatter(logging.Formatter):
    """Writes a record with the ids of the work that it was logged in; what was given as `extra` follows."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        line: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": _LEVELS.get(record.levelname, record.levelname.lower()),
            "message": record.getMessage(),
            "service": self._service,
            "logger": record.name,
            **ids(),
        }
        given = vars(record)
        line |= {key: given[key] for key in given.keys() - _BUILT_IN - line.keys()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def ids() -> Ids:
    """The ids of the work that is being done; None for each that there is not."""
    context = trace.get_current_span().get_span_context()
    return {
        "correlation_id": correlation.current.get(),
        "trace_id": f"{context.trace_id:032x}" if context.is_valid else None,
        "span_id": f"{context.span_id:016x}" if context.is_valid else None,
    }


def configure(service: str, stream: TextIO | None = None) -> logging.Handler:
    """Let every logger of the process, the libraries' too, write to that stream (standard output) and nowhere else."""
    logging.addLevelName(FATAL, "FATAL")
    handler = logging.StreamHandler(stream or sys.stdout)
    handler.setFormatter(JsonFormatter(service))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # Not written, so not looked up for every line either ("Optimization" in Python's logging HOWTO).
    logging._srcfile = None
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    # Tells of each request that it sends, the load generator's above all.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    return handler
