"""checkov's judgement of Kubernetes manifests: the checks of its `kubernetes` framework, by the copy in .tools."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

from tests.validators import binaries

# Asks nobody, neither the platform behind it for policies nor the package index for a newer release, and takes its
# exit status for what it means: that it ran, not that it found nothing.
_OPTIONS = ("--framework", "kubernetes", "--output", "json", "--quiet", "--compact", "--skip-download", "--soft-fail")
_ASKS_NOBODY = {"CKV_SKIP_PACKAGE_UPDATE_CHECK": "true"}


class Finding(NamedTuple):
    """A check that a resource (`Kind.namespace.name`) fails."""

    check_id: str
    resource: str
    name: str


def failed_checks(folder: Path) -> list[Finding]:
    """Return what checkov finds in the manifests below `folder`.

    Raises AssertionError where it fails, cannot read a file, finds nothing to judge, or was told by a manifest's
    annotation to skip a check.
    """
    report = _scan(folder)
    summary = report.get("summary", report)
    unsound = {key: summary[key] for key in ("parsing_errors", "skipped") if summary[key]}
    assert not unsound, f"checkov did not judge all of {folder}: {unsound}"
    assert summary["passed"] + summary["failed"], f"checkov found no manifest below {folder}"
    found = report["results"]["failed_checks"]
    return [Finding(each["check_id"], each["resource"], each["check_name"]) for each in found]


def _scan(folder: Path, *, timeout: float = 120) -> dict[str, Any]:
    program = binaries.find_data("checkov/bin/checkov")
    # A home of its own, since checkov takes options from a file there and in the folder that it is run in.
    with tempfile.TemporaryDirectory(prefix="vigil-home-") as home:
        done = subprocess.run(
            [program, "--directory", folder.resolve(), *_OPTIONS],
            cwd=home,
            env={**binaries.environment(home), **_ASKS_NOBODY},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
    assert done.returncode == 0, f"checkov exited {done.returncode}:\n{done.stdout.strip()}\n{done.stderr.strip()}"
    report: dict[str, Any] = json.loads(done.stdout)
    return report
