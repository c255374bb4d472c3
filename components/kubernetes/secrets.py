"""Secrets as files in a pod: a Kubernetes Secret that exists, or one made from a Pulumi secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from components.kubernetes.objects import Manifest, metadata
from components.settings.model import Settings
from components.settings.types import Secret

ROOT = "/etc/vigil/secrets"

_MODE = 0o440
"""Of the files: the program's own group may read them, nobody else."""


@dataclass(frozen=True)
class SecretFile:
    """One key of a Secret, mounted as one file; `manifest` is set where vigil makes the Secret itself."""

    name: str
    secret: str
    key: str
    manifest: Manifest | None = None

    @property
    def volume(self) -> str:
        """Name of the pod's volume."""
        return f"secret-{self.name}"

    @property
    def directory(self) -> str:
        """Where the volume is mounted."""
        return f"{ROOT}/{self.name}"

    @property
    def file(self) -> str:
        """Name of the file in that directory."""
        return "value"

    @property
    def path(self) -> str:
        """The file that holds the secret."""
        return f"{self.directory}/{self.file}"

    @property
    def source(self) -> Manifest:
        """What the pod's volume is made of."""
        return {
            "secretName": self.secret,
            "defaultMode": _MODE,
            "items": [{"key": self.key, "path": self.file}],
        }


@dataclass(frozen=True)
class SecretDirectory:
    """Every key of a Secret that exists, mounted as the files of one directory: for what is used together, as a
    certificate with its key is."""

    name: str
    secret: str
    directory: str
    manifest: None = None

    @property
    def volume(self) -> str:
        """Name of the pod's volume."""
        return f"secret-{self.name}"

    @property
    def source(self) -> Manifest:
        """What the pod's volume is made of."""
        return {"secretName": self.secret, "defaultMode": _MODE}


def files_of(settings: Settings, names: Iterable[str]) -> list[SecretFile]:
    """The files of those of these secret settings that are set. Raises ValueError where the cluster cannot get at
    one."""
    found = {name: settings.secret(name) for name in names}
    return [_file(name, secret, settings.kubernetes.namespace) for name, secret in found.items() if secret]


def needed_files(settings: Settings, names: Iterable[str]) -> list[SecretFile]:
    """The files of these secret settings, which the settings' checks have seen to. Raises ValueError where one is not
    set after all, or the cluster cannot get at it."""
    wanted = list(names)
    if missing := [f"vigil:{name}" for name in wanted if settings.secret(name) is None]:
        raise ValueError(f"{', '.join(missing)} not set")
    return files_of(settings, wanted)


def _file(setting: str, secret: Secret, namespace: str) -> SecretFile:
    name = setting.replace("_", "-")
    if secret.kubernetes is not None:
        return SecretFile(name, secret.kubernetes.secret, secret.kubernetes.key)
    if secret.value is None:
        raise ValueError(f"{setting} is in AWS Secrets Manager only, which pods do not read")
    manifest = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": metadata(f"vigil-{name}", namespace),
        "type": "Opaque",
        "stringData": {"value": secret.value},
    }
    return SecretFile(name, f"vigil-{name}", "value", manifest)
