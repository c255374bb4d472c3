"""The OpenTelemetry Collector's own judgement of its configuration, and a collector on loopback.

The collector is tools/otelcol: it lacks components that its README names. Jaeger is a collector too, so its checks
are these as well (see jaeger.py).
"""

import re
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.validators import offline
from tests.validators.process import HttpServer, free_address, running

# Where something listens, rather than a place to send to: every interface, loopback or the Pod's address.
_LISTENER = re.compile(r"(?:0\.0\.0\.0|\[::\]|localhost|127\.0\.0\.1|\$\{env:\w*POD_IP\w*\})?:(?P<port>\d+)")


def validate(file: Path, *, name: str = "otelcol", variables: Mapping[str, str] | None = None) -> None:
    """Check a configuration with `variables` in the environment; raises AssertionError with the collector's words.

    Files that it names (certificates, passwords) are not read.
    """
    offline.run(name, "validate", f"--config={file}", variables=variables)


def components(*, name: str = "otelcol") -> dict[str, set[str]]:
    """Return the names of the components built in, by kind: receivers, processors, exporters, connectors, extensions."""
    report = yaml.safe_load(offline.run(name, "components"))
    kinds = ("receivers", "processors", "exporters", "connectors", "extensions")
    return {kind: {component["name"] for component in report[kind]} for kind in kinds}


@contextmanager
def server(
    file: Path, *, name: str = "otelcol", variables: Mapping[str, str] | None = None
) -> Iterator[Mapping[int, HttpServer]]:
    """Run the configuration on loopback until the block ends; yields where each of its ports is now.

    Every port that it listens on moves to a free one. Its health check must be configured: it says when to start.
    """
    config = yaml.safe_load(file.read_text())
    port, path = _health_check(config)
    servers = _move_listeners(config)
    with tempfile.TemporaryDirectory(prefix=f"vigil-{name}-") as home:
        moved = Path(home, "config.yaml")
        moved.write_text(yaml.safe_dump(config))
        with running(
            name,
            [f"--config={moved}"],
            home=Path(home),
            ready=lambda: servers[port].answers(path),
            variables={**offline.AWS, **(variables or {})},
        ):
            yield servers


def _health_check(config: dict[str, Any]) -> tuple[int, str]:
    """Return the port and the path of the configuration's health check."""
    extensions = config.get("extensions", {})
    if "healthcheckv2" in extensions:
        http = extensions["healthcheckv2"]["http"]
        endpoint, path = http["endpoint"], http.get("status", {}).get("path", "/status")
    else:
        assert "health_check" in extensions, "the configuration has no health check to wait for"
        endpoint, path = extensions["health_check"]["endpoint"], extensions["health_check"].get("path", "/")
    return int(endpoint.rpartition(":")[2]), path


def _move_listeners(config: dict[str, Any]) -> dict[int, HttpServer]:
    """Give every listener of the configuration a free port on loopback; return them by the port that each had."""
    servers: dict[int, HttpServer] = {}

    def moved(port: int) -> str:
        return servers.setdefault(port, HttpServer(free_address())).address

    def walk(node: dict[str, Any]) -> None:
        for key, value in node.items():
            if isinstance(value, dict):
                walk(value)
            elif key == "endpoint" and (listener := _LISTENER.fullmatch(str(value))):
                node[key] = moved(int(listener["port"]))

    walk(config.get("receivers", {}))
    # The endpoints of Jaeger's storage are where it sends to, and so are those of the other exporters.
    walk({name: body for name, body in config.get("extensions", {}).items() if name != "jaeger_storage"})
    walk({name: body for name, body in config.get("exporters", {}).items() if name.split("/")[0] == "prometheus"})
    for reader in config["service"].get("telemetry", {}).get("metrics", {}).get("readers", []):
        own = reader.get("pull", {}).get("exporter", {}).get("prometheus")
        if own:
            host, port = moved(own["port"]).split(":")
            own.update(host=host, port=int(port))
    return servers
