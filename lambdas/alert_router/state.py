"""The last known state of every alert, in DynamoDB."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from botocore.exceptions import ClientError

from lambdas.common.alert import Alert, Status, iso
from lambdas.common.aws import Client, is_condition_failure

KEPT = timedelta(days=30)  # after the last change

# Changes are ordered by (time, status). At one instant resolved comes after firing: Prometheus can end an
# alert at the time it began, and begins it again only in a later evaluation. An equal change is accepted, so
# that a retry whose first attempt ended after this write can go on.
NOT_STALE = (
    "attribute_not_exists(changed_at) OR changed_at < :changed_at"
    " OR (changed_at = :changed_at AND #status IN (:status, :weaker))"
)


class Verdict(StrEnum):
    """What a change means beside what is stored."""

    NEW = "new"  # nothing was known of the alert
    LATER = "later"
    STALE = "stale"  # a later change is stored


@dataclass(frozen=True)
class AlertStates:
    """The table of alerts; one item a fingerprint."""

    dynamodb: Client
    table: str

    def accept(self, alert: Alert, now: datetime) -> Verdict:
        """Store the change unless it is stale. Raises ClientError."""
        stored = {
            "status": alert.status,
            "severity": alert.severity,
            "service": alert.service,
            "name": alert.name,
            "changed_at": iso(alert.changed_at),
            "environment": alert.environment,
        }
        values = {f":{key}": {"S": str(value)} for key, value in stored.items()}
        assignments = ", ".join(f"#{key} = :{key}" for key in stored)
        extra = {
            ":weaker": {"S": Status.FIRING.value},
            ":now": {"S": iso(now)},
            ":expires_at": {"N": str(int((now + KEPT).timestamp()))},
        }
        try:
            before = self.dynamodb.update_item(
                TableName=self.table,
                Key={"fingerprint": {"S": alert.fingerprint}},
                UpdateExpression=f"SET {assignments}, expires_at = :expires_at,"
                " first_seen = if_not_exists(first_seen, :now)",
                ConditionExpression=NOT_STALE,
                ExpressionAttributeNames={f"#{key}": key for key in stored},
                ExpressionAttributeValues={**values, **extra},
                ReturnValues="ALL_OLD",
            )
        except ClientError as error:
            if is_condition_failure(error):
                return Verdict.STALE
            raise
        return Verdict.LATER if before.get("Attributes") else Verdict.NEW
