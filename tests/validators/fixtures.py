"""Fixtures of the validators; tests/conftest.py takes them in with pytest_plugins."""

from collections.abc import Iterator

import pytest

from tests.validators.apiserver import ApiServer


@pytest.fixture(scope="session")
def api_server() -> Iterator[ApiServer]:
    """One API server for the whole session; each test applies into a namespace of its own."""
    with ApiServer() as server:
        yield server
