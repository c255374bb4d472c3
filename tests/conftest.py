"""Fixtures of every test."""

from __future__ import annotations

import pytest

pytest_plugins = ["tests.validators.fixtures"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-golden", action="store_true", help="write tests/golden anew instead of comparing")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever asks for a validator program is marked, so that `make check` can leave it out."""
    for item in items:
        asked = {"api_server", "cluster"} & set(getattr(item, "fixturenames", ()))
        if asked or "validators" in item.nodeid.split("::")[0]:
            item.add_marker("validators")
