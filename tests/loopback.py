"""Stand-ins for services, on loopback: HTTP servers in a thread of the test that never outlive it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class StandIn(BaseHTTPRequestHandler):
    """Base of a stand-in's handler of requests."""

    def body(self) -> bytes:
        """What the request brings."""
        return self.rfile.read(int(self.headers["Content-Length"]))

    def answer(self, content: bytes, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """Send the whole answer."""
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: a test's output is no access log."""


@contextmanager
def serving(handler: type[StandIn]) -> Iterator[str]:
    """Yield the address ("127.0.0.1:port") at which requests are handled until the block ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
