"""The audit table: what was done to a target, what was meant to be done, and how long it is left alone.

One item an entry, under the target's key: `<time>#<effect id>` an audit record, `intent#<effect id>` an
intent, `cooldown` the cooldown (`cooldown#dry_run` that of dry runs, which must not hold back real ones).
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from lambdas.common.alert import Alert, Target, iso
from lambdas.common.aws import Client, is_condition_failure
from lambdas.common.effects import Remediate
from lambdas.common.policy import Mode
from lambdas.common.remediation.action import Change, Result

KEPT = timedelta(days=400)  # a year of audits, and the time to do one

Item = dict[str, dict[str, str]]


@dataclass(frozen=True)
class Ledger:
    """The audit table. Every method raises ClientError when DynamoDB fails."""

    dynamodb: Client
    table: str

    def claim(self, request: Remediate, now: datetime) -> bool:
        """Start the target's cooldown; False while it cools down from another request.

        The request that holds the cooldown may claim it again: it is a retry.
        """
        until = now + timedelta(seconds=request.limit("cooldown_seconds"))
        values = {"until": iso(until), "effect_id": request.id, "action": request.action}
        return self._put(
            {**_key(request.target, _cooldown(request)), **_texts(values), **_expiry(until)},
            ConditionExpression="attribute_not_exists(target) OR #until <= :now OR effect_id = :id",
            ExpressionAttributeNames={"#until": "until"},
            ExpressionAttributeValues={":now": {"S": iso(now)}, ":id": {"S": request.id}},
        )

    def release(self, request: Remediate) -> None:
        """End the cooldown that this request has started, because nothing was changed."""
        try:
            self.dynamodb.delete_item(
                TableName=self.table,
                Key=_key(request.target, _cooldown(request)),
                ConditionExpression="effect_id = :id",
                ExpressionAttributeValues={":id": {"S": request.id}},
            )
        except ClientError as error:
            if not is_condition_failure(error):
                raise

    def intent(self, request: Remediate) -> Change | None:
        """Return the change that an earlier attempt of this request has decided on."""
        key = _key(request.target, f"intent#{request.id}")
        item = self.dynamodb.get_item(TableName=self.table, Key=key, ConsistentRead=True).get("Item")
        if not item:
            return None
        return Change(before=json.loads(item["before"]["S"]), after=json.loads(item["after"]["S"]))

    def intend(self, request: Remediate, change: Change, now: datetime) -> None:
        """Write down the change before it is made. Never changes an intent: a second one is a ClientError."""
        self.dynamodb.put_item(
            TableName=self.table,
            Item={
                **_key(request.target, f"intent#{request.id}"),
                **_texts({"action": request.action, "at": iso(now), **_states(change)}),
                **_expiry(now + KEPT),
            },
            ConditionExpression="attribute_not_exists(target)",
        )

    def record(self, request: Remediate, alert: Alert, result: Result, now: datetime) -> None:
        """Write what came of one attempt."""
        values = {
            "at": iso(now),
            "action": request.action,
            "mode": request.mode,
            "outcome": result.outcome,
            "reason": result.reason,
            "effect_id": request.id,
            "alert": alert.name,
            "transition_id": alert.transition_id,
            "alert_changed_at": iso(alert.changed_at),
            **(_states(result.change) if result.change else {}),
        }
        key = _key(request.target, f"{iso(now)}#{request.id}")
        self.dynamodb.put_item(TableName=self.table, Item={**key, **_texts(values), **_expiry(now + KEPT)})

    def _put(self, item: Item, **condition: Any) -> bool:
        try:
            self.dynamodb.put_item(TableName=self.table, Item=item, **condition)
        except ClientError as error:
            if is_condition_failure(error):
                return False
            raise
        return True


def _key(target: Target, entry: str) -> Item:
    return {"target": {"S": target.key}, "sk": {"S": entry[:1024]}}  # bytes DynamoDB allows in a sort key


def _cooldown(request: Remediate) -> str:
    return "cooldown#dry_run" if request.mode is Mode.DRY_RUN else "cooldown"


def _texts(values: dict[str, str]) -> Item:
    return {name: {"S": str(value)} for name, value in values.items()}


def _states(change: Change) -> dict[str, str]:
    return {"before": json.dumps(change.before), "after": json.dumps(change.after)}


def _expiry(at: datetime) -> Item:
    return {"expires_at": {"N": str(int(at.timestamp()))}}
