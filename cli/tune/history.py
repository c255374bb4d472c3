"""What a running Prometheus, or Thanos in front of several, has measured. Nothing but range queries is sent."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import orjson
import urllib3
from urllib3.exceptions import HTTPError, ReadTimeoutError

from alert_rules.problems import InvalidFiles, Problem
from cli.tune.simulate import Series

POINTS = 5760
"""Values of each series that one request asks for: a day of evaluations each 15 s, so that the answer to weeks is never
in memory at once, here or there. Prometheus answers no more than 11,000."""

_TIMEOUT = urllib3.Timeout(connect=10.0, read=150.0)
"""Seconds. Prometheus itself gives a query up after two minutes (`--query.timeout`), and says so."""

_OF_A_QUERY = ("timeout", "execution", "bad_data")
"""Kinds of errors that say nothing of the next query."""

_REFUSED = {401: "it asks for a sign-in", 403: "it refuses"}


class Unanswered(OSError):
    """Prometheus could not be asked, or did not answer; says what to do about it, on one line."""


class Refused(Unanswered):
    """Prometheus answers, and yet not this query: it takes too long there, or asks for too much."""


@dataclass(frozen=True)
class Window:
    """A time in the past, as seconds of Unix time; `end` belongs to it."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start

    def parts(self, step: float) -> Iterator[Window]:
        """The same in parts of at most POINTS values, on one grid of `step` seconds; no two parts share a moment."""
        start = self.start - self.start % step + step
        while start <= self.end:
            yield Window(start, min(start + (POINTS - 1) * step, self.end))
            start += POINTS * step


class Prometheus:
    """The HTTP API at `url`, such as http://localhost:9090 or https://tools.example.com/prometheus.

    Raises InvalidFiles where that is no such address or the file of the token cannot be used.
    """

    def __init__(self, url: str, token_file: Path | None = None) -> None:
        parts = _address(url)
        if parts is None:
            allowed = "an address such as http://localhost:9090"
            raise InvalidFiles([Problem("command line", "--prometheus", url, allowed)])
        if parts.username is not None:
            # Others read a command line: in the list of processes, and in the shell's history.
            allowed = "an address without a password (--bearer-token-file FILE gives one unseen)"
            raise InvalidFiles([Problem("command line", "--prometheus", f"…@{parts.hostname}", allowed)])
        self.url = url.rstrip("/")
        self.warnings: dict[str, None] = {}
        """What Prometheus remarked on its answers, each once."""
        self._headers = {"Authorization": f"Bearer {_token(token_file)}"} if token_file else {}
        # Not to be led elsewhere either: what a sign-in page answers is no history, and the token is not meant for it.
        self._pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False)

    def read(
        self, query: str, window: Window, step: float, *, on_part: Callable[[], object] = lambda: None
    ) -> list[Series]:
        """Every series of the query in that time, a value each `step` seconds; `on_part` is called after each request.

        Raises Unanswered, and of that Refused where another query may be answered.
        """
        found: dict[tuple[tuple[str, str], ...], tuple[Mapping[str, str], array[float], array[float]]] = {}
        for part in window.parts(step):
            for one in self._range(query, part, step):
                labels = dict(one["metric"])
                _, times, values = found.setdefault(tuple(sorted(labels.items())), (labels, array("d"), array("d")))
                # Histograms as values have no number to compare, and come under another key.
                for time, value in one.get("values", ()):
                    times.append(time)
                    values.append(float(value))
            on_part()
        return [Series(labels, times, values) for labels, times, values in found.values() if times]

    def _range(self, query: str, window: Window, step: float) -> list[dict[str, Any]]:
        form = {"query": query, "start": repr(window.start), "end": repr(window.end), "step": repr(step)}
        address = f"{self.url}/api/v1/query_range"
        try:
            # By POST: a query may be longer than an address can be.
            answer = self._pool.request("POST", address, fields=form, encode_multipart=False, headers=self._headers)
        except ReadTimeoutError as error:
            raise Unanswered(
                f"{self.url} did not answer in {_TIMEOUT.read_timeout:.0f} s: ask for less (--alert, --past)"
            ) from error
        except HTTPError as error:
            raise Unanswered(f"{self.url} cannot be reached: {_cause(error)}") from error
        content = _decoded(answer.data)
        if answer.status != 200 or content is None:
            of_query = content is not None and content.get("errorType") in _OF_A_QUERY
            raise (Refused if of_query else Unanswered)(f"{self.url} {_why_not(answer, content)}")
        self.warnings |= dict.fromkeys(str(text) for text in content.get("warnings", ()))
        result: list[dict[str, Any]] = content["data"]["result"]
        return result


def _address(url: str) -> SplitResult | None:
    """The parts of an address that a path can be added to, or None where it is none."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # brackets that do not close, or a port that is no number
        return None
    return parts if usable and not parts.query and not parts.fragment else None


def _token(file: Path) -> str:
    try:
        token = file.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidFiles(
            [Problem("command line", "--bearer-token-file", str(file), "a file that holds a token")]
        ) from error
    if not token or not token.isprintable() or " " in token:
        raise InvalidFiles(
            [Problem("command line", "--bearer-token-file", str(file), "a file that holds one token alone")]
        )
    return token


def _decoded(body: bytes) -> dict[str, Any] | None:
    """The answer, if it is one of Prometheus's API to a range query: the series, or an error."""
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(content, dict) or content.get("status") not in ("success", "error"):
        return None
    data = content.get("data")
    series = data.get("result") if isinstance(data, dict) else None
    return content if content["status"] == "error" or isinstance(series, list) else None


def _why_not(answer: urllib3.BaseHTTPResponse, content: dict[str, Any] | None) -> str:
    if content is not None:
        return (
            f"answered {answer.status}: {content.get('errorType', 'error')}: {content.get('error', 'no reason given')}"
        )
    if 300 <= answer.status < 400:
        return (
            f"leads to {answer.headers.get('Location', 'another address')}: give that address, or --bearer-token-file"
        )
    if answer.status in _REFUSED:
        return f"answered {answer.status}: {_REFUSED[answer.status]} (--bearer-token-file FILE)"
    kind = answer.headers.get("Content-Type", "something unnamed").split(";")[0]
    return f"is not Prometheus or Thanos: a range query is answered {answer.status} with {kind}"


def _cause(error: BaseException) -> str:
    """What lies beneath, without the names of classes and addresses of objects around it."""
    inner = error
    while inner.__cause__ is not None:
        inner = inner.__cause__
    return getattr(inner, "strerror", None) or str(inner).rsplit(": ", 1)[-1]
