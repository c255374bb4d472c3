"""`vigil tune` against a real Prometheus that holds weeks of samples."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alert_rules import yaml12
from tests.cli.command import stack_text, vigil
from tests.rendered import project_with
from tests.validators import promtool
from tests.validators.process import HttpServer
from tests.validators.servers import prometheus

DAY = 86400
SCRAPED = 30  # seconds between two samples; rates are over five minutes
HELD = 14 * DAY

# Services of the committed stack. `chat-service` has a threshold of its own there, 2 %.
NOISY, BUSY, QUIET, ERRING = "api-gateway", "assistantd", "auth-service", "chat-service"


def error_ratio(service: str, second: int) -> float:
    """Of the requests at that second of the history, how many fail."""
    day, of_day = divmod(second, DAY)
    bad = of_day % DAY < 15 * 60  # a quarter of an hour, so that a rate over five minutes is steady for ten
    if service == NOISY:
        return 0.06 if bad and day % 7 in (1, 3, 5) else 0.01
    if service == BUSY:
        return 0.06 if bad and day == 3 else 0.01  # once
    if service == ERRING:
        return 0.03 if bad and day % 2 else 0.005
    return 0.001


def openmetrics(start: int) -> Iterator[str]:
    yield "# TYPE http_requests counter\n"
    yield from (line for service in (NOISY, BUSY, QUIET, ERRING) for line in requests(service, start))
    yield "# TYPE up gauge\n"
    for second in range(0, HELD, SCRAPED):
        yield f'up{{service="{QUIET}",team="a"}} 1 {start + second}\n'
    yield "# EOF\n"


def requests(service: str, start: int) -> Iterator[str]:
    """A hundred requests a second."""
    for code in ("500", "200"):
        total = 0.0
        for second in range(0, HELD, SCRAPED):
            failing = error_ratio(service, second)
            total += 100 * SCRAPED * (failing if code == "500" else 1 - failing)
            labels = f'service="{service}",team="a",status_code="{code}"'
            yield f"http_requests_total{{{labels}}} {total:.1f} {start + second}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpServer]:
    folder = tmp_path_factory.mktemp("tune")
    text = folder / "samples.txt"
    with text.open("w", encoding="utf-8") as file:
        file.writelines(openmetrics(int(time.time()) - HELD))
    promtool.backfill(text, folder / "data")
    config = folder / "prometheus.yml"
    config.write_text("global: {}\n")
    with prometheus(config, "--storage.tsdb.retention.time=60d", data=folder / "data") as running:
        yield running


def tuned(server: HttpServer, *arguments: str, cwd: Path) -> Any:
    done = vigil("tune", "--stack", "prod", "--prometheus", server.url, "--json", *arguments, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def of_error_rate(found: Any) -> dict[str, Any]:
    return {row["service"]: row for row in found["rows"] if row["alert"] == "HighErrorRate"}


def test_history_suggests_what_would_have_been_quiet_enough(server: HttpServer, tmp_path: Path) -> None:
    project = project_with(tmp_path, stack_text("prod"))
    found = tuned(server, "--alert", "HighErrorRate", cwd=project)
    rows = of_error_rate(found)
    assert found["pages_allowed"] == 2
    assert (rows[NOISY]["fired"], rows[NOISY]["suggested"], rows[NOISY]["fired_then"]) == (6, "7%", 0)
    assert rows[NOISY]["worst"] == pytest.approx(0.06, rel=1e-3)
    assert rows[NOISY]["median"] == pytest.approx(0.01, rel=1e-3)
    assert (rows[BUSY]["fired"], rows[BUSY]["suggested"]) == (1, None)  # once in a fortnight is few enough
    assert (rows[ERRING]["scope"], rows[ERRING]["threshold"]) == (ERRING, "2%")
    assert (rows[ERRING]["fired"], rows[ERRING]["suggested"]) == (7, "3.5%")
    # A thousandth of its requests is 0.1 errors a second and no more: no value, as its floor is not passed.
    assert QUIET not in rows
    assert [row["service"] for row in found["rows"]] == [ERRING, NOISY, BUSY]


def test_what_is_suggested_can_be_pasted_and_leaves_nothing_to_change(server: HttpServer, tmp_path: Path) -> None:
    project = project_with(tmp_path, stack_text("prod"))
    pasted = yaml12.load(tuned(server, "--alert", "HighErrorRate", cwd=project)["yaml"])
    assert pasted == {
        "vigil:services": [
            {"name": NOISY, "alerts": {"HighErrorRate": {"threshold": "7%"}}},
            {"name": ERRING, "alerts": {"HighErrorRate": {"threshold": "3.5%"}}},
        ]
    }
    content = yaml12.load(stack_text("prod"))
    services = {service["name"]: service for service in content["config"]["vigil:services"]}
    for service in pasted["vigil:services"]:
        services[service["name"]].setdefault("alerts", {}).update(service["alerts"])
    (project / "Pulumi.prod.yaml").write_text(yaml12.dump(content))
    again = tuned(server, "--alert", "HighErrorRate", cwd=project)
    assert again["yaml"] == ""
    assert {name: row["threshold"] for name, row in of_error_rate(again).items()} == {
        NOISY: "7%",
        BUSY: "5%",
        ERRING: "3.5%",
    }
    assert all(row["fired"] <= again["pages_allowed"] for row in again["rows"])


def test_every_alert_of_a_stack_is_asked_about_and_none_is_left_unsaid(server: HttpServer, tmp_path: Path) -> None:
    found = tuned(server, "--past", "1d", cwd=project_with(tmp_path, stack_text("prod")))
    rows, silent = ({one["alert"] for one in found[what]} for what in ("rows", "without_values"))
    unseen = {one["alert"] for one in found["seen_in_part"] if not one["seconds"]}
    assert unseen == {"LatencyAnomalous", "TrafficDropped", "TrafficSurged"}  # this history has no two weeks and a day
    told = rows | silent | unseen | set(found["not_tunable"]) | set(found["without_threshold"])
    plan = json.loads(vigil("preview", "--stack", "prod", "--json", "--output", str(tmp_path / "build")).stdout)
    assert told == {line["alert"] for line in plan["alerts"] if line["source"].startswith("Prometheus")}
    assert {"MemoryGrowing", "DeployRegression"} <= set(found["not_tunable"])
    assert "ServiceMissing" in found["without_threshold"]
    [rate] = [one for one in found["without_values"] if one["alert"] == "HighResponseTime"][:1]
    assert (rate["measured"], rate["metrics"]) == (False, ["http_request_duration_seconds_bucket"])


def test_a_history_shorter_than_was_asked_for_is_told(server: HttpServer, tmp_path: Path) -> None:
    project = project_with(tmp_path, stack_text("prod"))
    done = vigil(
        "tune", "--stack", "prod", "--prometheus", server.url, "--past", "28d", "--alert", "HighErrorRate", cwd=project
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "against its history (14d of 28d: there is no more)" in done.stdout


def asked(data: Path | None, *flags: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What is told of a Prometheus with those flags."""
    config = folder / "prometheus.yml"
    config.write_text("global: {}\n")
    with prometheus(config, *flags, data=data) as running:
        done = vigil(
            "tune", "--stack", "prod", "--prometheus", running.url, cwd=project_with(folder, stack_text("prod"))
        )
    assert "Traceback" not in done.stderr
    return done


def test_a_prometheus_that_has_nothing_is_a_mistake(tmp_path: Path) -> None:
    done = asked(None, folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no sample of `up` there has a label `service`" in done.stderr


def test_prometheuss_own_words_on_a_query_that_it_gives_up_are_told(tmp_path: Path) -> None:
    text = tmp_path / "samples.txt"
    now = int(time.time())
    text.write_text("".join(f'up{{service="a"}} 1 {now - n * 60}\n' for n in reversed(range(100))) + "# EOF\n")
    promtool.backfill(text, tmp_path / "data")
    done = asked(tmp_path / "data", "--query.max-samples=20", folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    refused = [line for line in done.stdout.splitlines() if line.startswith("Refused: ")]
    assert refused != []
    for line in refused:
        assert "answered 422: execution: query processing would load too many samples into memory" in line
    assert "Nothing to change among the others." in done.stdout
