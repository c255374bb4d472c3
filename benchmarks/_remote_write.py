"""Prometheus' remote write, version 1: protobuf messages in snappy's block format, posted over one connection.

Snappy may hold everything as one literal, which costs the receiver next to nothing and needs no library here.
"""

from __future__ import annotations

import http.client
import struct
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

BODY = 4 << 20
"""Bytes of a request before a new one is begun: some thousands of series, and far below what Prometheus takes."""

_AHEAD = 2
"""Requests that may wait for their turn."""

_HEADERS = {
    "Content-Type": "application/x-protobuf",
    "Content-Encoding": "snappy",
    "X-Prometheus-Remote-Write-Version": "0.1.0",
}
_LONG_LITERAL = bytes([63 << 2])
"""The tag of a literal whose length less one follows in four bytes."""


def varint(number: int) -> bytes:
    """The number, not negative, in seven bits a byte, the lowest first."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    found.append(number)
    return bytes(found)


def labels(pairs: Mapping[str, str]) -> bytes:
    """The labels as part of a TimeSeries message; those without a value are left out, as Prometheus does."""
    return b"".join(_field(1, _field(1, k.encode()) + _field(2, v.encode())) for k, v in pairs.items() if v)


def samples(times: Sequence[int], values: Iterable[float]) -> bytes:
    """The samples as part of a TimeSeries message; times in seconds since 1970."""
    return b"".join(
        _field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(time * 1000))
        for time, value in zip(times, values, strict=True)
    )


def series(*parts: bytes) -> bytes:
    """One series as part of a WriteRequest message: its labels and samples."""
    content = b"".join(parts)
    return b"\x0a" + varint(len(content)) + content


def snappy(content: bytes) -> bytes:
    """The content, which is not empty, in snappy's block format as one literal."""
    return varint(len(content)) + _LONG_LITERAL + struct.pack("<I", len(content) - 1) + content


class Writer:
    """Posts series to a Prometheus at "host:port" that runs with --web.enable-remote-write-receiver: in the order in
    which they are given, while the next are being made. Raises RuntimeError where Prometheus refuses them. To be closed
    by `with`."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address, timeout=300)
        self._worker = ThreadPoolExecutor(1)
        self._posts: deque[Future[None]] = deque()
        self._pending: list[bytes] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._worker.shutdown()
        self._connection.close()

    def add(self, content: bytes) -> None:
        """Takes what `series` returns; posts when there is enough."""
        self._pending.append(content)
        self._size += len(content)
        if self._size >= BODY:
            self._begin()

    def flush(self) -> None:
        """Returns when everything has arrived."""
        if self._pending:
            self._begin()
        while self._posts:
            self._posts.popleft().result()
        # Prometheus ends a connection on which nothing comes for five minutes; the next request opens another.
        self._connection.close()

    def _begin(self) -> None:
        body, self._pending, self._size = b"".join(self._pending), [], 0
        self._posts.append(self._worker.submit(self._post, body))
        if len(self._posts) > _AHEAD:
            self._posts.popleft().result()

    def _post(self, body: bytes) -> None:
        self._connection.request("POST", "/api/v1/write", snappy(body), _HEADERS)
        answer = self._connection.getresponse()
        text = answer.read().decode(errors="replace")
        if answer.status >= 300:
            raise RuntimeError(f"Prometheus refused samples with {answer.status}: {text[:500]}")


def _field(number: int, content: bytes) -> bytes:
    """A field that has a length: a message or a text."""
    return bytes([number << 3 | 2]) + varint(len(content)) + content
