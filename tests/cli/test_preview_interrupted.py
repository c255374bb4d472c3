"""`vigil preview` of a program that is interrupted, or that fails while something of it still runs."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

from cli.preview.write import replace_tree
from tests.cli.command import VIGIL, stack_text
from tests.rendered import ROOT, project_with

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
