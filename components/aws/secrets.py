"""A secret that a Lambda reads, be it in Secrets Manager already or put there from the settings."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.aws.context import AwsContext
from components.aws.references import Reference
from components.base import Component
from components.naming import physical_name
from components.settings.types import Secret

RECOVERY_DAYS = 7
"""Days within which a deleted secret can be had back; few, since its name stays taken until then."""


class ChannelSecret(Component, area="aws"):
    """The secret of one notification channel, `secret.<channel>` in manifests."""

    reference: Reference

    def __init__(
        self,
        name: str,
        secret: Secret,
        *,
        channel: str,
        context: AwsContext,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        if secret.secrets_manager is not None:
            self.reference = existing(secret.secrets_manager, context=context)
        elif secret.value is not None:
            self.reference = self._made(name, channel, secret.value, context)
        else:
            allowed = "{secrets_manager: NAME} or a Pulumi secret"
            raise ValueError(f"{secret!r}: no Lambda can read it; allowed: {allowed}")
        self.register_outputs({})

    def _made(self, name: str, channel: str, value: pulumi.Output[str], context: AwsContext) -> Reference:
        secret = aws.secretsmanager.Secret(
            name,
            name=physical_name("secret", context.environment, channel),
            description=f"vigil's access to {channel}",
            recovery_window_in_days=RECOVERY_DAYS,
            opts=self.child(),
        )
        aws.secretsmanager.SecretVersion(name, secret_id=secret.arn, secret_string=value, opts=self.child())
        return Reference((secret.arn,), secret.name)


def existing(name: str, *, context: AwsContext) -> Reference:
    """The reference to a secret of that name. Its ARN ends in six random characters, hence the pattern."""
    return Reference((context.arn("secretsmanager", f"secret:{name}-??????"),), name)
