"""The request that the tests of this folder start from."""

import pytest

from tests.lambdas.remediation.scale_out_service.requests import Event
from tests.lambdas.world import World, recorded, sns_body


@pytest.fixture
def event(world: World) -> Event:
    """Return the event that the router sends for the recorded alarm."""
    world.route(sns_body(recorded("cloudwatch_alarm")))
    world.calls.clear()
    return world.event("remediate")
