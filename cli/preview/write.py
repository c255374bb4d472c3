"""Writes a tree of files so that whoever reads it sees all of the old or all of the new."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePath


def replace_tree(target: Path, files: Mapping[str, str | bytes]) -> None:
    """Makes `target` hold exactly `files` (relative path → content).

    The files are written beside it and swapped in, so an interruption or a full disk leaves the old tree as it was.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    beside.chmod(0o755)
    try:
        # Each folder once, and those above it first: to make one is a good part of what a small file costs.
        for folder in sorted({folder for name in files for folder in PurePath(name).parents[:-1]}):
            (beside / folder).mkdir()
        for name, content in files.items():
            (beside / name).write_bytes(content if isinstance(content, bytes) else content.encode())
        _swap(target, beside)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _swap(target: Path, beside: Path) -> None:
    new = beside / "new"
    old = beside / "old"
    children = list(beside.iterdir())
    new.mkdir()
    for child in children:
        child.rename(new / child.name)
    if target.exists():
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if old.exists():
            old.rename(target)
        raise
