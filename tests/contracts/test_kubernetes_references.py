"""What one Kubernetes object of a rendered stack says of another is so: volumes, files, ports, host names, secrets."""

from __future__ import annotations

import re

from components.naming import content_name
from tests.contracts.kubernetes_objects import (
    SERVING,
    WORKLOADS,
    every_rendering,
    every_stack,
    home,
    of_kind,
    pods,
    template,
)
from tests.rendered import ROOT
from tests.validators.stacks import manifests, result


@every_rendering
def test_every_mount_has_its_volume_and_every_volume_its_source(stack: str) -> None:
    maps = {(m["metadata"]["namespace"], m["metadata"]["name"]): m for m in of_kind(stack, "ConfigMap")}
    used = set()
    for workload in of_kind(stack, *WORKLOADS):
        spec, namespace = workload["spec"], workload["metadata"]["namespace"]
        pod = template(workload)["spec"]
        claims = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
        volumes = [volume["name"] for volume in pod["volumes"]]
        assert len(volumes) == len(set(volumes)), workload["metadata"]["name"]
        containers = [*pod["containers"], *pod.get("initContainers", ())]
        mounted = {mount["name"] for container in containers for mount in container["volumeMounts"]}
        assert mounted == set(volumes) | claims, workload["metadata"]["name"]
        for volume in pod["volumes"]:
            if "configMap" in volume:
                source = maps[(namespace, volume["configMap"]["name"])]
                used.add((namespace, volume["configMap"]["name"]))
                for item in volume["configMap"].get("items", []):
                    assert item["key"] in {**source.get("data", {}), **source.get("binaryData", {})}
    assert used == set(maps), "a ConfigMap that nothing mounts"


_FILE_FLAGS = re.compile(r"--?[a-z.-]*config[a-z.-]*(?:file)?=(/\S+)")


@every_rendering
def test_every_config_file_that_an_argument_names_is_mounted_with_that_name(stack: str) -> None:
    named = 0
    for name, _, container in pods(stack):
        directory = result(stack).files
        for argument in container.get("args", ()):
            found = _FILE_FLAGS.fullmatch(argument)
            if found:
                named += 1
                assert f"mounted/{name.split()[1]}{found[1]}" in directory, f"{name}: {argument}"
    assert named >= 4


@every_rendering
def test_every_service_finds_pods_and_a_port(stack: str) -> None:
    templates = {(w["metadata"]["namespace"], w["metadata"]["name"]): template(w) for w in of_kind(stack, *SERVING)}
    for service in of_kind(stack, "Service"):
        matching = [
            t
            for (namespace, _), t in templates.items()
            if namespace == service["metadata"]["namespace"]
            and service["spec"]["selector"].items() <= t["metadata"]["labels"].items()
        ]
        assert len(matching) == 1, service["metadata"]["name"]
        containers = matching[0]["spec"]["containers"]
        ports = {p["name"]: p["containerPort"] for container in containers for p in container.get("ports", ())}
        for port in service["spec"]["ports"]:
            assert ports[port["targetPort"]] == port["port"]
            assert len(port["name"]) <= 15, "a port's name is at most 15 characters long"


@every_rendering
def test_every_service_of_the_stack_that_a_configuration_names_is_there_with_that_port(stack: str) -> None:
    """Every host:port below the stack's own namespaces that stands in an argument or a mounted file."""
    services = {
        f"{s['metadata']['name']}.{s['metadata']['namespace']}.svc": {p["port"] for p in s["spec"]["ports"]}
        for s in of_kind(stack, "Service")
    }
    texts = [str(argument) for _, _, container in pods(stack) for argument in container.get("args", ())]
    texts += [
        text for path, text in result(stack).files.items() if path.startswith("mounted/") and isinstance(text, str)
    ]
    own = re.compile(rf"([a-z0-9.-]+\.{home(stack)}(?:-host)?\.svc)(?::(\d+))?")
    found = {match for text in texts for match in own.findall(text)}
    assert len(found) >= 3
    for host, port in found:
        # A pod of a StatefulSet, or a port by its name, before the name of the Service.
        host = re.sub(r"^(?:[a-z-]+-\d+|tcp)\.(?=[a-z0-9-]+-headless\.)", "", host)
        assert host in services, host
        assert not port or int(port) in services[host], f"{host}:{port}"


@every_rendering
def test_every_config_map_that_is_immutable_is_named_by_its_content(stack: str) -> None:
    fixed = [manifest for manifest in of_kind(stack, "ConfigMap") if manifest.get("immutable")]
    assert fixed
    for manifest in fixed:
        name = manifest["metadata"]["name"]
        content = {key: manifest[key] for key in ("data", "binaryData") if key in manifest}
        assert name == content_name(name.rsplit("-", 1)[0], content)


@every_stack
def test_every_mounted_secret_has_a_source(stack: str) -> None:
    made = {s["metadata"]["name"] for s in manifests(stack) if s["kind"] == "Secret"}
    referred = set(re.findall(r"kubernetes: \{secret: ([a-z-]+),", (ROOT / f"Pulumi.{stack}.yaml").read_text()))
    assert referred
    mounted = {v["secret"]["secretName"] for _, pod, _ in pods(stack) for v in pod["volumes"] if "secret" in v}
    assert mounted <= made | referred
    assert referred <= mounted, "a reference in the stack file that nothing reads"


@every_rendering
def test_a_service_is_not_waited_for_by_its_own_pods(stack: str) -> None:
    """The engine takes a Service for made once it has ready pods: pods that come after it would never come."""
    recording = result(stack).recording
    awaited = {
        s.urn for s in recording.of_type("kubernetes:core/v1:Service") if s.inputs["spec"].get("clusterIP") != "None"
    }
    assert awaited
    for kind in SERVING:
        for workload in recording.of_type(f"kubernetes:apps/v1:{kind}"):
            assert not awaited & set(workload.dependencies), workload.urn
