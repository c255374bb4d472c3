"""`vigil preview` as a person runs it: what it prints, and the tree that it writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.preview.run import render
from tests.cli.command import stack_text, vigil
from tests.rendered import ROOT, STACKS, project_with


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
