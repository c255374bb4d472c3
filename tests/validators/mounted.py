"""The files that the renderings mount, made to run here: with stand-ins for what this collector lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.validators.stacks import RENDERINGS, result


def mounted(name: str, file: str) -> list[str]:
    """The paths of every mounted file of that name."""
    return sorted(path for path in result(name).files if path.startswith("mounted/") and path.endswith(f"/{file}"))


def with_file(file: str) -> list[tuple[str, str]]:
    return [(name, path) for name in RENDERINGS for path in mounted(name, file)]


# The schema of the collector's repository for what cannot be built here: config.schema.yaml of exporter/
# loadbalancingexporter in opentelemetry-collector-contrib (v0.154 and newer). Nothing else is missing.
LOAD_BALANCING = {
    "routing_key": str,
    "timeout": str,
    "retry_on_failure": dict,
    "sending_queue": dict,
    "protocol": {
        "otlp": {"timeout": str, "compression": str, "tls": dict, "sending_queue": dict, "retry_on_failure": dict}
    },
    "resolver": {"dns": {"hostname": str, "port": str, "interval": str, "timeout": str}},
}


def stood_in(content: dict[str, Any], folder: Path) -> None:
    """What this collector lacks is checked by its schema and taken by the exporter that it wraps; directories are here."""
    for exporter, body in list(content["exporters"].items()):
        if exporter.startswith("load_balancing/"):
            assert_fits(body, LOAD_BALANCING, exporter)
            plain = {**body["protocol"]["otlp"], "endpoint": "gateway:4317"}
            outer = {key: body[key] for key in ("sending_queue", "retry_on_failure")}
            del content["exporters"][exporter]
            content["exporters"][f"otlp_grpc/{exporter.split('/')[1]}-by-trace"] = plain | outer
            for pipeline in content["service"]["pipelines"].values():
                pipeline["exporters"] = [
                    f"otlp_grpc/{each.split('/')[1]}-by-trace" if each == exporter else each
                    for each in pipeline["exporters"]
                ]
    for extension, body in content["extensions"].items():
        if extension.startswith("file_storage/"):
            body["directory"] = str(folder / body["directory"].strip("/"))
            body["compaction"]["directory"] = body["directory"]


def assert_fits(body: dict[str, Any], schema: dict[str, Any], where: str) -> None:
    for key, value in body.items():
        assert key in schema, f"{where}.{key} is none of {sorted(schema)}"
        wanted = schema[key]
        if isinstance(wanted, dict):
            assert_fits(value, wanted, f"{where}.{key}")
        else:
            assert isinstance(value, wanted), f"{where}.{key}: {value!r}"
