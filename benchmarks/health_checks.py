"""How long examples/service takes to say whether it is well.

Claim (aitbc-observability-plan, "Performance Requirements"): at most 100 ms, the 99th percentile by the clock, asked of
a real process over loopback while its worker is at work: where all is well, and where every dependency hangs. Ends with
status 1 when one is over.
"""

from __future__ import annotations

import http.client
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks._measured import ROOT, machine

GOAL_MS = 100.0
ASKED, WARM_UPS = 200, 5
PATHS = ("/health", "/liveness", "/readiness", "/health/detailed")
ROW = "{:<20} {:>12} {:>12}"


def main() -> int:
    """Measure, print the table and the verdict, and return the exit status."""
    print(f"p99 of {ASKED} health checks, in ms; {machine()}")
    with service() as connection:
        well = {path: p99(connection, path) for path in PATHS}
        ask(connection, "POST", "/faults/dependency_hang?value=60")
        hanging = {path: p99(connection, path) for path in PATHS}
    print(ROW.format("", "all is well", "all hang"))
    for path in PATHS:
        print(ROW.format(path, f"{well[path]:.1f}", f"{hanging[path]:.1f}"))
    missed = max(*well.values(), *hanging.values()) > GOAL_MS
    print(f"goal: at most {GOAL_MS:.0f} ms: {'MISSED' if missed else 'met'}")
    return int(missed)


@contextmanager
def service() -> Iterator[http.client.HTTPConnection]:
    """A connection to a service of its own process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "examples.service", "--port", str(port), "--grpc-port", "0", "--faults"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            wait(connection)
            yield connection
        finally:
            process.kill()


def wait(connection: http.client.HTTPConnection) -> None:
    """Until the service answers. Raises RuntimeError where half a minute brings no answer."""
    for _ in range(300):
        try:
            ask(connection, "GET", "/health")
        except OSError:
            connection.close()
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the example service does not answer")


def ask(connection: http.client.HTTPConnection, method: str, path: str) -> float:
    """Milliseconds until the whole answer is there."""
    start = time.perf_counter()
    connection.request(method, path)
    connection.getresponse().read()
    return (time.perf_counter() - start) * 1000


def p99(connection: http.client.HTTPConnection, path: str) -> float:
    """The 99th percentile of asking it, in milliseconds, after some that warm it up."""
    times = [ask(connection, "GET", path) for _ in range(WARM_UPS + ASKED)]
    return statistics.quantiles(times[WARM_UPS:], n=100)[98]


if __name__ == "__main__":
    sys.exit(main())
