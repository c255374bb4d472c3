"""Imports go one way: __main__ → components → dashboards → alert_rules; lambdas and examples stand alone; nothing imports
cli."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.settings.examples import ROOT

PACKAGES = ("alert_rules", "cli", "components", "dashboards", "examples", "lambdas")

MAY_IMPORT = {
    "alert_rules": {"alert_rules"},
    "dashboards": {"dashboards", "alert_rules"},
    "components": {"components", "dashboards", "alert_rules", "pulumi", "pulumi_aws", "pulumi_kubernetes"},
    "lambdas": {"lambdas"},
    "examples": {"examples"},
    "cli": {"cli", "components", "dashboards", "alert_rules", "pulumi", "pulumi_aws", "pulumi_kubernetes"},
}
WATCHED = {*PACKAGES, "pulumi", "pulumi_aws", "pulumi_kubernetes"}


def imports(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            yield node.module


def forbidden(package: str, source: str) -> set[str]:
    tops = {name.split(".")[0] for name in imports(source)}
    return (tops & WATCHED) - MAY_IMPORT[package]


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_is_below_it(package: str) -> None:
    found = {str(path.relative_to(ROOT)): forbidden(package, path.read_text()) for path in modules(package)}
    assert found, f"{package} has no modules"
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("package", "source"),
    [
        ("alert_rules", "import pulumi"),
        ("alert_rules", "from components.naming import physical_name"),
        ("dashboards", "def f():\n    from components import stack"),
        ("components", "from cli.main import run"),
        ("lambdas", "from alert_rules import model"),
        ("examples", "from alert_rules import registry"),
    ],
)
def test_an_import_against_the_arrows_is_noticed(package: str, source: str) -> None:
    assert forbidden(package, source)


def test_the_program_itself_stays_small() -> None:
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= 50
