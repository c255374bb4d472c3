"""`vigil tune` as a person runs it, on a stand-in for Prometheus; tests/validators/test_tune.py has the real one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from typer.testing import CliRunner

from alert_rules import yaml12
from cli.main import app
from tests.cli.command import stack_text
from tests.loopback import StandIn, serving
from tests.rendered import project_with

UP = 'count(up{service!=""})'


@contextmanager
def prometheus(values: Mapping[str, Mapping[str, float]], *, since: float = 0.0, **more: Any) -> Iterator[str]:
    """The address of a stand-in in which, for each text that a query contains, services measure a steady value; it has
    run only in the last `since` share of the time."""

    class Handler(StandIn):
        def do_POST(self) -> None:
            form = {name: texts[0] for name, texts in parse_qs(self.body().decode()).items()}
            start, end, step = (float(form[name]) for name in ("start", "end", "step"))
            times = [start + n * step for n in range(int((end - start) / step) + 1)]
            found = [(UP in form["query"], {"": 1.0}), *((text in form["query"], own) for text, own in values.items())]
            series = [
                {"metric": {"service": name}, "values": [[t, str(value)] for t in times if t >= start + since * (end - start)]}
                for wanted, own in found
                if wanted
                for name, value in own.items()
            ]  # fmt: skip
            self.answer(json.dumps({"status": "success", "data": {"result": series}, **more}).encode())

    with serving(Handler) as address:
        yield f"http://{address}"


CPU = "max by (service, team) (cpu_usage_percent"
NODE_MEMORY = "node_memory_MemAvailable_bytes"


def run(url: str, *arguments: str, cwd: Path) -> str:
    """What is printed, in this process: a start of Python takes longer than all that is asked here."""
    words = ["tune", "--stack", "prod", "--project", str(cwd), "--prometheus", url, "--past", "6h", *arguments]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def test_people_read_a_table_noisiest_first_and_the_lines_to_paste(project: Path) -> None:
    measured = {CPU: {"redis": 85, "nginx": 3, "postgres": 40}}
    with prometheus(measured) as url:
        told = run(url, "--alert", "HighCPUUsage", "--pages", "0", cwd=project)
    cells = [
        [cell.strip() for cell in line.strip("│").split("│")] for line in told.splitlines() if line.startswith("│")
    ]
    assert cells == [
        ["HighCPUUsage", "redis", "> 80%", "85%", "85%", "85%", "1", "90%"],
        ["HighCPUUsage", "nginx", "> 80%", "3%", "3%", "3%", "0", "far away"],
        ["HighCPUUsage", "postgres", "> 80%", "40%", "40%", "40%", "0", "-"],
    ]
    assert told.splitlines()[0].rstrip() == "Thresholds of stack prod against its history (6h)"
    assert "at most 0 would do (--pages). Counted from values 150s apart.\n" in told
    pasted = "# Pulumi.prod.yaml, under config: each entry replaces the one of its name\n"
    assert told.endswith(
        f"{pasted}vigil:services:\n  - name: redis\n    alerts:\n"
        "      HighCPUUsage: {threshold: 90%}  # was 80%; pages 1 → 0\n"
    )


def test_programs_read_json(project: Path) -> None:
    with prometheus({CPU: {"redis": 85}}, warnings=["from a store: [gone]"]) as url:
        told = json.loads(run(url, "--alert", "HighCPUUsage", "--pages", "0", "--json", cwd=project))
    [row] = told.pop("rows")
    assert row == {
        "alert": "HighCPUUsage",
        "scope": "every service",
        "service": "redis",
        "operator": ">",
        "threshold": "80%",
        "unit": "percent",
        "for_seconds": 300,
        "step_seconds": 150,
        "samples": 144,
        "median": 85,
        "percent_99": 85,
        "worst": 85,
        "fired": 1,
        "firing_seconds": 144 * 150 - 300,
        "verdict": "loosen",
        "suggested": "90%",
        "fired_then": 0,
    }
    assert told == {
        "stack": "prod",
        "past_seconds": 21600,
        "found_seconds": 21600,
        "pages_a_week": 0,
        "pages_allowed": 0,
        "without_values": [],
        "refused": [],
        "seen_in_part": [],
        "not_tunable": {},
        "without_threshold": [],
        "warnings": ["from a store: [gone]"],
        "yaml": "vigil:services:\n  - name: redis\n    alerts:\n      HighCPUUsage: {threshold: 90%}  # was 80%; pages 1 → 0\n",
    }


def test_what_compares_with_a_time_before_the_history_is_told_with_how_much_of_it_was_seen(project: Path) -> None:
    # Two weeks and half an hour before the six hours, of which the first three hours are missing.
    since = 3 / (14 * 24 + 6.5)
    chosen = ("--alert", "LatencyAnomalous", "--alert", "HighCPUUsage")
    with prometheus({CPU: {"redis": 20}, "duration_seconds_sum": {"redis": 1.5}}, since=since) as url:
        told = run(url, *chosen, cwd=project)
        [part] = json.loads(run(url, *chosen, "--json", cwd=project))["seen_in_part"]
    assert re.search(r"compare with what is kept no longer: LatencyAnomalous (2\.9\d|3)h\.\n", told)
    assert part.pop("seconds") == pytest.approx(3 * 3600, abs=300)
    assert part == {"alert": "LatencyAnomalous", "scope": "every service"}
    with prometheus({CPU: {"redis": 20}, "duration_seconds_sum": {"redis": 1.5}}) as url:
        assert "Seen for a part" not in run(url, *chosen, cwd=project)
    with prometheus({CPU: {"redis": 20}}, since=0.99) as url:
        told = run(url, *chosen, cwd=project)
    assert "Not seen at all, since they compare with what is kept no longer: LatencyAnomalous.\n" in told
    assert "Never measured: LatencyAnomalous" not in told


@pytest.mark.parametrize(("hold", "step"), [("1m", 30), ("10m", 150), ("1h", 180)])
def test_values_are_as_far_apart_as_the_evaluations_of_the_rule_in_force(hold: str, step: int, tmp_path: Path) -> None:
    changed = stack_text("prod").replace("HighMemoryUsage: {threshold: 24GiB}", f"HighMemoryUsage: {{for: {hold}}}")
    with prometheus({"memory_usage_bytes": {"ml-inference": 9.0 * 2**30}}) as url:
        told = run(url, "--alert", "HighMemoryUsage", "--json", cwd=project_with(tmp_path, changed))
    assert {row["step_seconds"] for row in json.loads(told)["rows"] if row["scope"] == "ml-inference"} == {step}


def test_a_page_within_a_part_of_a_week_is_what_a_week_may_have(project: Path) -> None:
    with prometheus({CPU: {"redis": 85}}) as url:
        told = run(url, "--alert", "HighCPUUsage", cwd=project)
    assert "│     1 │         - │" in told
    assert told.endswith("Nothing to change.\n")


def test_what_was_never_measured_and_what_cannot_be_tuned_is_told(project: Path) -> None:
    asked = ("HighCPUUsage", "CacheErrors", "MemoryGrowing", "ServiceDown")
    # The compared ratio is there; the errors are too few for it to count.
    with prometheus({"group(": {"": 1.0}}, warnings=["a store [is gone]"]) as url:
        told = run(url, *(word for name in asked for word in ("--alert", name)), cwd=project)
    assert "Its other conditions never held: CacheErrors, HighCPUUsage.\n" in told
    assert "Not tunable: MemoryGrowing: it is compared by <= and >" in told
    assert "Nothing to tune, without a threshold: ServiceDown.\n" in told
    assert "Prometheus warns: a store [is gone]\n" in told
    with prometheus({}) as url:
        told = run(url, "--alert", "CacheErrors", "--alert", "HighMemoryUsage", cwd=project)
        every = run(url, cwd=project)
    assert (
        "Never measured: CacheErrors; is what it reads exported, with those labels? cache_operations_total.\n" in told
    )
    assert "Never measured: HighMemoryUsage (ml-inference); is what" in told
    assert "Never measured; is what they read exported (--json names it)? AIRequestFailures, " in every


def test_a_service_that_the_settings_do_not_have_is_set_for_all(project: Path) -> None:
    measured: dict[str, dict[str, float]] = {
        NODE_MEMORY: {"node-exporter": 0.96},
        CPU: {"redis": 85, "elsewhere": 92},
    }
    with prometheus(measured) as url:
        told = json.loads(run(url, "--pages", "0", "--json", cwd=project))
    assert yaml12.load(told["yaml"]) == {
        "vigil:alerts": {"HighCPUUsage": {"threshold": "95%"}, "NodeMemoryAlmostFull": {"threshold": "97%"}},
        "vigil:services": [{"name": "redis", "alerts": {"HighCPUUsage": {"threshold": "90%"}}}],
    }
    assert "# elsewhere, not among vigil:services: so for all; was 80%; pages 1 → 0\n" in told["yaml"]


def test_what_every_service_needs_alike_is_set_once(project: Path) -> None:
    with prometheus({CPU: {"redis": 85, "nginx": 86}}) as url:
        told = json.loads(run(url, "--pages", "0", "--alert", "HighCPUUsage", "--json", cwd=project))
    assert yaml12.load(told["yaml"]) == {"vigil:alerts": {"HighCPUUsage": {"threshold": "90%"}}}
    with prometheus({CPU: {"redis": 85, "nginx": 92}}) as url:
        told = json.loads(run(url, "--pages", "0", "--alert", "HighCPUUsage", "--json", cwd=project))
    assert [service["name"] for service in yaml12.load(told["yaml"])["vigil:services"]] == ["nginx", "redis"]


def test_what_an_entry_says_already_stays_in_it(tmp_path: Path) -> None:
    changed = stack_text("prod").replace(
        "HighMemoryUsage: {threshold: 24GiB}", "HighMemoryUsage: {for: 10m, severity: high}"
    )
    memory = {"memory_usage_bytes": {"ml-inference": 9.0 * 2**30}}
    with prometheus(memory) as url:
        told = json.loads(
            run(url, "--pages", "0", "--alert", "HighMemoryUsage", "--json", cwd=project_with(tmp_path, changed))
        )
    assert "HighMemoryUsage: {for: 10m, severity: high, threshold: 10GiB}  # was 8GiB" in told["yaml"]


def test_a_figure_without_a_unit_is_a_number_in_yaml(project: Path) -> None:
    with prometheus({"kube_pod_container_status_restarts_total": {"kube-state-metrics": 4}}) as url:
        told = json.loads(run(url, "--pages", "0", "--alert", "KubeContainerOomKilled", "--json", cwd=project))
    assert yaml12.load(told["yaml"]) == {"vigil:alerts": {"KubeContainerOomKilled": {"threshold": 5}}}


@pytest.mark.parametrize(("since", "told"), [(0.01, "6h"), (0.5, "3h of 6h: there is no more")])
def test_a_history_of_half_the_time_is_told_and_one_with_a_small_gap_is_whole(
    since: float, told: str, project: Path
) -> None:
    with prometheus({CPU: {"redis": 85}}, since=since) as url:
        assert f"against its history ({told})" in run(url, "--alert", "HighCPUUsage", cwd=project)


def test_a_query_that_prometheus_refuses_is_told_of_and_the_others_are_asked(project: Path) -> None:
    class Handler(StandIn):
        def do_POST(self) -> None:
            form = {name: texts[0] for name, texts in parse_qs(self.body().decode()).items()}
            if CPU in form["query"]:
                error = {"status": "error", "errorType": "timeout", "error": "query timed out"}
                self.answer(json.dumps(error).encode(), status=503)
                return
            metric = {} if UP in form["query"] else {"service": "api-gateway"}
            series = [{"metric": metric, "values": [[float(form["end"]), "1"]]}]
            self.answer(json.dumps({"status": "success", "data": {"result": series}}).encode())

    with serving(Handler) as address:
        alerts = ("--alert", "HighCPUUsage", "--alert", "HighMemoryUsage")
        told = run(f"http://{address}", *alerts, cwd=project)
        found = json.loads(run(f"http://{address}", "--json", *alerts, cwd=project))
    reason = f"http://{address} answered 503: timeout: query timed out"
    assert f"Refused: HighCPUUsage: {reason}.\n" in told
    assert told.endswith("Nothing to change among the others.\n")
    assert found["refused"] == [{"alert": "HighCPUUsage", "scope": "every service", "reason": reason}]
    assert {row["alert"] for row in found["rows"]} == {"HighMemoryUsage"}
