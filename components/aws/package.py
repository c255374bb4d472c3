"""What goes into a function's zip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pulumi

from components.manifests import LAMBDAS, FunctionManifest


def sources(manifest: FunctionManifest) -> dict[str, Path]:
    """The Python files of a function by path in the zip: its folder, the packages around it, and `common`."""
    folder = LAMBDAS / manifest.folder
    around = [parent / "__init__.py" for parent in folder.parents if parent.is_relative_to(LAMBDAS)]
    files = [*around, *_python(LAMBDAS / "common"), *_python(folder)]
    return {path.relative_to(LAMBDAS.parent).as_posix(): path for path in sorted(files)}


def archive(manifest: FunctionManifest, data: Mapping[str, str]) -> pulumi.AssetArchive:
    """The zip of a function: its sources, and at the top the data files that its manifest lists.

    Raises KeyError for a data file that is not given.
    """
    files: dict[str, pulumi.Asset | pulumi.Archive] = {
        **{place: pulumi.FileAsset(path) for place, path in sources(manifest).items()},
        **{name: pulumi.StringAsset(data[name]) for name in manifest.data},
    }
    return pulumi.AssetArchive(files)


def _python(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*.py") if "__pycache__" not in path.parts)
