"""Declares what a plan.json lists by nothing but the Pulumi SDK, under an engine that only nods: no program that
declares those resources can be quicker.

    python -m benchmarks._sdk_alone build/prod/plan.json

Neither types nor dependencies between resources nor a recorder cost anything here, and what costs but can be left out
is left out, as `vigil preview` does.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pulumi
from google.protobuf import struct_pb2
from pulumi.runtime import mocks, resource, settings, stack
from pulumi.runtime.proto import resource_pb2, source_pb2

from cli.recorder.run import AtOnce


class _Engine(mocks.MockMonitor):
    """Answers that a resource is there. Of its outputs it tells nothing, but names them all: the SDK takes an input for
    what is not named, and would translate it."""

    def RegisterResource(self, request: Any) -> Any:
        outputs = struct_pb2.Struct()
        outputs.update(dict.fromkeys(request.object.fields, ""))
        urn = self.make_urn(request.parent, request.type, request.name)
        return resource_pb2.RegisterResourceResponse(urn=urn, id=request.name, object=outputs)


def main(plan: Path) -> None:
    """Declare every resource of the plan that a provider would make."""
    resources = json.loads(plan.read_text(encoding="utf-8"))["resources"]
    made = [each for each in resources if each["type"].startswith(("kubernetes:", "aws:"))]

    def program() -> None:
        for each in made:
            pulumi.CustomResource(each["type"], each["name"], each["inputs"])

    gc.disable()
    resource._get_stack_trace = source_pb2.StackTrace
    asyncio.run(_declared(program))
    os._exit(0)


async def _declared(program: Callable[[], None]) -> None:
    asyncio.get_running_loop().set_default_executor(AtOnce())
    nobody = cast(mocks.Mocks, None)  # the engine answers everything itself
    mocks.set_mocks(nobody, project="vigil", stack="prod", monitor=_Engine(nobody))
    settings.set_root_resource(cast(pulumi.Resource, None))  # the mocks make one, and so does run_in_stack
    await stack.run_in_stack(program)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
