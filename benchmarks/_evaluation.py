"""A Prometheus whose rules are exchanged while it runs, and what evaluating them takes."""

from __future__ import annotations

import json
import time
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks._rules import Observed, Side, rule_file

POLL = 3.0
"""Seconds between two looks at what was evaluated: less than any interval."""
RECENT = 900.0
"""Seconds for which a series counts as there after its last sample."""
_IDLE = 0.1
"""Cores that Prometheus may use and still count as idle."""

_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Evaluation:
    """A Prometheus at `url` that runs with the configuration `file` and --web.enable-lifecycle. Rules are evaluated
    once in `interval` seconds."""

    def __init__(self, url: str, file: Path, interval: int) -> None:
        self._url, self._file, self._interval = url, file, interval

    def turn(self, side: Side, seconds: float) -> None:
        """Has the side's rules evaluated for so many seconds, and then none. Raises RuntimeError where an evaluation
        fails or is missed: what it would have cost is not known."""
        self._load(rule_file(side.rules, self._interval))
        before, start = self._metric("process_cpu_seconds_total"), time.monotonic()
        times: dict[tuple[str, int], dict[str, float]] = {}
        while time.monotonic() < start + seconds:
            time.sleep(POLL)
            self._look(times)
        clock, cpu = time.monotonic() - start, self._metric("process_cpu_seconds_total") - before
        for what in ("prometheus_rule_evaluation_failures_total", "prometheus_rule_group_iterations_missed_total"):
            if count := self._metric(what):
                raise RuntimeError(f"{what} is {count:.0f} for {side.name}: the run says nothing")
        produced = self._metric("prometheus_rule_group_last_evaluation_samples")
        ordered = {rule: [seen[moment] for moment in sorted(seen)] for rule, seen in times.items()}
        side.seen.append(Observed(ordered, clock, cpu, produced))
        side.found = {selector: self.finds(selector) for selector in {read.selector for read in side.reads}}
        self._load("groups: []\n")

    def finds(self, selector: str) -> bool:
        """Whether the selector finds a series of late."""
        now = time.time()
        return bool(self._api("series", **{"match[]": selector, "limit": 1, "start": now - RECENT, "end": now}))

    def series(self) -> int:
        """How many series there are in memory."""
        return round(self._metric("prometheus_tsdb_head_series"))

    def settle(self, patience: float = 300.0) -> None:
        """Returns when Prometheus has put its blocks in order, or after so many seconds."""
        deadline, used = time.monotonic() + patience, float("inf")
        while used > _IDLE and time.monotonic() < deadline:
            before = self._metric("process_cpu_seconds_total")
            time.sleep(10)
            used = (self._metric("process_cpu_seconds_total") - before) / 10

    def _look(self, times: dict[tuple[str, int], dict[str, float]]) -> None:
        for group in self._api("rules", exclude_alerts="true")["groups"]:
            for index, rule in enumerate(group["rules"]):
                if rule["health"] == "err":
                    raise RuntimeError(f"{rule['name']} of group {group['name']}: {rule['lastError']}")
                if rule["health"] == "ok":
                    seen = times.setdefault((group["name"], index), {})
                    seen[rule["lastEvaluation"]] = rule["evaluationTime"]

    def _load(self, rules: str) -> None:
        self._file.with_name("rules.yaml").write_text(rules, encoding="utf-8")
        _opener.open(urllib.request.Request(f"{self._url}/-/reload", method="POST"), timeout=300).close()

    def _api(self, path: str, **parameters: object) -> Any:
        return json.loads(self._get(f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}"))["data"]

    def _metric(self, name: str) -> float:
        """The sum of a metric of Prometheus about itself."""
        lines = self._get("/metrics").splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith((f"{name} ", f"{name}{{")))

    def _get(self, path: str) -> str:
        with _opener.open(self._url + path, timeout=300) as answer:
            return str(answer.read().decode())


def configuration(folder: Path) -> Path:
    """The file of a configuration that scrapes nothing and has no rules yet."""
    (folder / "rules.yaml").write_text("groups: []\n", encoding="utf-8")
    file = folder / "prometheus.yaml"
    file.write_text("rule_files: [rules.yaml]\n", encoding="utf-8")
    return file
