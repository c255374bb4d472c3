"""Trees are swapped whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.preview.write import replace_tree


def test_a_tree_is_replaced_with_nothing_of_the_former_left(tmp_path: Path) -> None:
    target = tmp_path / "build" / "dev"
    replace_tree(target, {"a/old.yaml": "1"})
    replace_tree(target, {"a/new.yaml": "2", "b.bin": b"\x00"})
    assert sorted(str(p.relative_to(target)) for p in target.rglob("*") if p.is_file()) == ["a/new.yaml", "b.bin"]
    assert [path.name for path in target.parent.iterdir()] == ["dev"]


def test_a_failure_half_way_leaves_the_former_tree(tmp_path: Path) -> None:
    target = tmp_path / "dev"
    replace_tree(target, {"file": "former"})
    with pytest.raises(OSError, match="file"):
        replace_tree(target, {"file": "new", "file/below": "a file cannot be a folder"})
    assert (target / "file").read_text() == "former"
    assert [path.name for path in tmp_path.iterdir()] == ["dev"]
