"""The last known state of every alert, in DynamoDB."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lambdas.common.alert import Alert, Status, iso
from lambdas.common.aws import Client, is_condition_failure

KEPT = timedelta(days=30)  # after the last change, or the last repeat of a Prometheus alert

# Changes are ordered by (time, status). At one instant resolved comes after firing, as it does in text order:
# Prometheus can end an alert at the time it began, and begins it again only in a later evaluation.
LATER = (
    "attribute_not_exists(changed_at) OR changed_at < :changed_at OR (changed_at = :changed_at AND #status < :status)"
)

REPEATED = "changed_at = :changed_at AND #status = :status AND sent_at < :sent_at"


@dataclass(frozen=True)
class Stored:
    """One state as the table holds it; `former` is the status that it replaced, None when nothing was known."""

    status: Status
    changed_at: datetime
    started_at: datetime | None
    sent_at: datetime | None
    former: Status | None

    @classmethod
    def read(cls, item: Mapping[str, Any]) -> "Stored":
        """Return the state in an item that `accept` wrote."""
        texts = {name: value["S"] for name, value in item.items() if value.get("S")}
        return cls(
            status=Status(texts["status"]),
            changed_at=datetime.fromisoformat(texts["changed_at"]),
            started_at=datetime.fromisoformat(texts["started_at"]) if "started_at" in texts else None,
            sent_at=datetime.fromisoformat(texts["sent_at"]) if "sent_at" in texts else None,
            former=Status(texts["former"]) if "former" in texts else None,
        )


@dataclass(frozen=True)
class Verdict:
    """What a change means beside what is stored."""

    stale: bool  # a later change is stored
    former: Status | None = None  # the status that the change replaced, None when nothing was known


@dataclass(frozen=True)
class AlertStates:
    """The table of alerts; one item a fingerprint."""

    dynamodb: Client
    table: str

    def find(self, alert: Alert) -> Stored | None:
        """Return the stored state of the alert. Raises ClientError."""
        key = {"fingerprint": {"S": alert.fingerprint}}
        found = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True)
        return Stored.read(found["Item"]) if "Item" in found else None

    def repeat(self, alert: Alert, now: datetime) -> None:
        """Note that a newer message repeats the stored change, unless another is stored by now. Raises ClientError."""
        values = {f":{key}": {"S": _values(alert)[key]} for key in ("status", "changed_at", "sent_at")}
        try:
            self.dynamodb.update_item(
                TableName=self.table,
                Key={"fingerprint": {"S": alert.fingerprint}},
                UpdateExpression="SET sent_at = :sent_at, expires_at = :expires_at",
                ConditionExpression=REPEATED,
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={**values, ":expires_at": _expiry(now)},
            )
        except ClientError as error:
            if not is_condition_failure(error):
                raise

    def accept(self, alert: Alert, now: datetime) -> Verdict:
        """Store the change unless it is stale. Raises ClientError."""
        values = _values(alert)
        assignments = ", ".join(f"#{key} = :{key}" for key in values)
        extra = {
            ":none": {"S": ""},
            ":now": {"S": iso(now)},
            ":expires_at": _expiry(now),
        }
        try:
            before = self.dynamodb.update_item(
                TableName=self.table,
                Key={"fingerprint": {"S": alert.fingerprint}},
                UpdateExpression=f"SET former = if_not_exists(#status, :none), {assignments},"
                " expires_at = :expires_at, first_seen = if_not_exists(first_seen, :now)",
                ConditionExpression=LATER,
                ExpressionAttributeNames={f"#{key}": key for key in values},
                ExpressionAttributeValues={**{f":{key}": {"S": value} for key, value in values.items()}, **extra},
                ReturnValues="ALL_OLD",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if is_condition_failure(error):
                return _not_later(alert, Stored.read(error.response["Item"]))  # type: ignore[typeddict-item]
            raise
        old = before.get("Attributes")
        return Verdict(stale=False, former=Stored.read(old).status if old else None)


def _expiry(now: datetime) -> dict[str, str]:
    return {"N": str(int((now + KEPT).timestamp()))}


def _values(alert: Alert) -> dict[str, str]:
    """Return what is stored of a change, as text. Empty for an unknown time, so that it hides the one before."""
    return {
        "status": alert.status.value,
        "severity": alert.severity.value,
        "service": alert.service,
        "name": alert.name,
        "changed_at": iso(alert.changed_at),
        "started_at": iso(alert.started_at) if alert.started_at else "",
        "sent_at": iso(alert.sent_at) if alert.sent_at else "",
        "environment": alert.environment,
    }


def _not_later(alert: Alert, stored: Stored) -> Verdict:
    """Tell an equal change from a stale one.

    Equal is the retry of an attempt that ended after its write: its events were refused, or it crashed. The
    first attempt wrote down the status it replaced and a retry writes nothing, so every retry decides as the
    first attempt did.
    """
    equal = (stored.status, stored.changed_at) == (alert.status, alert.changed_at)
    return Verdict(stale=False, former=stored.former) if equal else Verdict(stale=True)
