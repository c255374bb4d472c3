"""Thanos's own judgement: whether a component takes its arguments and starts, rules, and the object store's settings."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.loopback import StandIn, serving
from tests.validators import offline
from tests.validators.process import HttpServer, running

_HTTP_ADDRESS = "--http-address="
_EMPTY_BUCKET = b"""<?xml version="1.0"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated></ListBucketResult>
"""


def accepts(arguments: Sequence[str], *, probe: str = "/-/ready") -> None:
    """Start a component with these arguments and stop it once `probe` answers; raises AssertionError with its words.

    The first argument is the component (sidecar, store, compact, query, query-frontend). Its addresses and paths must
    be ones that exist here. A sidecar is ready with its Prometheus, a query frontend with its query; without them ask
    for /-/healthy.
    """
    with server(arguments, probe=probe):
        pass


@contextmanager
def server(arguments: Sequence[str], *, probe: str = "/-/ready") -> Iterator[HttpServer]:
    """Yield a component that runs with these arguments on loopback, once `probe` answers."""
    (address,) = (text.removeprefix(_HTTP_ADDRESS) for text in arguments if text.startswith(_HTTP_ADDRESS))
    assert address.startswith("127.0.0.1:"), f"{address} is not on loopback"
    component = HttpServer(address)
    with (
        tempfile.TemporaryDirectory(prefix="vigil-thanos-") as home,
        running("thanos", arguments, home=Path(home), ready=lambda: component.answers(probe), variables=offline.AWS),
    ):
        yield component


def check_rules(*files: Path) -> str:
    """Check rule files and return the report; raises AssertionError with Thanos's words."""
    return offline.run("thanos", "tools", "rules-check", *(f"--rules={file}" for file in files))


def check_object_store(file: Path) -> None:
    """Let Thanos list the bucket that this configuration names, on a stand-in for S3 that has only empty ones.

    Raises AssertionError with Thanos's words.
    """
    store = yaml.safe_load(file.read_text())
    assert store["type"] == "S3", f"the stand-in is for S3, not {store['type']}"
    with serving(_EmptyS3) as address, tempfile.TemporaryDirectory(prefix="vigil-thanos-") as folder:
        moved = Path(folder, "object-store.yaml")
        # The stand-in has an address, and no name below which a bucket could be.
        config = {**store["config"], "endpoint": address, "insecure": True, "bucket_lookup_type": "path"}
        moved.write_text(yaml.safe_dump({**store, "config": config}))
        offline.run("thanos", "tools", "bucket", "ls", f"--objstore.config-file={moved}")


class _EmptyS3(StandIn):
    """Answers every GET as S3 lists an empty bucket."""

    def do_GET(self) -> None:
        self.answer(_EMPTY_BUCKET, headers={"Content-Type": "application/xml"})
