"""The audit table keeps apart what different requests do to one target."""

from dataclasses import replace
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError

from lambdas.common.alert import Target
from lambdas.common.effects import Remediate
from lambdas.common.policy import Mode
from lambdas.common.remediation.action import Change
from lambdas.common.remediation.ledger import Ledger
from tests.lambdas.world import NOW, World

TARGET = Target("ecs", {"cluster": "predictive", "service": "ml-service"})
FIRST = Remediate("first", "scale_out_service", Mode.AUTOMATIC, TARGET, {"cooldown_seconds": 60})
SECOND = replace(FIRST, id="second", action="restart_service")
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def ledger(world: World) -> Ledger:
    """Return the ledger on the audit table."""
    return Ledger(world.aws("dynamodb"), world.references["table.audit"])


def test_one_request_at_a_time_holds_the_cooldown_whatever_its_action(ledger: Ledger) -> None:
    assert ledger.claim(FIRST, NOW)
    assert not ledger.claim(SECOND, NOW)
    assert ledger.claim(FIRST, NOW)
    assert ledger.claim(SECOND, LATER)
    assert not ledger.claim(FIRST, LATER)


def test_targets_cool_down_apart(ledger: Ledger) -> None:
    other = replace(SECOND, target=Target("ecs", {"cluster": "predictive", "service": "another"}))
    assert ledger.claim(FIRST, NOW)
    assert ledger.claim(other, NOW)


def test_a_released_target_can_be_claimed(ledger: Ledger) -> None:
    assert ledger.claim(FIRST, NOW)
    ledger.release(FIRST)
    assert ledger.claim(SECOND, NOW)


def test_a_late_release_leaves_the_cooldown_of_the_next_request(ledger: Ledger) -> None:
    assert ledger.claim(FIRST, NOW)
    assert ledger.claim(SECOND, LATER)
    ledger.release(FIRST)
    assert not ledger.claim(FIRST, LATER)


def test_an_intent_is_never_rewritten(ledger: Ledger) -> None:
    assert ledger.intent(FIRST) is None
    ledger.intend(FIRST, Change(before=3, after=5), NOW)
    with pytest.raises(ClientError):
        ledger.intend(FIRST, Change(before=5, after=7), NOW)
    assert ledger.intent(FIRST) == Change(before=3, after=5)
    assert ledger.intent(SECOND) is None
