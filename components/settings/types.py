"""Value types of the settings: quantities with units, names, secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import pulumi
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from alert_rules import quantities
from alert_rules.model import Duration
from alert_rules.quantities import Quantity, Unit
from alert_rules.timing import SCRAPE_INTERVAL

__all__ = [
    "USUAL_INTERVAL",
    "Bytes",
    "DnsLabel",
    "Duration",
    "KubernetesKey",
    "Port",
    "Rate",
    "Secret",
    "Section",
    "Share",
    "Url",
]


class Section(BaseModel):
    """Base of every part of the settings: unknown keys are errors, nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, strict=True)


def _bytes(written: object) -> Quantity:
    return written if isinstance(written, Quantity) else quantities.parse(written, Unit.BYTES)


Bytes = Annotated[
    Quantity,
    BeforeValidator(_bytes, json_schema_input_type=Annotated[str, Field(pattern=r"^\d+(\.\d+)?(B|KiB|MiB|GiB|TiB)$")]),
]
"""A size, written with its unit (`8GiB`); `.value` is in bytes."""


def _share(written: object) -> Quantity:
    parsed = written if isinstance(written, Quantity) else quantities.parse(written, Unit.RATIO)
    if not 0 <= parsed.value <= 1:
        raise ValueError("a percentage from 0% to 100%")
    return parsed


Share = Annotated[
    Quantity,
    BeforeValidator(_share, json_schema_input_type=Annotated[str, Field(pattern=r"^\d+(\.\d+)?%$")]),
]
"""A part of a whole, written as a percentage (`10%`); `.value` is from 0 to 1."""


def _rate(written: object) -> Quantity:
    return written if isinstance(written, Quantity) else quantities.parse(written, Unit.RATE)


Rate = Annotated[
    Quantity,
    BeforeValidator(_rate, json_schema_input_type=Annotated[str, Field(pattern=r"^\d+(\.\d+)?/[smh]$")]),
]
"""Events in a time, written with it (`1000/s`); `.value` is a second."""

USUAL_INTERVAL = quantities.seconds_text(SCRAPE_INTERVAL)
"""The scrape interval of what sets none, as a person would write it."""

Url = Annotated[str, Field(pattern=r"^https?://[^\s]+[^\s/]$")]
Port = Annotated[int, Field(ge=1, le=65535)]

DnsLabel = Annotated[str, Field(pattern=r"^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$")]
"""A name that Kubernetes, DNS and AWS all accept: lower-case letters, digits and inner hyphens, at most 63."""


class KubernetesKey(Section):
    """A key of a Kubernetes Secret that exists in vigil's namespace already."""

    secret: str
    key: str


@dataclass(frozen=True)
class Secret:
    """A secret by reference (to AWS Secrets Manager, to a Kubernetes Secret, or both), or as a Pulumi secret."""

    secrets_manager: str | None = None
    kubernetes: KubernetesKey | None = None
    value: pulumi.Output[str] | None = None

    @property
    def for_kubernetes(self) -> bool:
        """Whether a workload in the cluster can get at it."""
        return self.kubernetes is not None or self.value is not None

    @property
    def for_aws(self) -> bool:
        """Whether a Lambda can get at it."""
        return self.secrets_manager is not None or self.value is not None

    def __repr__(self) -> str:
        return f"Secret(secrets_manager={self.secrets_manager!r}, kubernetes={self.kubernetes!r}, value=[secret])"


class SecretReference(Section):
    """What the committed settings say of a secret: where it is, never what it is."""

    secrets_manager: str | None = Field(
        None, pattern=r"^[A-Za-z0-9/_+=.@-]{1,512}$", description="Name (not ARN) of a secret in AWS Secrets Manager."
    )
    kubernetes: KubernetesKey | None = None


def secret_allowed() -> str:
    """What may be written for a secret, as a noun phrase."""
    return (
        "a reference ({secrets_manager: NAME} and/or {kubernetes: {secret: NAME, key: KEY}}) "
        "or a Pulumi secret (`pulumi config set --secret`)"
    )


def _secret(written: Any) -> Secret:
    if isinstance(written, Secret):
        return written
    if isinstance(written, pulumi.Output):
        return Secret(value=written)
    if not isinstance(written, Mapping) or not written:
        raise ValueError(secret_allowed())
    reference = SecretReference.model_validate(dict(written))
    return Secret(reference.secrets_manager, reference.kubernetes)


SecretSetting = Annotated[Secret, BeforeValidator(_secret, json_schema_input_type=SecretReference)]
