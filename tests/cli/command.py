"""The command `vigil` as a person runs it, what it says of mistakes, and the stack files that the tests make them in."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.rendered import ROOT

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


def one_screen(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert 0 < len(done.stderr.splitlines()) <= 24, done.stderr
    return done.stderr
