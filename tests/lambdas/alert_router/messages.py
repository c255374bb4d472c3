"""Messages as they arrive at the alert router."""

from tests.lambdas.world import recorded, sns_body

FIRING = sns_body(recorded("cloudwatch_alarm"))
RESOLVED = sns_body(recorded("cloudwatch_ok"))
TWO_ALERTS = sns_body(recorded("alertmanager_firing"), topic="critical")


def data_back(minute: int) -> str:
    """Return the message of an alarm that lacked data and is OK since that minute."""
    at = f"2026-03-01T10:{minute}:00.000+0000"
    return sns_body({**recorded("cloudwatch_ok"), "OldStateValue": "INSUFFICIENT_DATA", "StateChangeTime": at})


DATA_BACK = data_back(20)
