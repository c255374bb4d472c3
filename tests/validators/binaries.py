"""The pinned Go programs that judge what vigil renders: where they are and how to run one to its end."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
BIN = TOOLS / "bin"


def find(name: str) -> Path:
    """Return the path of the built tool `name`.

    A missing tool skips the test on a developer's machine and fails it in CI, where a skip would pass
    for a proof.
    """
    return _built(BIN / name)


def find_data(name: str) -> Path:
    """Return the path of the file or folder `name` that `make tools` takes out of a module; a missing one is as above."""
    return _built(TOOLS / name)


def _built(path: Path) -> Path:
    if not path.exists():
        missing(
            f"{path.name} is not built in {path.parent}: run `make tools` (tools/build.sh); nothing of it was checked"
        )
    return path


def missing(reason: str) -> NoReturn:
    """Skip the test for want of a validator on a developer's machine, and fail it in CI."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(f"VALIDATOR MISSING: {reason}")


def run(
    name: str,
    *arguments: str | Path,
    stdin: str = "",
    variables: Mapping[str, str] | None = None,
    timeout: float = 60,
) -> str:
    """Run the tool with `variables` added to its environment and return its standard output.

    Raises AssertionError with the command and all it printed when it fails or takes over `timeout` seconds.
    """
    command = [str(find(name)), *map(str, arguments)]
    with tempfile.TemporaryDirectory(prefix="vigil-home-") as home:
        try:
            done = subprocess.run(
                command,
                input=stdin,
                env={**environment(home), **(variables or {})},
                capture_output=True,
                text=True,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{_shown(name, arguments)} took more than {timeout:.0f} s") from error
    shown = f"{_shown(name, arguments)} exited {done.returncode}"
    assert done.returncode == 0, f"{shown}:\n{done.stdout.strip()}\n{done.stderr.strip()}"
    return done.stdout


def environment(home: str | Path) -> dict[str, str]:
    """Return the environment for a tool: nothing of the developer's own settings, proxies or credentials."""
    return {"PATH": os.defpath, "HOME": str(home), "TMPDIR": tempfile.gettempdir()}


def leash() -> list[str]:
    """Return the command prefix that ends a child with us, even if we are killed; nothing without setpriv."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


def _shown(name: str, arguments: tuple[str | Path, ...]) -> str:
    return " ".join([name, *map(str, arguments)])
