"""Declares what a plan.json lists by nothing but the Pulumi SDK, under the SDK's own mocks: no program that declares
those resources can be quicker.

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
from pulumi.runtime import mocks, resource, settings, stack
from pulumi.runtime.proto import source_pb2


class _Echo(mocks.Mocks):
    """Every resource is as it was declared."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return args.name, args.inputs

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise NotImplementedError(args.token)


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
    mocks.set_mocks(_Echo(), project="vigil", stack="prod")
    settings.set_root_resource(cast(pulumi.Resource, None))  # the mocks make one, and so does run_in_stack
    await stack.run_in_stack(program)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
