"""Buckets: Amazon S3 by Pod Identity, or storage that speaks S3 by a credentials file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from components.access import AwsAccess
from components.kubernetes.addresses import port_of
from components.kubernetes.network import Call, ToAnywhere
from components.kubernetes.secrets import SecretFile, files_of
from components.settings.model import Settings


@dataclass(frozen=True)
class Place:
    """Where buckets are: host (and port), region, and whether it is Amazon's own."""

    endpoint: str
    region: str
    is_amazon: bool


def place(settings: Settings) -> Place:
    """Where the buckets of the stack are."""
    other = settings.object_storage
    if other:
        return Place(other.endpoint, other.region, is_amazon=False)
    if settings.region is None:
        raise ValueError("the region of Amazon S3 is not known")
    return Place(f"s3.{settings.region}.amazonaws.com", settings.region, is_amazon=True)


def access(settings: Settings, wanted: AwsAccess) -> list[AwsAccess]:
    """What a program needs on AWS to reach its bucket: nothing where the bucket is elsewhere."""
    return [] if settings.object_storage else [wanted]


def secret_files(settings: Settings) -> list[SecretFile]:
    """The credentials file, where the storage is not Amazon's."""
    return files_of(settings, ["s3_credentials"]) if settings.object_storage else []


def environment(settings: Settings) -> Mapping[str, str]:
    """Tells the SDK where the credentials file is."""
    files = secret_files(settings)
    return {"AWS_SHARED_CREDENTIALS_FILE": files[0].path} if files else {}


def calls(settings: Settings) -> list[Call]:
    """The way to storage that is not Amazon's; the way to AWS comes with what is needed there."""
    other = settings.object_storage
    return [ToAnywhere((port_of(other.endpoint),), "object storage")] if other else []
