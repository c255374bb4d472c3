"""Jaeger's own judgement of its configuration, and a Jaeger on loopback: Jaeger 2 is an OpenTelemetry Collector."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.validators import collector
from tests.validators.process import HttpServer


def validate(file: Path, *, variables: Mapping[str, str] | None = None) -> None:
    """Check a configuration with `variables` in the environment; raises AssertionError with Jaeger's words.

    Files that it names are not read and storages are not asked. That a storage is named which none declares, Jaeger
    finds only when it starts; here it is found too.
    """
    collector.validate(file, name="jaeger", variables=variables)
    config = yaml.safe_load(file.read_text())
    declared = config.get("extensions", {}).get("jaeger_storage", {})
    for user, kind, storage in _storages_used(config):
        known = sorted(declared.get(kind, {}))
        assert storage in known, f"{user} uses the storage {storage}, which is not in jaeger_storage's {kind}: {known}"


def components() -> dict[str, set[str]]:
    """Return the names of the components built in, by kind."""
    return collector.components(name="jaeger")


@contextmanager
def server(file: Path, *, variables: Mapping[str, str] | None = None) -> Iterator[Mapping[int, HttpServer]]:
    """Run the configuration on loopback until the block ends; yields where each of its ports is now."""
    with collector.server(file, name="jaeger", variables=variables) as servers:
        yield servers


def _storages_used(config: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield who uses a storage, whether of `backends` or `metric_backends`, and its name."""
    extensions = config.get("extensions", {})
    query = (extensions.get("jaeger_query") or {}).get("storage", {})
    for use, kind in (("traces", "backends"), ("traces_archive", "backends"), ("metrics", "metric_backends")):
        if use in query:
            yield f"jaeger_query ({use})", kind, query[use]
    adaptive = (extensions.get("remote_sampling") or {}).get("adaptive")
    if adaptive:
        yield "remote_sampling", "backends", adaptive["sampling_store"]
    for name, body in config.get("exporters", {}).items():
        if name.split("/")[0] == "jaeger_storage_exporter":
            yield name, "backends", body["trace_storage"]
