"""Every rendering that the real programs judge: the committed stacks, and the variants of tests/variants.py."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cli.preview.run import Rendered
from cli.preview.write import replace_tree
from tests import rendered, variants
from tests.rendered import STACKS

RENDERINGS = (*STACKS, *variants.VARIANTS)

every_rendering = pytest.mark.parametrize("name", RENDERINGS)

ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"


def result(name: str) -> Rendered:
    """A committed stack or a variant, rendered once a test process."""
    return rendered.stack(name) if name in STACKS else variants.variant(name)


def manifests(name: str) -> list[dict[str, Any]]:
    """Its Kubernetes objects, in the order in which they can be applied."""
    return rendered.written_manifests(result(name))


def tree(name: str, folder: Path) -> Path:
    """The folder below `folder` that holds its build tree, with the secrets that it names in files of this machine."""
    replace_tree(folder / name, result(name).files)
    for file in (folder / name / "mounted").rglob("*"):
        if file.is_file() and b"/etc/vigil/secrets/" in file.read_bytes():
            readable(file, folder)
    return folder / name


def readable(config: Path, folder: Path) -> Path:
    """The configuration with its secret files in a folder of this machine."""
    text = config.read_text(encoding="utf-8")
    for path in set(re.findall(r"/etc/vigil/secrets/[a-z0-9/-]+", text)):
        local = folder / path.strip("/").replace("/", "-")
        local.write_text("s3cret", encoding="utf-8")
        text = text.replace(path, str(local))
    config.write_text(text, encoding="utf-8")
    return config


def with_service_account(config: Path, folder: Path) -> Path:
    """The configuration with the service account of its pod in a folder of this machine."""
    account = folder / "serviceaccount"
    account.mkdir(exist_ok=True)
    for name in ("token", "ca.crt"):
        (account / name).write_text("", encoding="utf-8")
    config.write_text(config.read_text(encoding="utf-8").replace(ACCOUNT, str(account)), encoding="utf-8")
    return config


def workloads_with(name: str, container: str) -> list[dict[str, Any]]:
    """The workloads of a rendering that run a container of that name."""
    kinds = ("DaemonSet", "Deployment", "StatefulSet")
    return [
        manifest
        for manifest in manifests(name)
        if manifest["kind"] in kinds
        and container in [c["name"] for c in manifest["spec"]["template"]["spec"]["containers"]]
    ]
