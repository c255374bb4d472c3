"""Fixtures of the example service's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.examples.service.running import Service, running


@pytest.fixture
def service() -> Iterator[Service]:
    """The service, with its switchboard of faults."""
    with running(faulty=True) as made:
        yield made
