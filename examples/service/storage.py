"""The database and the cache, imagined, and their metrics."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from examples.service.dependencies import reach
from examples.service.kit import Kit

QUERIES = (("select", "products"), ("insert", "orders"), ("select", "users"))
_LOOKUP_S = 0.002


class QueryFailed(Exception):
    """A query that the database refused."""


class Database:
    """A pool of connections to a database named `main`."""

    SIZE = 20

    def __init__(self, kit: Kit) -> None:
        self._kit, self._metrics, self._busy = kit, kit.metrics.storage, 0
        self._metrics.connections.labels(database="main").set_function(self._active)
        self._metrics.connections_max.labels(database="main").set(self.SIZE)
        for kind, table in QUERIES:  # a first failure is seen as an increase only from a zero
            self._metrics.query_errors.labels(query_type=kind, table=table)

    def _active(self) -> float:
        held = round(self.SIZE * self._kit.faults.value("database_connections"))
        return float(max(self._busy, held))

    @asynccontextmanager
    async def query(self, kind: str, table: str) -> AsyncIterator[None]:
        """Hold a connection while the block works with what the query brought. Raises DependencyDown or QueryFailed."""
        start = time.perf_counter()
        self._busy += 1
        try:
            with self._kit.tracer.start_as_current_span(f"{kind} {table}", attributes={"db.system.name": "example"}):
                await reach(self._kit, "database")
                await self._kit.wait(_LOOKUP_S)
                await asyncio.sleep(self._kit.faults.value("database_latency"))
                if self._kit.faults.strikes("database_errors", table):
                    raise QueryFailed(f"{kind} {table}: deadlock")
                yield
        except Exception:
            self._metrics.query_errors.labels(query_type=kind, table=table).inc()
            raise
        finally:
            self._busy -= 1
            self._metrics.query_duration.labels(query_type=kind, table=table).observe(time.perf_counter() - start)


class Cache:
    """The latest thousand values, in redis, under the name `products`."""

    NAME, SIZE, LATEST = "products", 1000, 500

    def __init__(self, kit: Kit) -> None:
        self._kit, self._metrics = kit, kit.metrics.storage
        self._values: OrderedDict[str, str] = OrderedDict()
        self._hits: deque[bool] = deque(maxlen=self.LATEST)

    async def get(self, key: str) -> str | None:
        """The value, or None where the cache has none. Raises DependencyDown."""
        await self._reach("get")
        found = None if self._kit.faults.strikes("cache_misses") else self._values.get(key)
        self._hits.append(found is not None)
        self._metrics.hit_ratio.labels(cache=self.NAME).set(sum(self._hits) / len(self._hits))
        self._count("get", "miss" if found is None else "hit")
        return found

    async def set(self, key: str, value: str) -> None:
        """Keep the value. Raises DependencyDown."""
        await self._reach("set")
        self._values[key] = value
        if len(self._values) > self.SIZE:
            self._values.popitem(last=False)
        self._count("set", "success")

    async def _reach(self, operation: str) -> None:
        try:
            await reach(self._kit, "redis")
        except Exception:
            self._count(operation, "error")
            raise

    def _count(self, operation: str, result: str) -> None:
        self._metrics.cache_operations.labels(cache=self.NAME, operation=operation, result=result).inc()
