"""The committed stacks, rendered once a test process."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

from alert_rules import yaml12
from cli.preview.run import Rendered, render
from cli.preview.write import replace_tree
from tests.settings.examples import ROOT, STACKS

__all__ = ["ROOT", "STACKS", "manifests", "project_with", "stack", "written", "written_manifests"]


@cache
def stack(name: str) -> Rendered:
    """A committed stack, as `vigil preview` renders it."""
    return render(ROOT, name)


def written(name: str, folder: Path) -> Path:
    """The folder below `folder` that holds a committed stack's build tree."""
    replace_tree(folder / name, stack(name).files)
    return folder / name


def manifests(name: str) -> list[dict[str, Any]]:
    """Every Kubernetes object of a stack, in the order in which they can be applied."""
    return written_manifests(stack(name))


def written_manifests(result: Rendered) -> list[dict[str, Any]]:
    """Every Kubernetes object of what was rendered, as its files hold them."""
    files = sorted(path for path in result.files if path.startswith("kubernetes/"))
    return [document for path in files for document in yaml12.load_all(str(result.files[path])) if document]


def project_with(folder: Path, stack_file: str, *, name: str = "prod") -> Path:
    """A copy of the project's entry points in `folder`, with its own stack file, so that tests may break it."""
    for file in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(ROOT / file, folder / file)
    (folder / f"Pulumi.{name}.yaml").write_text(stack_file, encoding="utf-8")
    return folder
