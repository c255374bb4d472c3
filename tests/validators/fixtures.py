"""Fixtures of the validators; tests/conftest.py takes them in with pytest_plugins."""

from collections.abc import Iterator

import pytest

from tests.validators.apiserver import ApiServer
from tests.validators.cluster import Cluster


@pytest.fixture(scope="session")
def api_server() -> Iterator[ApiServer]:
    """One API server for the whole session; each test applies into a namespace of its own."""
    with ApiServer() as server:
        yield server


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """One cluster for the whole session, with the definitions of Istio and the Gateway API; each test deletes the
    namespaces it has made and opens the nodes it has drained.

    A session is a test process: mark what uses it with xdist_group("cluster"), so that only one starts it.
    """
    with Cluster() as running:
        running.install_crds()
        yield running
