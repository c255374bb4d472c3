"""Programs that would ask AWS who they are, run so that the answer is here and nobody is asked."""

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.validators.binaries import environment, find

# Credentials that open nothing; without them a program would look for an instance role over the network.
AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def run(name: str, *arguments: str | Path, variables: Mapping[str, str] | None = None, timeout: float = 60) -> str:
    """Run the tool with `variables` added to its environment and return its standard output.

    Raises AssertionError with all it printed when it fails or takes over `timeout` seconds.
    """
    with tempfile.TemporaryDirectory(prefix="vigil-home-") as home:
        try:
            done = subprocess.run(
                [str(find(name)), *map(str, arguments)],
                env={**environment(home), **AWS, **(variables or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=timeout,
            )
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"{name} took more than {timeout:.0f} s: {arguments}") from error
    said = f"{done.stdout.strip()}\n{done.stderr.strip()}"
    assert done.returncode == 0, f"{name} {' '.join(map(str, arguments))} exited {done.returncode}:\n{said}"
    return done.stdout
