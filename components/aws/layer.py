"""The Lambda layer with the libraries that all functions share, taken from this very environment.

So the versions that the tests ran with are the versions that are deployed; the lock file pins them.
"""

from __future__ import annotations

from importlib.metadata import PackagePath, distribution

import pulumi
import pulumi_aws as aws

from components.aws.context import AwsContext
from components.base import Component
from components.naming import physical_name
from components.versions import LAMBDA_RUNTIME

ARCHITECTURE = "arm64"

DISTRIBUTIONS = ("aws-lambda-powertools", "jmespath", "typing_extensions")
"""Pure Python all, so that one layer fits every processor, and complete but for what the runtime brings."""

# Written by the installer: they differ between two machines that installed the same wheel.
_INSTALLERS = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"}


class SharedLayer(Component, area="aws"):
    """One version of the layer; a change of any file in it makes a new version."""

    arn: pulumi.Output[str]

    def __init__(
        self,
        name: str,
        distributions: tuple[str, ...] = DISTRIBUTIONS,
        *,
        context: AwsContext,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        layer = aws.lambda_.LayerVersion(
            name,
            layer_name=physical_name("layer", context.environment, "shared"),
            description=", ".join(f"{name} {distribution(name).version}" for name in distributions),
            code=archive(distributions),
            compatible_architectures=[ARCHITECTURE],
            compatible_runtimes=[LAMBDA_RUNTIME],
            opts=self.child(),
        )
        self.arn = layer.arn
        self.register_outputs({"arn": self.arn})


def archive(distributions: tuple[str, ...]) -> pulumi.AssetArchive:
    """The layer's zip. Raises PackageNotFoundError where a distribution is not installed."""
    files: dict[str, pulumi.Asset | pulumi.Archive] = {
        f"python/{path.as_posix()}": pulumi.FileAsset(str(path.locate()))
        for name in distributions
        for path in sorted(distribution(name).files or ())
        if _belongs(path)
    }
    return pulumi.AssetArchive(files)


def _belongs(path: PackagePath) -> bool:
    """Whether the file is the distribution's own, rather than compiled, a script, or the installer's note."""
    by_installer = path.parent.suffix == ".dist-info" and path.name in _INSTALLERS
    return path.suffix != ".pyc" and ".." not in path.parts and not by_installer
