"""Programs that would ask AWS who they are, run so that the answer is here and nobody is asked."""

from collections.abc import Mapping
from pathlib import Path

from tests.validators import binaries

# Credentials that open nothing; without them a program would look for an instance role over the network.
AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "eu-west-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}


def run(name: str, *arguments: str | Path, variables: Mapping[str, str] | None = None) -> str:
    """Run the tool as binaries.run does, with these credentials."""
    return binaries.run(name, *arguments, variables={**AWS, **(variables or {})})
