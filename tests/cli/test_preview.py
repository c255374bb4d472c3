"""`vigil preview` as a person runs it."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from alert_rules.loader import builtin
from cli.main import app
from cli.preview.run import render
from cli.preview.write import replace_tree
from tests.rendered import ROOT, STACKS, project_with

VIGIL = Path(sys.executable).parent / "vigil"


def vigil(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    # No credentials, no kubeconfig, no proxy: whatever is needed must be in the project.
    clean = {
        "PATH": "/usr/bin:/bin",
        "HOME": "/nonexistent",
        "PYTHONPATH": str(ROOT),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    return subprocess.run(
        [VIGIL, *arguments], cwd=cwd, env=clean, capture_output=True, text=True, timeout=120, check=False
    )


def stack_text(name: str = "prod") -> str:
    return (ROOT / f"Pulumi.{name}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("stack", STACKS)
def test_it_prints_the_alerts_with_their_routes_and_writes_the_tree(stack: str, tmp_path: Path) -> None:
    done = vigil("preview", "--stack", stack, "--output", str(tmp_path))
    assert done.returncode == 0, done.stderr
    for words in ("HighErrorRate", "critical", "Slack #alerts-", "resources", "kubernetes Workload prometheus"):
        assert words in done.stdout
    assert {path.name for path in (tmp_path / stack).iterdir()} == {
        "aws",
        "cloudwatch",
        "kubernetes",
        "lambda",
        "mounted",
        "plan.json",
    }


def test_two_runs_give_identical_bytes(tmp_path: Path) -> None:
    trees = []
    for run in ("one", "two"):
        assert vigil("preview", "--stack", "prod", "--output", str(tmp_path / run)).returncode == 0
        trees.append(
            {str(p.relative_to(tmp_path / run)): p.read_bytes() for p in (tmp_path / run).rglob("*") if p.is_file()}
        )
    assert trees[0] == trees[1]
    assert len(trees[0]) > 20


def test_the_plan_says_of_every_resource_what_it_is_and_of_every_alert_who_is_told(tmp_path: Path) -> None:
    plan = json.loads(vigil("preview", "--stack", "prod", "--output", str(tmp_path), "--json").stdout)
    assert set(plan) == {"agreements", "alerts", "exports", "objectives", "requests", "resources", "warnings"}
    for resource in plan["resources"]:
        assert set(resource) == {"urn", "type", "name", "parent", "inputs"}
    cpu = next(a for a in plan["alerts"] if a["alert"] == "EcsHighCpuUtilization" and a["scope"] == "pm-ml-service")
    assert cpu["notified"] == ["Slack #alerts-high", "e-mail oncall@universal-ai-tools.com"]
    assert cpu["remediation"] == "scale_out_service (automatic)"


def test_nothing_in_the_tree_names_this_machine(tmp_path: Path) -> None:
    assert vigil("preview", "--stack", "prod", "--output", str(tmp_path)).returncode == 0
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or str(ROOT).encode() not in path.read_bytes(), path


def test_one_threshold_changes_exactly_one_rule_and_one_line_of_one_board(tmp_path: Path) -> None:
    before = render(ROOT, "prod").files
    changed = stack_text().replace("HighErrorRate: {threshold: 2%}", "HighErrorRate: {threshold: 3%}")
    after = render(project_with(tmp_path, changed), "prod").files
    different = {path for path in before if before[path] != after[path]}
    mounted = {path for path in different if path.startswith("mounted/")}
    rules = "mounted/prometheus/etc/prometheus/rules/http.yaml"
    board = "mounted/grafana/etc/grafana/dashboards/team-conversation/service-chat-service.json"
    assert mounted == {rules, board}
    assert different - mounted == {"kubernetes/grafana.yaml", "kubernetes/prometheus.yaml", "plan.json"}

    def lines(path: str) -> list[tuple[str, str]]:
        old, new = (str(files[path]).splitlines() for files in (before, after))
        return [(a.strip(), b.strip()) for a, b in zip(old, new, strict=True) if a != b]

    [(panel, moved)] = lines(board)
    assert '"title":"Error ratio"' in panel
    assert (panel.count('"value":0.02}'), moved.count('"value":0.03}')) == (1, 1)
    assert lines(rules) == [
        ("> 0.02", "> 0.03"),
        (
            "description: '{{ $value | humanizePercentage }} of the requests to {{ $labels.service }} fail with 5xx (alert above 2%).'",
            "description: '{{ $value | humanizePercentage }} of the requests to {{ $labels.service }} fail with 5xx (alert above 3%).'",
        ),
    ]


def one_screen(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert 0 < len(done.stderr.splitlines()) <= 24, done.stderr
    return done.stderr


def test_mistakes_come_with_file_line_key_value_and_what_is_allowed(tmp_path: Path) -> None:
    broken = stack_text().replace("HighErrorRate: {threshold: 2%}", "HighErorRate: {threshold: 2%}")
    line = 1 + next(number for number, text in enumerate(broken.splitlines()) if "HighErorRate" in text)
    told = one_screen(vigil("preview", "--stack", "prod", cwd=project_with(tmp_path, broken)))
    assert f"Pulumi.prod.yaml:{line}: vigil:services[5].alerts.HighErorRate: given 'HighErorRate'" in told
    assert "did you mean 'HighErrorRate'?" in told


def test_a_mistake_on_line_100_is_told_by_number_and_not_by_emoji(tmp_path: Path) -> None:
    lines = stack_text().splitlines()
    padding = ["  # a comment"] * (98 - lines.index("  vigil:services:"))
    at = lines.index("  vigil:services:")
    broken = [*lines[:at], *padding, "  vigil:platfrom_team: x", *lines[at:]]
    line = broken.index("  vigil:platfrom_team: x") + 1
    shift = ["  # a comment"] * (100 - line)
    broken = [*lines[:at], *padding, *shift, "  vigil:platfrom_team: x", *lines[at:]]
    told = one_screen(vigil("preview", "--stack", "prod", cwd=project_with(tmp_path, "\n".join(broken))))
    assert "Pulumi.prod.yaml:100: vigil:platfrom_team" in told


def test_a_mistake_leaves_the_former_tree_as_it_was(tmp_path: Path) -> None:
    project = project_with(tmp_path, stack_text())
    assert vigil("preview", "--stack", "prod", cwd=project).returncode == 0
    before = (project / "build/prod/plan.json").read_bytes()
    (project / "Pulumi.prod.yaml").write_text(
        stack_text().replace("size", "sise").replace("storage_class", "storage_clas")
    )
    one_screen(vigil("preview", "--stack", "prod", cwd=project))
    assert (project / "build/prod/plan.json").read_bytes() == before
    assert [path.name for path in (project / "build").iterdir()] == ["prod"]


def test_a_malformed_stack_file_is_told_by_line(tmp_path: Path) -> None:
    told = one_screen(
        vigil("preview", "--stack", "prod", cwd=project_with(tmp_path, "config:\n  vigil:links: {runbooks: [\n"))
    )
    assert "Pulumi.prod.yaml:3: file: given" in told
    assert "well-formed YAML" in told


def test_a_stack_that_is_not_there_is_told_with_those_that_are() -> None:
    told = one_screen(vigil("preview", "--stack", "prd"))
    assert "allowed: one of the stacks of this project: dev, prod, staging; did you mean 'prod'?" in told


def test_a_stack_file_without_a_region_is_told(tmp_path: Path) -> None:
    without = stack_text().replace("  aws:region: eu-west-1\n", "")
    assert "aws:region" in one_screen(vigil("preview", "--stack", "prod", cwd=project_with(tmp_path, without)))


def test_a_target_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    told = one_screen(vigil("preview", "--stack", "dev", "--output", str(tmp_path / "file")))
    assert "file" in told


def test_pulumi_secrets_stay_out_of_every_file(tmp_path: Path) -> None:
    ciphertext = "v1:8yPl3r7zKqA1:notreallyencrypted"
    secret = (
        stack_text()
        .replace(
            "vigil:slack_bot_token: {secrets_manager: vigil/prod/slack-bot-token}",
            f"vigil:slack_bot_token: {{secure: {ciphertext}}}",
        )
        .replace(
            "vigil:grafana_admin_password: {kubernetes: {secret: grafana-admin, key: password}}",
            f"vigil:grafana_admin_password: {{secure: {ciphertext}}}",
        )
    )
    rendered = render(project_with(tmp_path, secret), "prod")
    plan = json.loads(str(rendered.files["plan.json"]))
    made = {
        r["type"]: r["inputs"]
        for r in plan["resources"]
        if r["type"] in ("kubernetes:core/v1:Secret", "aws:secretsmanager/secretVersion:SecretVersion")
    }
    assert made["kubernetes:core/v1:Secret"]["stringData"] == "[secret]"
    assert made["aws:secretsmanager/secretVersion:SecretVersion"]["secretString"] == "[secret]"
    for path, content in rendered.files.items():
        assert b"known only to" not in (content if isinstance(content, bytes) else content.encode()), path


def test_a_secret_where_none_may_be_is_told(tmp_path: Path) -> None:
    secret = stack_text() + "  vigil:platform_team: {secure: v1:abc}\n"
    told = one_screen(vigil("preview", "--stack", "prod", cwd=project_with(tmp_path, secret)))
    assert "vigil:platform_team: given '[secret]'; allowed: no secret" in told


# A program that says when it runs and then takes its time, so that the interruption always comes in the middle.
SLOW = "import pathlib, time\npathlib.Path('started').touch()\ntime.sleep(60)\n"
CLEARS_UP_BADLY = """
import pathlib, time
try:
    pathlib.Path('started').touch()
    time.sleep(60)
finally:
    raise {error}
"""
CLEAR_UP_BADLY = [
    CLEARS_UP_BADLY.format(error=error) for error in ("RuntimeError('no')", "OSError('no')", "SystemExit(3)")
]


@pytest.mark.parametrize("program", [SLOW, *CLEAR_UP_BADLY])
def test_an_interruption_leaves_the_former_tree_as_it_was(program: str, tmp_path: Path) -> None:
    project = project_with(tmp_path, stack_text())
    replace_tree(project / "build/prod", {"plan.json": "former"})
    (project / "__main__.py").write_text(program, encoding="utf-8")
    running = subprocess.Popen(
        [VIGIL, "preview", "--stack", "prod"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        # A shell ignores interruptions in what it runs in the background, as the tests may be, and children inherit it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    end = threading.Timer(120, running.kill)
    end.start()
    while running.poll() is None and not (project / "started").exists():
        time.sleep(0.05)
    running.send_signal(signal.SIGINT)
    _, told = running.communicate()
    end.cancel()
    assert running.returncode == 130, told
    assert told == "interrupted; what was in the output folder is untouched\n"
    assert (project / "build/prod/plan.json").read_text() == "former"


def test_a_program_that_fails_is_told_of_at_once_whatever_it_still_runs(tmp_path: Path) -> None:
    project = project_with(tmp_path, stack_text())
    fails = (
        "import threading, time\nthreading.Thread(target=time.sleep, args=(300,)).start()\nraise KeyError('cause')\n"
    )
    (project / "__main__.py").write_text(fails, encoding="utf-8")
    done = subprocess.run(
        [VIGIL, "preview", "--stack", "prod"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert "KeyError: 'cause'" in done.stderr
    assert not (project / "build").exists()


def test_objectives_are_shown_with_the_time_that_they_allow_to_fail(tmp_path: Path) -> None:
    shown = vigil("preview", "--stack", "prod", "--output", str(tmp_path)).stdout
    [line] = [line for line in shown.splitlines() if "api-gateway latency" in line]
    cells = [cell.strip() for cell in line.strip("│").split("│")]
    assert cells[1:] == [
        "HTTP requests that are answered within 300ms, of those without a server error",
        "99%",
        "30d",
        "7h 12m",
    ]
    plan = json.loads((tmp_path / "prod" / "plan.json").read_text())
    assert {(each["service"], each["slo"], each["budget_seconds"]) for each in plan["objectives"]} == {
        ("api-gateway", "availability", 2592),
        ("api-gateway", "latency", 25920),
        ("llm-router", "inference", 24192),
    }


def test_agreements_are_shown_with_their_targets_and_periods(tmp_path: Path) -> None:
    shown = vigil("preview", "--stack", "prod", "--output", str(tmp_path)).stdout
    head, _, line = (
        [cell.strip() for cell in re.split("[│┃]", each)[1:-1]]
        for each in shown[shown.index("┃ agreement") :].splitlines()[:3]
    )
    assert dict(zip(head, line, strict=True)) == {
        "agreement": "api-gateway",
        "availability, 30d": "99.9%",
        "response time, 24h": "200ms",
        "error rate, 24h": "1%",
        "throughput, 1h": "1000/s",
    }
    [agreement] = json.loads((tmp_path / "prod" / "plan.json").read_text())["agreements"]
    targets = {"availability": 0.999, "response_time": 0.2, "error_rate": 0.01, "throughput": 1000}
    assert (agreement["service"], agreement["targets"]) == ("api-gateway", targets)


def test_the_alerts_and_their_parameters_are_whole_on_a_terminal_of_eighty_columns() -> None:
    told = CliRunner().invoke(app, ["alerts"], env={"COLUMNS": "80"}).stdout
    lines = [line.split() for line in told.splitlines()]
    for alert in builtin().prometheus:
        figures = [[name, str(parameter.default)] for name, parameter in alert.parameters.items()]
        at = next((n for n, line in enumerate(lines) if line[:1] == [alert.name]), None)
        if at is not None:  # the longest names go on in the next line
            assert [line[-2:] for line in lines[at : at + len(figures)]] == figures
    assert "…" not in told
    assert max(map(len, told.splitlines())) <= 80
    assert sum(line[:1] == [alert.name] for line in lines for alert in builtin().prometheus) > 80
