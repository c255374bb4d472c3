"""The example service under load, watched by a real Prometheus with vigil's own rules: each fault makes the alerts on it
fire, and without faults none does.

Time is short: windows are of seconds, and what waits or holds for minutes or hours does so for seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from alert_rules import yaml12
from alert_rules.lint import needed_exporters
from alert_rules.loader import builtin
from alert_rules.model import PrometheusAlert
from alert_rules.promql import looks_back
from alert_rules.quantities import Quantity, Unit
from tests.validators import servers
from tests.validators.binaries import ROOT
from tests.validators.process import HttpServer, flags, free_port, started

pytestmark = pytest.mark.validators

FAULTS: Mapping[str, tuple[Mapping[str, float | None], frozenset[str]]] = {
    "well": ({}, frozenset()),
    "failing": (
        dict.fromkeys(
            ("errors", "grpc_errors", "ai_errors", "queue_errors", "transactions_failing", "database_errors"), None
        ),
        frozenset(
            {
                "HighErrorRate",
                "HighGrpcErrorRate",
                "AIRequestFailures",
                "ModelRequestFailures",
                "QueueProcessingErrors",
                "TransactionsFailing",
                "DatabaseQueryErrors",
            }
        ),
    ),
    "slow": (
        {"latency": 2, "grpc_latency": 2, "ai_latency": 2, "database_latency": 1},
        frozenset(
            {"HighResponseTime", "HighGrpcResponseTime", "AIRequestsSlow", "ModelInferenceSlow", "DatabaseQueriesSlow"}
        ),
    ),
    "stuck": (
        dict.fromkeys(("queue_stuck", "pipeline_stuck", "job_stuck", "sync_stuck", "cache_misses"), None),
        frozenset(
            {
                "QueueNotDraining",
                "QueueMessagesOld",
                "DataPipelineStalled",
                "BatchJobOverdue",
                "CacheHitRatioLow",
                "BlockSyncStalled",
            }
        ),
    ),
    "bad": (
        {
            **dict.fromkeys(("redis_down", "database_connections", "prediction_drift", "data_quality")),
            "sync_lag": 100,
            "memory": 300e6,
        },
        frozenset(
            {
                "DependencyDown",
                "DatabaseConnectionsExhausted",
                "PredictionErrorHigh",
                "DataQualityLow",
                "DataPipelineErrors",
                "HighMemoryUsage",
            }
        ),
    ),
}
"""What is wrong with each of the services, and every alert that is about it. Other alerts on the same may fire."""

THRESHOLDS = {
    "QueueMessagesOld": 15.0,
    "DataPipelineStalled": 15.0,
    "AIRequestsSlow": 1.0,
    "ModelInferenceSlow": 1.0,
    "HighMemoryUsage": 250e6,
}
"""Figures that would take too long, or too much memory, to reach; in seconds and bytes."""

WINDOW, FACTOR = 20.0, 1.5
"""Seconds of every window; and after how many intervals (of a minute, the service's job) a job is overdue."""

PAST = 7200.0
"""Seconds of the past that an alert may ask for, by its shortened figures: those that need weeks are not tried here."""

NOT_HERE = {"HighCPUUsage", "MemoryGrowing", "BatchJobFailing"}
"""Alerts that two cores shared by many tests raise by themselves, or that take hours."""

HOLD = "15s"
"""For how long each condition must hold: of the first samples of a service, a queue that is worked off is not yet seen."""

PATIENCE = 240.0
"""Seconds in which every alert has fired."""


def watched() -> list[PrometheusAlert]:
    """The alerts on what services export, which need no past."""
    return [
        alert
        for alert in builtin().prometheus
        if needed_exporters(alert) == {"application"} and looks_back(_sped_up(alert)) <= PAST
        if alert.name not in NOT_HERE
    ]


def rules() -> dict[str, object]:
    """The rules of those alerts with short windows and low figures."""
    return {
        "groups": [
            {
                "name": "alerts",
                "rules": [{"alert": alert.name, "expr": _sped_up(alert), "for": HOLD} for alert in watched()],
            }
        ]
    }


def _sped_up(alert: PrometheusAlert) -> str:
    values = {
        name: Quantity(WINDOW, value.unit, "") if value.unit is Unit.WINDOW else value
        for name, value in alert.defaults.items()
    }
    if alert.name in THRESHOLDS:
        values["threshold"] = Quantity(THRESHOLDS[alert.name], values["threshold"].unit, "")
    if alert.name == "BatchJobOverdue":
        values["factor"] = Quantity(FACTOR, Unit.SCORE, "")
        values["window"] = Quantity(600, Unit.WINDOW, "")
    if alert.name == "DataPipelineStalled":
        values["history"] = Quantity(600, Unit.WINDOW, "")
    return alert.query(values, 'service!=""')


def configuration(targets: Mapping[str, str]) -> dict[str, object]:
    """Prometheus scrapes each service every second."""
    return {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "scrape_configs": [
            {
                "job_name": name,
                "static_configs": [{"targets": [target], "labels": {"service": name, "team": "shop"}}],
            }
            for name, target in targets.items()
        ],
    }


AT_WORK = (
    "blockchain_block_height",
    "data_pipeline_last_success_timestamp_seconds",
    "batch_job_last_success_timestamp_seconds",
)
"""What is 0, or not there, until the service has done for the first time what a fault then keeps it from doing again."""


def has_worked(server: HttpServer) -> bool:
    """Whether the service answers and everything that can get stuck has once been done."""
    if not server.answers("/liveness"):
        return False
    lines = server.text("/metrics").splitlines()
    done = {name for name in AT_WORK for line in lines if line.startswith(name) and float(line.rsplit(" ", 1)[1]) > 0}
    return done == set(AT_WORK)


@contextmanager
def service(faults: Mapping[str, float | None], home: Path) -> Iterator[HttpServer]:
    """The service with those faults, under load; the output of both is kept in `home`."""
    port, grpc = free_port(), free_port()
    server = HttpServer(f"127.0.0.1:{port}")
    ports = {"port": port, "grpc-port": grpc}
    at_work = partial(has_worked, server)
    with program("examples.service", *flags(ports), "--faults", home=home, ready=at_work):
        for name, value in faults.items():
            server.post(f"/faults/{name}" + ("" if value is None else f"?value={value:.12g}"))
        load = flags({"target": server.url, "grpc": f"127.0.0.1:{grpc}", "rps": 20})
        with program("examples.service.load", *load, home=home):
            yield server


def program(
    module: str, *arguments: str, home: Path, ready: Callable[[], bool] = lambda: True
) -> AbstractContextManager[None]:
    """A module of the example service as a process that ends with the block."""
    command = [sys.executable, "-m", module, *arguments]
    return started(module, command, folder=ROOT, log=home / f"{module}.log", ready=ready, patience=PATIENCE)


def firing(prometheus: HttpServer) -> dict[str, set[str]]:
    """The alerts that fire, by service."""
    found: dict[str, set[str]] = {name: set() for name in FAULTS}
    for alert in prometheus.get("/api/v1/alerts")["data"]["alerts"]:
        if alert["state"] == "firing":
            found[alert["labels"]["service"]].add(alert["labels"]["alertname"])
    return found


def missing(seen: Mapping[str, set[str]]) -> dict[str, Sequence[str]]:
    """The alerts that have not fired though their fault is on, by service."""
    return {name: sorted(expected - seen[name]) for name, (_, expected) in FAULTS.items() if expected - seen[name]}


@pytest.mark.xdist_group("example service")
def test_each_fault_makes_its_alerts_fire_and_a_service_without_one_is_silent(tmp_path: Path) -> None:
    with ExitStack() as stack:
        targets = {}
        for name, (faults, _) in FAULTS.items():
            (home := tmp_path / name).mkdir()
            targets[name] = stack.enter_context(service(faults, home)).address
        (tmp_path / "rules.yaml").write_text(yaml12.dump(rules()))
        (tmp_path / "prometheus.yaml").write_text(yaml12.dump(configuration(targets)))
        prometheus = stack.enter_context(servers.prometheus(tmp_path / "prometheus.yaml"))
        seen: dict[str, set[str]] = {name: set() for name in FAULTS}
        deadline = time.monotonic() + PATIENCE
        while missing(seen) and time.monotonic() < deadline:
            time.sleep(1)
            for name, alerts in firing(prometheus).items():
                seen[name] |= alerts
        groups = prometheus.get("/api/v1/rules")["data"]["groups"]
    assert missing(seen) == {}
    assert seen["well"] == set()
    faulty = {rule["name"]: rule["lastError"] for group in groups for rule in group["rules"] if rule.get("lastError")}
    assert faulty == {}


def test_every_fault_of_the_test_is_about_an_alert_that_is_watched() -> None:
    expected = frozenset().union(*(alerts for _, alerts in FAULTS.values()))
    assert expected <= {alert.name for alert in watched()}
