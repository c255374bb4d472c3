"""Each folder is a whole function: its manifest is complete, its zip needs nothing else of the repository."""

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.lambdas.scenarios import SCENARIOS
from tests.lambdas.world import ROOT, manifest

LAMBDAS = ROOT / "lambdas"
FUNCTIONS = sorted(str(path.parent.relative_to(LAMBDAS)) for path in LAMBDAS.rglob("manifest.yaml"))
REFERENCES = {
    "table.alerts",
    "table.idempotency",
    "table.audit",
    "bus.alerts",
    "queue.alerts",
    "queue.alerts_dead_letters",
    "secret.slack",
}
REQUIRED = {
    "description",
    "timeout",
    "memory",
    "reserved_concurrency",
    "trigger",
    "environment",
    "permissions",
}
OPTIONAL = {"data", "triggers", "target", "limits"}
THIRD_PARTY = {"boto3", "botocore", "urllib3", "aws_lambda_powertools"}


def test_every_function_has_a_scenario() -> None:
    assert sorted(SCENARIOS) == FUNCTIONS


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_manifest_says_what_the_deploy_reads(function: str) -> None:
    described = manifest(function)
    assert set(described) >= REQUIRED
    assert set(described) <= REQUIRED | OPTIONAL
    assert "\n" not in described["description"]
    assert re.fullmatch(r"\d+s", described["timeout"])
    assert re.fullmatch(r"\d+MiB", described["memory"])
    assert set(described["environment"].values()) <= REFERENCES
    assert {p["on"] for p in described["permissions"]} <= REFERENCES | {"ecs_services", "alarms", "*"}


@pytest.mark.parametrize("function", [f for f in FUNCTIONS if f.startswith("remediation/")])
def test_a_remediation_is_named_after_its_folder_and_explains_its_limits(function: str) -> None:
    described = manifest(function)
    assert described["trigger"] == {"event": "remediate", "action": Path(function).name}
    assert described["triggers"]
    for name, limit in described["limits"].items():
        assert set(limit) == {"default", "unit", "min", "max", "reason"}, name
        assert seconds(limit["min"]) <= seconds(limit["default"]) <= seconds(limit["max"]), name


def seconds(value: Any) -> int:
    """Return a duration in seconds, and a count as it is."""
    units = {"s": 1, "m": 60, "h": 3600}
    return value if isinstance(value, int) else int(value[:-1]) * units[value[-1]]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_zip_imports_by_itself_and_stays_light(function: str, tmp_path: Path) -> None:
    shutil.copytree(LAMBDAS / "common", tmp_path / "lambdas" / "common")
    shutil.copytree(LAMBDAS / function, tmp_path / "lambdas" / function)
    shutil.copy(LAMBDAS / "__init__.py", tmp_path / "lambdas")
    name = f"lambdas.{function.replace('/', '.')}.handler"
    program = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import {name} as module; "
        "print(module.__file__, callable(module.handler), {'pydantic', 'pulumi', 'yaml'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-P", "-c", program], capture_output=True, text=True, cwd="/")
    assert done.stdout.split(" ", 1) == [f"{tmp_path}/{name.replace('.', '/')}.py", "True set()\n"], done.stderr


def imports(path: Path) -> set[str]:
    """Return the first names of the modules that a file imports."""
    nodes = list(ast.walk(ast.parse(path.read_text())))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    source = {node.module or "." for node in nodes if isinstance(node, ast.ImportFrom) and not node.level}
    return {name.split(".")[0] for name in plain | source}


def test_functions_need_only_what_the_runtime_and_the_layer_have() -> None:
    found = set().union(*(imports(path) for path in LAMBDAS.rglob("*.py")))
    assert found - set(sys.stdlib_module_names) - THIRD_PARTY == {"lambdas"}
