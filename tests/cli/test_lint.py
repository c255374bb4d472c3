"""`vigil lint` as a person runs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from alert_rules import loader, yaml12
from alert_rules.problems import MISSING, Problem
from cli.lint import lint, plain
from cli.preview.run import settings_of
from components.stack import compile_content
from tests.alert_rules.faults import entry
from tests.cli.command import one_screen, stack_text, vigil
from tests.rendered import ROOT

# Nobody is told of medium alerts in dev, which `vigil preview` warns of.
STACKS = ("dev", "prod", "staging")


def project(folder: Path, *names: str, **changed: str) -> Path:
    """A project with those committed stacks, and with others that have a text of their own."""
    for name in names:
        shutil.copy(ROOT / f"Pulumi.{name}.yaml", folder)
    for name, text in changed.items():
        (folder / f"Pulumi.{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def rules(folder: Path, engine: str = "prometheus", **alerts: object) -> Path:
    (folder / engine).mkdir(parents=True)
    (folder / engine / "own.yaml").write_text(yaml12.dump({"alerts": alerts}), encoding="utf-8")
    return folder


GOOD = entry("max by (service, team) (active_connections{$selector}) > 5")
BAD = entry("sum by (service, team) (rate(http_requests_total{$selector}[30s])) > 5")

UNHEARD = stack_text("staging").replace(', medium: "#monitoring-staging"', "")


def test_nothing_is_found_in_the_rules_and_stacks_that_vigil_ships(tmp_path: Path) -> None:
    done = vigil("lint", "--project", str(project(tmp_path, *STACKS)))
    count = len(loader.builtin().alerts)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{count} rules of 3 engines, 3 stacks: nothing found\n"


def test_a_severity_that_nobody_is_told_of_is_a_mistake_of_its_stack(tmp_path: Path) -> None:
    assert stack_text("staging") != UNHEARD
    told = one_screen(vigil("lint", cwd=project(tmp_path, "prod", staging=UNHEARD)))
    line = 1 + UNHEARD.splitlines().index("  vigil:receivers:")
    assert f"Pulumi.staging.yaml:{line}: vigil:receivers: given '" in told
    assert "alerts of severity medium'; allowed: a receiver that hears severity medium, or the alerts at low" in told
    assert "1 mistake\n" in told


def test_alerts_that_are_off_need_nobody(tmp_path: Path) -> None:
    where = project(tmp_path, staging=UNHEARD)
    compiled = compile_content(settings_of(where, "staging")).alerts
    config = yaml12.load(UNHEARD)["config"]
    off = {alert.name: {"enabled": False} for alert in compiled if alert.severity == "medium"}
    config["vigil:alerts"] = config.get("vigil:alerts", {}) | off
    assert off
    assert lint(project(where, staging=yaml12.dump({"config": config}))).problems == ()


def test_mistakes_of_every_stack_are_told_at_once(tmp_path: Path) -> None:
    broken = {name: stack_text(name).replace("vigil:receivers", "vigil:recievers") for name in STACKS}
    told = one_screen(vigil("lint", cwd=project(tmp_path, **broken)))
    for name in STACKS:
        assert f"Pulumi.{name}.yaml:" in told
    assert told.count("did you mean 'receivers'?") == len(STACKS)


def test_rules_of_their_own_are_judged_beside_those_of_vigil(tmp_path: Path) -> None:
    done = vigil("lint", "--rules", str(rules(tmp_path / "mine", Own=GOOD)), cwd=tmp_path)
    count = len(loader.builtin().alerts) + 1
    assert (done.returncode, done.stdout) == (0, f"{count} rules of 3 engines, 0 stacks: nothing found\n"), done.stderr


def test_their_faults_come_with_the_folder_and_the_file(tmp_path: Path) -> None:
    rules(tmp_path / "mine", Own=BAD, Twin=GOOD)
    rules(tmp_path / "mine", "loki", Twin=entry("sum by (service) (rate({$selector}[5m])) > 5"))
    told = one_screen(vigil("lint", "--rules", "mine", cwd=tmp_path))
    assert "mine/prometheus/own.yaml: alerts.Own.expression: given 'rate over 30s'; allowed: at least 1m" in told
    assert "mine: Twin: given '2 alerts of this name'" in told
    assert "2 mistakes" in told


@pytest.mark.parametrize("arguments", [("--rules", "none"), ("--project", "none")])
def test_a_folder_that_holds_nothing_is_told(arguments: tuple[str, str], tmp_path: Path) -> None:
    assert "none: " in one_screen(vigil("lint", *arguments, cwd=tmp_path))


def test_json_holds_every_mistake_for_programs(tmp_path: Path) -> None:
    short = {**BAD, "expression": BAD["expression"].replace("30s", "$window")}
    short["parameters"] = {"window": {"unit": "window", "default": "5m", "reason": "words that are long enough"}}
    where = project(tmp_path, staging=UNHEARD)
    done = vigil("lint", "--json", "--rules", "mine", cwd=rules(where / "mine", Own=short).parent)
    assert done.returncode == 1, done.stderr
    of_rules, of_stack = json.loads(done.stdout)
    assert of_rules == {
        "file": "mine/prometheus/own.yaml",
        "key": "alerts.Own.parameters.window.min",
        "value": None,
        "allowed": "at least 1m for rate: 4 scrapes, 15s apart",
    }
    assert set(of_stack) == {"file", "key", "value", "allowed", "line"}
    assert (of_stack["file"], of_stack["key"]) == ("Pulumi.staging.yaml", "vigil:receivers")


def test_json_of_nothing_is_an_empty_list(tmp_path: Path) -> None:
    done = vigil("lint", "--json", cwd=tmp_path)
    assert (done.returncode, done.stdout.split()) == (0, ["[]"])


@pytest.mark.parametrize(
    ("value", "expected"), [(MISSING, None), (True, True), ("a", "a"), ({"a": MISSING}, "{'a': missing}")]
)
def test_every_value_can_be_written_as_json(value: object, expected: object) -> None:
    assert json.loads(json.dumps(plain(Problem("f", "k", value, "x"))))["value"] == expected


def test_settings_are_not_judged_by_rules_with_faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = rules(tmp_path / "shipped", Own=BAD)
    monkeypatch.setattr(loader, "builtin", lambda: loader.load(broken))
    found = lint(project(tmp_path, staging=UNHEARD))
    assert [problem.file for problem in found.problems] == ["alert_rules/prometheus/own.yaml"]
