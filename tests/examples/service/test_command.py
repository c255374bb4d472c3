"""The commands, as processes: the service serves until it is told to end, and the load generator calls it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.settings.examples import ROOT
from tests.validators.process import free_port

PATIENCE_S = 30


class Process:
    """`python -m examples.service`, with CloudWatch lines in a file."""

    def __init__(self, emf: Path) -> None:
        self.port, self.grpc_port = free_port(), free_port()
        ports = ["--port", str(self.port), "--grpc-port", str(self.grpc_port)]
        command = [sys.executable, "-m", "examples.service", *ports, "--emf", str(emf)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def get(self, path: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            text: str = answer.read().decode()
            return text

    def wait_until_ready(self) -> None:
        end = time.monotonic() + PATIENCE_S
        while True:
            try:
                self.get("/readiness")
            except OSError:
                assert self.process.poll() is None, self.process.communicate()[0]
                assert time.monotonic() < end, "not ready in time"
                time.sleep(0.1)
            else:
                return

    def end(self) -> list[dict[str, Any]]:
        """What it logged, after it was told to end."""
        self.process.send_signal(signal.SIGTERM)
        output, _ = self.process.communicate(timeout=PATIENCE_S)
        return [json.loads(line) for line in output.splitlines()]


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path / "emf.jsonl")
    try:
        made.wait_until_ready()
        yield made
    finally:
        made.process.kill()
        made.process.communicate()


def test_the_service_is_called_and_ends_when_it_is_told(process: Process, tmp_path: Path) -> None:
    addresses = ["--target", f"http://127.0.0.1:{process.port}", "--grpc", f"127.0.0.1:{process.grpc_port}"]
    command = [sys.executable, "-m", "examples.service.load", *addresses, "--rps", "50", "--seconds", "2"]
    load = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    [told] = [json.loads(line) for line in load.stdout.splitlines()]
    assert told["answers"].keys() == {"200", "202", "204", "OK"}
    assert sum(told["answers"].values()) > 10
    metrics = process.get("/metrics")
    for name in ('route="/orders"', 'grpc_method="Watch"', "blockchain_block_height 1", "process_start_time_seconds"):
        assert name in metrics
    assert all("_aws" in json.loads(line) for line in (tmp_path / "emf.jsonl").read_text().splitlines())
    lines = process.end()
    assert [line["message"] for line in lines if line["level"] not in {"info"}] == []
    assert process.process.returncode in (0, -signal.SIGTERM)


def test_faults_are_off_by_default(process: Process) -> None:
    with pytest.raises(OSError, match="404"):
        process.get("/faults")


@pytest.mark.parametrize("rps", ["0", "-1"])
def test_a_rate_that_makes_no_sense_is_refused(rps: str) -> None:
    command = [sys.executable, "-m", "examples.service.load", "--rps", rps]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 2
    assert f"--rps takes a number above 0; got {rps}" in done.stderr
