"""Mistakes that `vigil tune` finds, and errors of the Prometheus that it asks, as a person is told of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from alert_rules import yaml12
from tests.cli.command import one_screen, stack_text, vigil
from tests.loopback import StandIn, serving
from tests.rendered import project_with


def test_a_prometheus_without_vigils_services_is_a_mistake(project: Path) -> None:
    class Handler(StandIn):
        def do_POST(self) -> None:
            self.body()
            self.answer(b'{"status":"success","data":{"result":[]}}')

    with serving(Handler) as address:
        told = one_screen(vigil("tune", "--stack", "prod", "--prometheus", f"http://{address}", cwd=project))
    assert f"--prometheus: given 'http://{address}'; allowed: the Prometheus of the stack" in told
    assert "no sample of `up` there has a label `service`" in told


def test_an_error_of_prometheus_is_one_line(project: Path) -> None:
    class Handler(StandIn):
        def do_POST(self) -> None:
            self.body()
            error = {
                "status": "error",
                "errorType": "execution",
                "error": "too many samples for x[5m] [red]" + "." * 90,
            }
            self.answer(json.dumps(error).encode(), status=422)

    with serving(Handler) as address:
        done = vigil("tune", "--stack", "prod", "--prometheus", f"http://{address}", cwd=project)
    assert (done.returncode, done.stdout) == (1, "")
    told = f"error: http://{address} answered 422: execution: too many samples for x[5m] [red]" + "." * 90
    assert done.stderr == f"{told}\n"


def test_all_mistakes_of_a_command_line_are_told_at_once(project: Path) -> None:
    arguments = ("--prometheus", "localhost:9090", "--past", "soon", "--pages", "nan", "--alert", "HighErorRate")
    told = one_screen(vigil("tune", "--stack", "prod", *arguments, cwd=project))
    assert "4 mistakes" in told
    assert "--past: given 'soon'; allowed: a time such as 12h, 14d or 4w, from 1h to 366d" in told
    assert "--pages: given nan; allowed: a number of pages a week such as 1 or 0.5" in told
    assert "--prometheus: given 'localhost:9090'; allowed: an address such as http://localhost:9090" in told
    assert "--alert: given 'HighErorRate'; allowed: a Prometheus alert that is in force in stack prod" in told
    assert "did you mean 'HighErrorRate'?" in told


@pytest.mark.parametrize("name", ["EcsHighCpuUtilization", "Nonsense"])
def test_an_alert_of_another_engine_or_of_none_is_a_mistake(name: str, project: Path) -> None:
    arguments = ("--stack", "prod", "--prometheus", "http://127.0.0.1:1", "--alert", name)
    assert f"--alert: given '{name}'" in one_screen(vigil("tune", *arguments, cwd=project))


def test_an_unknown_stack_and_mistakes_in_one_are_told_as_by_preview(tmp_path: Path) -> None:
    address = ("--prometheus", "http://127.0.0.1:1")
    told = one_screen(vigil("tune", "--stack", "prd", *address))
    assert "Pulumi.prd.yaml: stack: given 'prd'" in told
    assert "did you mean 'prod'?" in told
    broken = project_with(tmp_path, stack_text("prod").replace("vigil:receivers", "vigil:recievers"))
    assert "did you mean 'receivers'?" in one_screen(vigil("tune", "--stack", "prod", *address, cwd=broken))


def test_a_stack_without_prometheus_has_nothing_to_tune(tmp_path: Path) -> None:
    config = yaml12.load(stack_text("dev"))["config"]
    wanted = ("aws:region", "vigil:environment", "vigil:links", "vigil:aws", "vigil:receivers", "vigil:slack_bot_token")
    without = {key: config[key] for key in wanted if key in config} | {"vigil:kubernetes": {"enabled": False}}
    project = project_with(tmp_path, yaml12.dump({"config": without}))
    told = one_screen(vigil("tune", "--stack", "prod", "--prometheus", "http://127.0.0.1:1", cwd=project))
    assert "a stack with a Prometheus and alerts" in told
