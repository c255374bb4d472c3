"""What every rendering mounts, before the programs that read it: Loki's settings, Thanos, Jaeger, the collectors."""

from __future__ import annotations

from pathlib import Path

import pytest

from alert_rules import yaml12
from components.settings.kubernetes import Size
from tests.components.kubernetes.examples import every_spec, of_size
from tests.validators import collector, jaeger, loki, thanos
from tests.validators.mounted import LOAD_BALANCING, assert_fits, mounted, stood_in, with_file
from tests.validators.process import free_address
from tests.validators.stacks import every_rendering, tree, workloads_with


@pytest.mark.parametrize(("name", "path"), with_file("loki.yaml"))
def test_loki_has_no_setting_that_its_reference_lacks_or_contradicts(name: str, path: str, tmp_path: Path) -> None:
    loki.verify_config(tree(name, tmp_path) / path)


@pytest.mark.parametrize(("name", "path"), with_file("jaeger.yaml"))
def test_jaeger_takes_its_configuration(name: str, path: str, tmp_path: Path) -> None:
    jaeger.validate(tree(name, tmp_path) / path)


@pytest.mark.parametrize(("name", "path"), with_file("bucket.yaml"))
def test_thanos_lists_its_bucket(name: str, path: str, tmp_path: Path) -> None:
    thanos.check_object_store(tree(name, tmp_path) / path)


def collectors() -> list[tuple[str, str]]:
    return with_file("collector.yaml")


@pytest.mark.parametrize(("name", "path"), collectors())
def test_the_collector_takes_its_configuration(name: str, path: str, tmp_path: Path) -> None:
    file = tree(name, tmp_path) / path
    content = yaml12.load(file.read_text(encoding="utf-8"))
    stood_in(content, tmp_path)
    file.write_text(yaml12.dump(content), encoding="utf-8")
    collector.validate(file, variables={"NODE_NAME": "node-1", "POD_IP": "127.0.0.1"})


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


@pytest.mark.parametrize("size", Size)
def test_thanos_store_takes_its_limits_in_every_size(size: Size, tmp_path: Path) -> None:
    bucket = tmp_path / "etc/thanos/bucket.yaml"
    bucket.parent.mkdir(parents=True)
    local = {"type": "FILESYSTEM", "config": {"directory": str(tmp_path / "bucket")}}
    bucket.write_text(yaml12.dump(local), encoding="utf-8")
    arguments = [here(argument, tmp_path, tmp_path) for argument in every_spec(of_size(size))["thanos-store"].args]
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
