"""The DynamoDB tables that the Lambdas share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.context import AwsContext
from components.aws.references import Reference
from components.base import Component
from components.naming import physical_name


@dataclass(frozen=True)
class TableKeys:
    """The attributes by which DynamoDB itself handles a table's items: keys (texts) and time to live."""

    hash_key: str
    ttl: str
    range_key: str | None = None


TABLES: Mapping[str, TableKeys] = {
    "alerts": TableKeys("fingerprint", ttl="expires_at"),  # lambdas/alert_router/state.py
    "audit": TableKeys("target", range_key="sk", ttl="expires_at"),  # lambdas/common/remediation/ledger.py
    "idempotency": TableKeys("id", ttl="expiration"),  # the defaults of Powertools' DynamoDBPersistenceLayer
}


class Tables(Component, area="aws"):
    """One table for each entry of `TABLES`, paid by request, with point-in-time recovery."""

    references: Mapping[str, Reference]

    def __init__(
        self,
        name: str,
        tables: Mapping[str, TableKeys],
        *,
        context: AwsContext,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._context = context
        made = {table: self._table(f"{name}-{table}", table, keys) for table, keys in tables.items()}
        self.references = {f"table.{key}": Reference((table.arn,), table.name) for key, table in made.items()}
        self.register_outputs({})

    def _table(self, name: str, table: str, keys: TableKeys) -> aws.dynamodb.Table:
        attributes = [key for key in (keys.hash_key, keys.range_key) if key]
        return aws.dynamodb.Table(
            name,
            name=physical_name("table", self._context.environment, table),
            billing_mode="PAY_PER_REQUEST",
            hash_key=keys.hash_key,
            range_key=keys.range_key,
            attributes=[{"name": attribute, "type": "S"} for attribute in attributes],
            ttl={"attribute_name": keys.ttl, "enabled": True},
            point_in_time_recovery={"enabled": True},
            server_side_encryption={"enabled": True},
            deletion_protection_enabled=self._context.is_production,
            opts=self.child(),
        )
