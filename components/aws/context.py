"""Where the AWS half is built: the account, the region, and the ARNs that follow from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from components.settings.model import Environment, Settings


class _Partition(NamedTuple):
    name: str
    console: str
    domain: str


_STANDARD = _Partition("aws", "console.aws.amazon.com", "amazonaws.com")
# By prefix of the region's name.
_OTHERS = {
    "cn-": _Partition("aws-cn", "console.amazonaws.cn", "amazonaws.com.cn"),
    "us-gov-": _Partition("aws-us-gov", "console.amazonaws-us-gov.com", "amazonaws.com"),
}


@dataclass(frozen=True)
class AwsContext:
    """What every component of the AWS half needs to know of its surroundings."""

    environment: str
    account_id: str
    region: str
    log_retention_days: int

    @classmethod
    def of(cls, settings: Settings, region: str) -> AwsContext:
        """The context that the settings spell. Raises ValueError where they name no account."""
        if settings.aws.account_id is None:
            raise ValueError("vigil:aws.account_id: missing; the 12 digits of the account are needed")
        days = int(settings.aws.log_retention.value // 86400)
        return cls(settings.environment.value, settings.aws.account_id, region, days)

    @property
    def partition(self) -> str:
        """The partition that the region belongs to."""
        return self._partition.name

    @property
    def console(self) -> str:
        """Address of the AWS console in this region, without a trailing slash."""
        return f"https://{self.region}.{self._partition.console}"

    @property
    def is_production(self) -> bool:
        """Whether what is kept here must outlive a mistaken `pulumi destroy`."""
        return self.environment == Environment.PROD

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a regional resource of this account."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def global_arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of this account that belongs to no region, such as a role."""
        return f"arn:{self.partition}:{service}::{self.account_id}:{resource}"

    def endpoint(self, service: str) -> str:
        """The host name of a service in this region, which KMS knows as `kms:ViaService`."""
        return f"{service}.{self.region}.{self._partition.domain}"

    @property
    def _partition(self) -> _Partition:
        found = (partition for prefix, partition in _OTHERS.items() if self.region.startswith(prefix))
        return next(found, _STANDARD)
