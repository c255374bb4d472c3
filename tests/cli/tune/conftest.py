"""The project that the tests of this folder tune."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import stack_text
from tests.rendered import project_with


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return project_with(tmp_path, stack_text("prod"))
