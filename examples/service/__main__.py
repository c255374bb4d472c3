"""Runs the service: HTTP, gRPC and the worker in one process.

python -m examples.service --port 8000 [--faults]
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import uvicorn

from examples.service import logs, rpc
from examples.service.app import create_app
from examples.service.state import VERSION, State, service_name
from examples.service.worker import Worker


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="examples.service", description="A service that vigil can watch.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (in a container: 0.0.0.0)")
    parser.add_argument("--port", type=int, default=8000, help="port of HTTP and of /metrics")
    parser.add_argument("--grpc-port", type=int, default=50051, help="port of gRPC; 0 takes any")
    parser.add_argument("--faults", action="store_true", help="let anybody who reaches the port set faults")
    parser.add_argument("--release", default=VERSION, help="version to tell, as if there were another")
    parser.add_argument("--emf", metavar="FILE", help="write CloudWatch metrics there; - is standard output")
    return parser.parse_args(arguments)


async def serve(given: argparse.Namespace, state: State) -> None:
    """Serve until a signal ends the HTTP side; then stop the rest."""
    # Logs are those of the root logger, and requests are told of by the middleware.
    http = uvicorn.Server(
        uvicorn.Config(create_app(state), host=given.host, port=given.port, log_config=None, access_log=False)
    )
    grpc_side, _ = rpc.server(state, f"{given.host}:{given.grpc_port}")
    await grpc_side.start()
    worker = asyncio.ensure_future(Worker(state).run())
    try:
        await http.serve()
    finally:
        worker.cancel()
        await grpc_side.stop(grace=5)
        state.spans.shutdown()


def main() -> None:
    """Run."""
    given = parsed()
    logs.configure(service_name())
    with ExitStack() as stack:
        emf = sys.stdout if given.emf == "-" else None
        if given.emf and emf is None:
            emf = stack.enter_context(Path(given.emf).open("a", encoding="utf-8"))
        asyncio.run(serve(given, State(faulty=given.faults, emf=emf, release=given.release)))


if __name__ == "__main__":
    main()
