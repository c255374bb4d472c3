"""What every rendering mounts, before the programs that read it: Loki's settings, Thanos, Jaeger, the collectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alert_rules import yaml12
from tests.validators import collector, jaeger, loki, thanos
from tests.validators.process import free_address
from tests.validators.stacks import RENDERINGS, every_rendering, result, tree, workloads_with


def mounted(name: str, file: str) -> list[str]:
    """The paths of every mounted file of that name."""
    return sorted(path for path in result(name).files if path.startswith("mounted/") and path.endswith(f"/{file}"))


def with_file(file: str) -> list[tuple[str, str]]:
    return [(name, path) for name in RENDERINGS for path in mounted(name, file)]


@pytest.mark.parametrize(("name", "path"), with_file("loki.yaml"))
def test_loki_has_no_setting_that_its_reference_lacks_or_contradicts(name: str, path: str, tmp_path: Path) -> None:
    loki.verify_config(tree(name, tmp_path) / path)


@pytest.mark.parametrize(("name", "path"), with_file("jaeger.yaml"))
def test_jaeger_takes_its_configuration(name: str, path: str, tmp_path: Path) -> None:
    jaeger.validate(tree(name, tmp_path) / path)


@pytest.mark.parametrize(("name", "path"), with_file("bucket.yaml"))
def test_thanos_lists_its_bucket(name: str, path: str, tmp_path: Path) -> None:
    thanos.check_object_store(tree(name, tmp_path) / path)


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


def collectors() -> list[tuple[str, str]]:
    return with_file("collector.yaml")


@pytest.mark.parametrize(("name", "path"), collectors())
def test_the_collector_takes_its_configuration(name: str, path: str, tmp_path: Path) -> None:
    file = tree(name, tmp_path) / path
    content = yaml12.load(file.read_text(encoding="utf-8"))
    stood_in(content, tmp_path)
    file.write_text(yaml12.dump(content), encoding="utf-8")
    collector.validate(file, variables={"NODE_NAME": "node-1", "POD_IP": "127.0.0.1"})


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


def test_a_key_that_the_schema_lacks_is_noticed() -> None:
    with pytest.raises(AssertionError, match="resolver.dns.host is none of"):
        assert_fits({"resolver": {"dns": {"host": "x"}}}, LOAD_BALANCING, "load_balancing")


@every_rendering
def test_thanos_takes_the_arguments_of_every_component(name: str, tmp_path: Path) -> None:
    folder = tree(name, tmp_path)
    started = 0
    for component in ("thanos-query", "thanos-query-frontend"):
        for workload in workloads_with(name, component):
            (container,) = workload["spec"]["template"]["spec"]["containers"]
            arguments = [here(argument, folder / "mounted" / component, tmp_path) for argument in container["args"]]
            thanos.accepts(arguments, probe="/-/healthy")
            started += 1
    assert started in (0, 2)


@pytest.mark.parametrize("name", ["prod", "large"])
def test_thanos_takes_the_arguments_of_what_keeps_and_compacts(name: str, tmp_path: Path) -> None:
    folder = tree(name, tmp_path)
    for component in ("thanos-store", "thanos-compactor", "thanos-sidecar"):
        workload = workloads_with(name, component)[0]
        containers = workload["spec"]["template"]["spec"]["containers"]
        container = next(c for c in containers if c["name"] == component)
        place = folder / "mounted" / workload["metadata"]["name"]
        bucket = place / "etc/thanos/bucket.yaml"
        # There is no S3 here; a directory is a bucket too.
        local = {"type": "FILESYSTEM", "config": {"directory": str(tmp_path / "bucket")}}
        bucket.write_text(yaml12.dump(local), encoding="utf-8")
        arguments = [here(argument, place, tmp_path) for argument in container["args"]]
        thanos.accepts(arguments, probe="/-/healthy")


def here(argument: str, mounted_files: Path, folder: Path) -> str:
    """The argument with addresses and paths of this machine."""
    flag, equals, value = argument.partition("=")
    if flag in ("--http-address", "--grpc-address"):
        return f"{flag}={free_address()}"
    if flag in ("--data-dir", "--tsdb.path"):
        (folder / value.strip("/")).mkdir(parents=True, exist_ok=True)
        return f"{flag}={folder / value.strip('/')}"
    if flag.endswith("config-file"):
        return f"{flag}={mounted_files / value.strip('/')}"
    return argument if equals else flag


@pytest.mark.parametrize("name", ["dev"])
def test_jaeger_runs_on_its_volume_and_tells_services_what_to_sample(name: str, tmp_path: Path) -> None:
    (path,) = mounted(name, "jaeger.yaml")
    file = tree(name, tmp_path) / path
    content = yaml12.load(file.read_text(encoding="utf-8"))
    places = content["extensions"]["jaeger_storage"]["backends"]["main"]["badger"]["directories"]
    places.update({key: str(tmp_path / key) for key in places})
    content["extensions"]["remote_sampling"]["file"]["path"] = str(file.with_name("sampling.json"))
    file.write_text(yaml12.dump(content), encoding="utf-8")
    with jaeger.server(file) as ports:
        strategy = ports[5778].get("/api/sampling?service=chat-service")
        services = ports[16686].get("/api/services")
    assert strategy["probabilisticSampling"] == {"samplingRate": 1}
    assert services["errors"] is None
