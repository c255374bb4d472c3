"""The switchboard of faults: what can be made to go wrong, and how much of it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

DEPENDENCIES = ("database", "redis", "external", "model")


@dataclass(frozen=True)
class Fault:
    """What a fault does, how much of it there is where nobody says, and the most that is taken."""

    does: str
    default: float = 1
    most: float = 1


MIB = 2**20

FAULTS: Mapping[str, Fault] = {
    "errors": Fault("share of requests that fail with 500", 0.5),
    "latency": Fault("seconds that every request takes longer", 1.5, 60),
    "grpc_latency": Fault("seconds that every gRPC call takes longer", 1.5, 60),
    "grpc_errors": Fault("share of gRPC calls that end with Internal", 0.5),
    "memory": Fault("bytes held in memory, taken 64 MiB a second", 256 * MIB, 64 * 1024 * MIB),
    "memory_leak": Fault("bytes that are lost a second", MIB, 64 * MIB),
    "cpu": Fault("share of every core that is burnt", 0.95),
    "file_descriptors": Fault("share of the limit of open files that is held", 0.9, 0.95),
    **{f"{name}_down": Fault(f"{name} does not answer: on") for name in DEPENDENCIES},
    "dependency_hang": Fault("seconds that every dependency takes to answer", 5, 600),
    "database_errors": Fault("share of queries that fail", 0.5),
    "database_connections": Fault("share of the pool's connections in use", 0.95),
    "database_latency": Fault("seconds that every query takes longer", 1.5, 60),
    "cache_misses": Fault("share of look-ups that miss", 0.9),
    "queue_stuck": Fault("nothing is taken from the queue: on"),
    "queue_errors": Fault("share of messages that cannot be processed", 0.5),
    "job_failing": Fault("the batch job fails: on"),
    "job_stuck": Fault("the batch job does not run: on"),
    "pipeline_stuck": Fault("the data pipeline delivers nothing: on"),
    "data_quality": Fault("share of records that are bad", 0.2),
    "ai_errors": Fault("share of requests to AI providers and models that fail", 0.5),
    "ai_latency": Fault("seconds that every request to an AI provider or model takes longer", 20, 600),
    "prediction_errors": Fault("share of predictions that fail", 0.5),
    "prediction_drift": Fault("relative error by which predictions miss", 0.5, 10),
    "engine_red": Fault("health score of an engine in state red", 2, 100),
    "sync_lag": Fault("blocks that the service is behind", 100, 1_000_000),
    "sync_stuck": Fault("the service takes in no block: on"),
    "transactions_failing": Fault("share of transactions that fail", 0.5),
    "transactions_stuck": Fault("no transaction is confirmed: on"),
    "log_errors": Fault("error lines a second", 5, 1000),
    "log_flood": Fault("bytes of logs a second", 2 * MIB, 64 * MIB),
    "panic": Fault("lines a second with which a program dies", 1, 10),
    "silence": Fault("no line is logged: on"),
}


class Faults:
    """Which faults are on, and how much of each there is. A share strikes evenly, each kind of what it strikes by
    itself: a half, for example, every second request of each route."""

    def __init__(self) -> None:
        self._on: dict[str, float] = {}
        self._owed: dict[tuple[str, str], float] = {}

    def set(self, name: str, value: float | None = None) -> float:
        """Turn the fault on and return how much of it there is now. Raises KeyError for one that there is not, and
        ValueError for a value that is not above 0 and at most what it takes; both with what is allowed."""
        fault = known(name)
        value = fault.default if value is None else value
        if not 0 < value <= fault.most:
            raise ValueError(f"{name} takes a value above 0 and at most {fault.most:g} ({fault.does}); got {value:g}")
        self._on[name] = value
        return value

    def clear(self, name: str) -> None:
        """Turn the fault off. Raises KeyError for one that there is not."""
        known(name)
        self._on.pop(name, None)

    def value(self, name: str) -> float:
        """How much of the fault there is; 0 while it is off. Raises KeyError for one that there is not."""
        known(name)
        return self._on.get(name, 0.0)

    def strikes(self, name: str, kind: str = "") -> bool:
        """Whether a fault that is a share strikes this time something of that kind."""
        if not (share := self.value(name)):
            self._owed.pop((name, kind), None)
            return False
        owed = self._owed.get((name, kind), 0.0) + share
        strikes = owed > 1 - 1e-9  # ten tenths are a little less than one
        self._owed[name, kind] = owed - strikes
        return strikes

    def on(self) -> dict[str, float]:
        """How much there is of each fault that is on."""
        return dict(self._on)


def known(name: str) -> Fault:
    """The fault of that name. Raises KeyError with the nearest name."""
    if name in FAULTS:
        return FAULTS[name]
    near = difflib.get_close_matches(name, FAULTS, n=1, cutoff=0.3)
    raise KeyError(f"no fault {name!r}" + (f"; did you mean {near[0]}?" if near else ""))
