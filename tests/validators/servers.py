"""Real Prometheus and Alertmanager servers on loopback, with data in a temporary folder."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.validators.process import HttpServer, flags, free_address, running


@contextmanager
def prometheus(
    config_file: Path, *arguments: str, variables: Mapping[str, str] | None = None, data: Path | None = None
) -> Iterator[HttpServer]:
    """Yield a ready Prometheus with this configuration and these further flags, on the blocks of the folder `data` where
    it is given; POST /-/reload reloads it."""
    with tempfile.TemporaryDirectory(prefix="vigil-prometheus-") as home:
        settings: dict[str, object] = {
            "config.file": config_file.resolve(),
            "storage.tsdb.path": data.resolve() if data else Path(home, "data"),
        }
        with _serve(
            "prometheus", Path(home), settings, "--web.enable-lifecycle", *arguments, variables=variables
        ) as server:
            yield server


@contextmanager
def alertmanager(
    config_file: Path, *arguments: str, variables: Mapping[str, str] | None = None
) -> Iterator[HttpServer]:
    """Yield a ready Alertmanager, without a cluster, with this configuration and these further flags."""
    with tempfile.TemporaryDirectory(prefix="vigil-alertmanager-") as home:
        settings = {
            "config.file": config_file.resolve(),
            "storage.path": Path(home, "data"),
            "cluster.listen-address": "",
        }
        with _serve("alertmanager", Path(home), settings, *arguments, variables=variables) as server:
            yield server


@contextmanager
def _serve(
    name: str, home: Path, settings: dict[str, object], *arguments: str, variables: Mapping[str, str] | None
) -> Iterator[HttpServer]:
    server = HttpServer(free_address())
    command = [*flags({**settings, "web.listen-address": server.address}), *arguments]
    with running(name, command, home=home, ready=lambda: server.answers("/-/ready"), variables=variables):
        yield server
