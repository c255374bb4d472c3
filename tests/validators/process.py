"""Servers that a test starts on loopback and that never outlive it."""

import json
import random
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.validators.binaries import environment, find, leash

# Requests go to loopback only; a proxy set on the machine must not see them.
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass(frozen=True)
class HttpServer:
    """A running HTTP server at `address` ("127.0.0.1:port")."""

    address: str

    @property
    def url(self) -> str:
        """The base URL, without a slash at its end."""
        return f"http://{self.address}"

    def get(self, path: str) -> Any:
        """Return the JSON answer to GET `path`; raises AssertionError with the body of an HTTP error."""
        return self._send(urllib.request.Request(self.url + path))

    def text(self, path: str) -> str:
        """Return the answer to GET `path` as it is; raises like get."""
        return self._answer(urllib.request.Request(self.url + path)).decode()

    def post(self, path: str, body: Any = None) -> Any:
        """Return the JSON answer (None when empty) to POST `path` with `body` as JSON; raises like get."""
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        return self._send(urllib.request.Request(self.url + path, data=data, headers=headers, method="POST"))

    def answers(self, path: str) -> bool:
        """Return whether GET `path` succeeds now."""
        try:
            with _opener.open(self.url + path, timeout=2):
                return True
        except urllib.error.HTTPError as error:
            error.close()
        except OSError:
            pass
        return False

    def _send(self, request: urllib.request.Request) -> Any:
        text = self._answer(request)
        return json.loads(text) if text else None

    def _answer(self, request: urllib.request.Request) -> bytes:
        try:
            with _opener.open(request, timeout=10) as response:
                body: bytes = response.read()
                return body
        except urllib.error.HTTPError as error:
            with error:
                text = error.read().decode(errors="replace")
            shown = f"{request.get_method()} {request.full_url} answered {error.code}"
            raise AssertionError(f"{shown}: {text}") from error


FIRST_PORT, LAST_PORT = 10_000, 32_000
"""Ports that no connection is given: those begin at 32768 on Linux (net.ipv4.ip_local_port_range), higher elsewhere. A
free port among them would be lost to the tests that run beside, before a slow server has bound it."""


def free_port() -> int:
    """Return a port of loopback that was free a moment ago; raises AssertionError when a hundred were taken."""
    # Not that of the tests' seed, which would give all workers the same.
    for port in random.SystemRandom().sample(range(FIRST_PORT, LAST_PORT), 100):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise AssertionError(f"no free port among a hundred between {FIRST_PORT} and {LAST_PORT}")


def free_address() -> str:
    """Return "127.0.0.1:port" with a free port; raises like free_port."""
    return f"127.0.0.1:{free_port()}"


def listens(address: str) -> bool:
    """Return whether something takes connections at "host:port" now."""
    host, port = address.split(":")
    try:
        with socket.create_connection((host, int(port)), timeout=2):
            return True
    except OSError:
        return False


@contextmanager
def running(
    name: str,
    arguments: Sequence[str | Path],
    *,
    home: Path,
    ready: Callable[[], bool],
    patience: float = 30,
    variables: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Run the tool `name` in the folder `home` until the block ends, which starts when `ready` says so; `variables`
    are added to its environment.

    Raises AssertionError with the end of the log when it stops or isn't ready within `patience` seconds.
    """
    command = [str(find(name)), *map(str, arguments)]
    own = {**environment(home), **(variables or {})}
    with started(name, command, folder=home, log=home / f"{name}.log", ready=ready, patience=patience, variables=own):
        yield


@contextmanager
def started(
    name: str,
    command: Sequence[str],
    *,
    folder: Path,
    log: Path,
    ready: Callable[[], bool],
    patience: float = 30,
    variables: Mapping[str, str] | None = None,
) -> Iterator[None]:
    """Run `command` in `folder`, its output in `log`, until the block ends, which starts when `ready` says so;
    `variables` are its whole environment (None: ours).

    Raises AssertionError like running.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*leash(), *command], cwd=folder, env=variables, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    try:
        _wait_until_ready(name, process, ready, patience, log)
        yield
    finally:
        _stop(process)


def _wait_until_ready(
    name: str, process: subprocess.Popen[bytes], ready: Callable[[], bool], patience: float, log: Path
) -> None:
    deadline = time.monotonic() + patience
    while not ready():
        if process.poll() is not None:
            raise AssertionError(f"{name} exited {process.returncode} before it was ready:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise AssertionError(f"{name} was not ready after {patience:.0f} s:\n{_tail(log)}")
        time.sleep(0.1)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the process: politely for 10 s (a write-ahead log takes a moment), then by force."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _tail(log: Path, lines: int = 30) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def flags(settings: Mapping[str, object]) -> list[str]:
    """Return `settings` as --name=value arguments."""
    return [f"--{name}={value}" for name, value in settings.items()]
