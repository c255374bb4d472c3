"""What is asked of Prometheus, and what is told where it does not answer as it should."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import urllib3
from hypothesis import given, settings
from hypothesis import strategies as st

from alert_rules.problems import InvalidFiles
from alert_rules.timing import EVALUATION_INTERVAL
from cli.tune import history
from cli.tune.history import POINTS, Prometheus, Unanswered, Window
from tests.loopback import StandIn, serving

HOUR = Window(1_700_000_000.0, 1_700_003_600.0)


@contextmanager
def answering(
    content: Any, *, status: int = 200, kind: str = "application/json", **headers: str
) -> Iterator[tuple[str, list[tuple[str, str, dict[str, str], dict[str, list[str]]]]]]:
    """The address of a stand-in that answers everything so, and the requests it gets: method, path, headers, form."""
    asked = []

    class Handler(StandIn):
        def do_POST(self) -> None:
            form = parse_qs(self.body().decode())
            asked.append((self.command, self.path, dict(self.headers), form))
            text = content if isinstance(content, str) else json.dumps(content)
            self.answer(text.encode(), status=status, headers={"Content-Type": kind, **headers})

    with serving(Handler) as address:
        yield f"http://{address}", asked


def matrix(*series: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"status": "success", "data": {"resultType": "matrix", "result": list(series)}, **more}


def refused(content: Any, **answer: Any) -> str:
    with answering(content, **answer) as (url, _), pytest.raises(Unanswered) as raised:
        Prometheus(url).read("up", HOUR, 60)
    told = str(raised.value)
    assert told.startswith(url)
    assert "\n" not in told
    return told.removeprefix(f"{url} ")


def test_only_range_queries_are_sent_and_by_post() -> None:
    with answering(matrix()) as (url, asked):
        assert Prometheus(f"{url}/prometheus/").read("up > 1", HOUR, 60) == []
    [(method, path, headers, form)] = asked
    assert (method, path) == ("POST", "/prometheus/api/v1/query_range")
    assert form == {"query": ["up > 1"], "start": ["1700000040.0"], "end": ["1700003600.0"], "step": ["60"]}
    assert "Authorization" not in headers


def test_series_are_put_together_from_all_parts() -> None:
    one = {"metric": {"service": "a"}, "values": [[1, "0.5"], [2, "+Inf"], [3, "NaN"], [4, "-Inf"]]}
    parts: list[None] = []
    with answering(matrix(one, {"metric": {"service": "h"}, "histograms": []}, warnings=["w", "v"])) as (url, asked):
        prometheus = Prometheus(url)
        [found] = prometheus.read("x", Window(0.0, 2 * POINTS * 15.0), 15.0, on_part=lambda: parts.append(None))
    assert len(asked) == len(parts) == 2
    assert (found.labels, list(found.times)) == ({"service": "a"}, [1, 2, 3, 4, 1, 2, 3, 4])
    assert [repr(value) for value in found.values[:4]] == ["0.5", "inf", "nan", "-inf"]
    assert list(prometheus.warnings) == ["w", "v"]  # each once


@settings(deadline=None)
@given(st.floats(1e9, 2e9), st.floats(0, 1e6), st.sampled_from([EVALUATION_INTERVAL, 60.0, 120.0, 180.0, 300.0]))
def test_parts_cover_the_window_on_one_grid_without_a_moment_twice(start: float, length: float, step: float) -> None:
    window = Window(start, start + length)
    parts = list(window.parts(step))
    moments = [part.start + n * step for part in parts for n in range(int((part.end - part.start) // step) + 1)]
    assert all(moment % step == 0 for moment in moments)
    assert all(later - sooner == step for sooner, later in pairwise(moments))
    assert len(moments) in (int(length // step), int(length // step) + 1)
    assert all(start < moment <= window.end for moment in moments)
    assert all((part.end - part.start) / step < POINTS for part in parts)


def test_a_day_of_evaluations_is_one_answer_and_no_more_than_prometheus_gives() -> None:
    assert POINTS * EVALUATION_INTERVAL == 86400
    assert POINTS < 11_000


def test_prometheuss_own_words_are_told() -> None:
    error = {"status": "error", "errorType": "bad_data", "error": 'parse error: unexpected "]"'}
    assert refused(error, status=400) == 'answered 400: bad_data: parse error: unexpected "]"'
    timeout = {"status": "error", "errorType": "timeout", "error": "query timed out"}
    assert refused(timeout, status=503) == "answered 503: timeout: query timed out"


@pytest.mark.parametrize(
    ("content", "answer", "told"),
    [
        ("<html>", {"kind": "text/html; charset=utf-8"}, "is not Prometheus or Thanos: a range query is answered 200 with text/html"),
        ("404 page not found", {"status": 404, "kind": "text/plain"}, "is not Prometheus or Thanos"),
        ({"status": "ok"}, {}, "is not Prometheus or Thanos"),
        ([], {}, "is not Prometheus or Thanos"),
        ({"status": "success", "data": {}}, {}, "is not Prometheus or Thanos"),
        ({"status": "success"}, {}, "is not Prometheus or Thanos"),
        ("", {"status": 302, "Location": "https://id.example.com/in"}, "leads to https://id.example.com/in: give that"),
        ("no", {"status": 401}, "answered 401: it asks for a sign-in (--bearer-token-file FILE)"),
        ("no", {"status": 403}, "answered 403: it refuses"),
    ],
)  # fmt: skip
def test_what_is_no_prometheus_is_told(content: Any, answer: dict[str, Any], told: str) -> None:
    assert told in refused(content, **answer)


def test_an_address_that_nobody_listens_at_is_told() -> None:
    with answering(matrix()) as (url, _):
        pass
    with pytest.raises(Unanswered, match=f"^{url} cannot be reached: Connection refused$"):
        Prometheus(url).read("up", HOUR, 60)


def test_an_answer_that_breaks_off_is_told() -> None:
    class Handler(StandIn):
        def do_POST(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "100")
            self.end_headers()
            self.wfile.write(b"{")

    with serving(Handler) as address, pytest.raises(Unanswered, match="cannot be reached: "):
        Prometheus(f"http://{address}").read("up", HOUR, 60)


def test_an_answer_that_never_comes_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_TIMEOUT", urllib3.Timeout(connect=1.0, read=0.2))

    class Handler(StandIn):
        def do_POST(self) -> None:
            self.rfile.read(10_000)  # until the other side has gone

    with serving(Handler) as address, pytest.raises(Unanswered, match=r"did not answer in 0 s: ask for less"):
        Prometheus(f"http://{address}").read("up", HOUR, 60)


@pytest.mark.parametrize(
    "url",
    ["localhost:9090", "ftp://x", "http://", "http://x:port", "http://x:99999", "http://[::1", "http://x?a=b", "//x", ""],
)  # fmt: skip
def test_what_is_no_address_is_a_mistake(url: str) -> None:
    with pytest.raises(InvalidFiles, match="--prometheus: given .*; allowed: an address such as http://localhost:9090"):
        Prometheus(url)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(InvalidFiles, match="an address without a password") as raised:
        Prometheus("https://me:secret@prometheus.example.com")
    assert "secret" not in str(raised.value)


def test_the_token_of_a_file_is_sent_and_no_other_file_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("abc.def\n")
    with answering(matrix()) as (url, asked):
        Prometheus(url, file).read("up", HOUR, 60)
    assert asked[0][2]["Authorization"] == "Bearer abc.def"
    for content in ("", "two words", "two\nlines", "\x00", "é"):
        file.write_text(content)
        with pytest.raises(InvalidFiles, match="--bearer-token-file"):
            Prometheus(url, file)
    with pytest.raises(InvalidFiles, match=re.escape(str(tmp_path / "none"))):
        Prometheus(url, tmp_path / "none")
