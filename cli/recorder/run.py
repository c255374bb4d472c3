"""Runs a Pulumi program under the recording monitor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Any, cast

import pulumi
from pulumi import _types
from pulumi.runtime import config, mocks, resource
from pulumi.runtime.proto import source_pb2
from pulumi.runtime.settings import SETTINGS, set_root_resource
from pulumi.runtime.stack import run_in_stack

from cli.recorder.monitor import Monitor
from cli.recorder.record import Recording

PROJECT = "vigil"
NO_ACCOUNT = "000000000000"


def record(
    program: Callable[[], None],
    *,
    stack: str,
    settings: Mapping[str, str],
    secret_keys: tuple[str, ...] = (),
    account: str = NO_ACCOUNT,
    region: str = "eu-west-1",
) -> Recording:
    """Everything that `program` declares as stack `stack` with these configuration values (keys with their namespace).

    Nothing outside the process is asked. Raises Violation for what a real engine would refuse or a provider would get
    wrong silently, and whatever the program itself raises.
    """
    monitor = Monitor(project=PROJECT, stack=stack, account=account, region=region)
    # Text made from an Output is prose, not its value; this makes the SDK raise instead.
    os.environ["PULUMI_ERROR_OUTPUT_STRING"] = "true"
    loop = asyncio.new_event_loop()
    loop.set_default_executor(AtOnce())
    asyncio.set_event_loop(loop)
    try:
        mocks.set_mocks(monitor.mocks, project=PROJECT, stack=stack, preview=False, monitor=monitor)
        _forget_earlier_runs()
        # run_in_stack makes a root of its own, as under the real engine.
        set_root_resource(cast(pulumi.Resource, None))
        config.set_all_config(dict(settings), list(secret_keys))
        with _without_needless_work():
            loop.run_until_complete(run_in_stack(lambda: _observed(program, monitor)))
    except (AttributeError, TypeError) as failure:
        if "'str' object has no attribute" in str(failure) or "string indices" in str(failure):
            failure.add_note(_NOT_READ_BACK)
        raise
    finally:
        loop.close()
        asyncio.set_event_loop(None)
    return monitor.close()


_NOT_READ_BACK = (
    "To the recorder, an output that it does not know is text, and so is all of a Kubernetes object but its metadata: "
    "nothing of it can be read back."
)


class AtOnce(ThreadPoolExecutor):
    """Calls what it is given where it stands, as the SDK asks the engine in threads and nobody here makes it wait."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as failure:  # noqa: BLE001 - whatever it is, who awaits the result is told
            done.set_exception(failure)
        return done


def _forget_earlier_runs() -> None:
    """A run that failed leaves its pending outputs behind, tied to an event loop that is closed by now."""
    SETTINGS.outputs.clear()
    SETTINGS.rpc_manager.clear()


@contextmanager
def _replaced(module: ModuleType, **replacements: object) -> Iterator[None]:
    """The module with these functions in the place of its own."""
    originals = {name: getattr(module, name) for name in replacements}
    try:
        for name, replacement in replacements.items():
            setattr(module, name, replacement)
        yield
    finally:
        for name, original in originals.items():
            setattr(module, name, original)


@contextmanager
def _without_needless_work() -> Iterator[None]:
    """The SDK sends the engine a stack trace with each resource, at a third of the cost of recording one; nobody here
    reads it. And it takes the types of outputs apart for each value of each resource, though each Deployment has the
    same."""
    apart = {name: cache(getattr(_types, name)) for name in ("unwrap_type", "unwrap_optional_type")}
    with _replaced(resource, _get_stack_trace=source_pb2.StackTrace), _replaced(_types, **apart):
        yield


def _observed(program: Callable[[], None], monitor: Monitor) -> None:
    pulumi.runtime.register_stack_transformation(monitor.observe)
    program()
