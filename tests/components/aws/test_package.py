"""What is in the zips: they run where nothing is installed but the layer and what Lambda's runtime brings."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import distribution, requires
from importlib.util import find_spec
from pathlib import Path

import pytest

from components import manifests
from components.aws import layer, package
from tests.components.aws import deployment

# What boto3 in Lambda's runtime consists of. The runtime's jmespath is left out: the layer's comes before it.
RUNTIME = ("boto3", "botocore", "s3transfer", "urllib3", "dateutil", "six")

LAYER_LIMIT = 250 * 2**20
"""Bytes that a function and its layers may have unzipped (Lambda quotas)."""

START = """
import importlib, os, sys
sys.path[:0] = sys.argv[2:]
os.environ["LAMBDA_TASK_ROOT"] = sys.argv[2]
module, name = sys.argv[1].rsplit(".", 1)
assert callable(getattr(importlib.import_module(module), name))
if os.path.exists(os.path.join(sys.argv[2], "policy.json")):
    from lambdas.common import policy
    assert policy.load().environment == "prod"
ours = [m.__file__ for n, m in sys.modules.items() if n.startswith("lambdas") and m.__file__]
assert ours and all(path.startswith(sys.argv[2]) for path in ours), ours
"""


@cache
def zip_of(name: str) -> Mapping[str, bytes]:
    function = deployment.production().named("aws:lambda/function:Function", f"aws-{name}")
    files: Mapping[str, bytes] = function.inputs["code"].files
    return files


@cache
def layer_files() -> Mapping[str, bytes]:
    (version,) = deployment.production().of_type("aws:lambda/layerVersion:LayerVersion")
    files: Mapping[str, bytes] = version.inputs["code"].files
    return files


def unpacked(files: Mapping[str, bytes], folder: Path) -> Path:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def opt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The layer as Lambda unpacks it."""
    return unpacked(layer_files(), tmp_path_factory.mktemp("opt"))


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with boto3 and what it needs, and nothing else."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in RUNTIME:
        spec = find_spec(name)
        assert spec, name
        origin = Path(str(spec.origin))
        source = origin.parent if origin.name == "__init__.py" else origin
        (folder / source.name).symlink_to(source)
    return folder


@pytest.mark.parametrize("name", manifests.builtin())
def test_a_function_starts_with_its_zip_the_layer_and_boto3_alone(
    name: str, tmp_path: Path, opt: Path, runtime: Path
) -> None:
    task = unpacked(zip_of(name), tmp_path)
    arguments = [manifests.builtin()[name].handler, str(task), str(opt / "python"), str(runtime)]
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", START, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", manifests.builtin())
def test_a_zip_holds_the_handler_the_packages_around_it_and_no_other_function(name: str) -> None:
    manifest = manifests.builtin()[name]
    files, folder = set(zip_of(name)), f"lambdas/{manifest.folder}"
    assert f"{folder}/handler.py" in files
    packages = [str(parent) for path in files for parent in Path(path).parents if str(parent) != "."]
    assert {f"{parent}/__init__.py" for parent in packages} <= files
    others = {f"lambdas/{m.folder}/" for m in manifests.builtin().values() if m.name != name}
    assert [path for path in files for other in others if path.startswith(other)] == []


@pytest.mark.parametrize("name", manifests.builtin())
def test_a_zip_holds_code_and_the_data_of_its_manifest_only(name: str) -> None:
    data = {path for path in zip_of(name) if not path.endswith(".py")}
    assert data == set(manifests.builtin()[name].data)
    assert not [path for path in zip_of(name) if "__pycache__" in path]


def test_a_data_file_that_nobody_gives_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"policy\.json"):
        package.archive(manifests.builtin()["alert_router"], {})


def test_the_layer_holds_all_that_its_distributions_need() -> None:
    known = {normal(name) for name in layer.DISTRIBUTIONS}
    for name in layer.DISTRIBUTIONS:
        assert set(needed_by(name)) <= known, f"{name} needs more than the layer has"


def test_the_layer_holds_pure_python_without_what_the_installer_left() -> None:
    names = {path.rsplit("/", 1)[-1] for path in layer_files()}
    assert not names & {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}
    assert not [path for path in layer_files() if path.endswith((".so", ".pyd", ".pyc"))]
    assert all(path.startswith("python/") and ".." not in path for path in layer_files())


def test_the_layer_holds_the_licences() -> None:
    for name in layer.DISTRIBUTIONS:
        marker = f"{normal(name)}-{distribution(name).version}.dist-info/"
        assert [p for p in layer_files() if marker in p and "LICENSE" in p], name


def test_the_layer_is_small_and_the_same_every_time() -> None:
    assert sum(map(len, layer_files().values())) < LAYER_LIMIT / 10
    once, again = (layer.archive(layer.DISTRIBUTIONS).assets for _ in range(2))
    assert list(once) == list(again)


def test_the_policy_in_the_routers_zip_is_json_with_sorted_keys() -> None:
    text = zip_of("alert_router")["policy.json"].decode()
    assert text == json.dumps(json.loads(text), sort_keys=True)


def needed_by(name: str) -> Iterator[str]:
    """The distributions that one needs without extras."""
    for requirement in requires(name) or ():
        if "extra ==" not in requirement:
            yield normal(requirement.split(";")[0].split("<")[0].split(">")[0].split("=")[0])


def normal(name: str) -> str:
    return name.strip().lower().replace("-", "_")
