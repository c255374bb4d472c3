"""What each further object of the Kubernetes half costs to render, at `size: large`.

Claim (issue 4, "Speed and size"): at most 3 ms an object. The objects are those that the parts of the half bring beyond
the least half there is (Prometheus, Alertmanager and Grafana), which pays for starting Python and loading the SDKs: in
the table they are the step from the first row to the second. Most are on Kubernetes, the rest are the roles on AWS that
the workloads run as. The third row says what many services add to that half: to what Prometheus watches rather than to
the objects, so it has no figure of its own.

The least that any program in Python could take for the same objects is measured in the same run: they are declared
once more by the Pulumi SDK alone, from the plan (`benchmarks/_sdk_alone.py`).

Seconds are processor time, the least of several runs that take turns, for the reasons that preview_scaling.py gives.
Beside it, in the same run, the rival: `helm template`, where the environment names a helm 3 program (HELM) and chart
folders with their dependencies in charts/: KPS_CHART, LOKI_CHART and JAEGER_CHART, of which any may be missing. Loki is
rendered as its distributed-values.yaml has it, which is what `large` runs. What helm pays for starting is measured with
a chart that has no object. Ends with status 1 when vigil misses the goal; the rival decides nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks._measured import Runs, machine, preview, resources, timed
from benchmarks.preview_scaling import project, service
from benchmarks.preview_time import RIVAL_OPTIONS, objects

ROUNDS = 7
GOAL_MS = 3.0
MANY_SERVICES = 300

LARGE: Mapping[str, Any] = {"vigil:kubernetes": {"eks_cluster": "large", "storage_class": "gp3", "size": "large"}}
LEAST: Mapping[str, Any] = {
    **LARGE,
    "vigil:prometheus": {"shards": 1},  # more need Thanos
    **{f"vigil:{part}": {"enabled": False} for part in ("thanos", "loki", "jaeger", "opentelemetry")},
    "vigil:exporters": dict.fromkeys(("blackbox", "cloudwatch", "kube_state_metrics", "kubelet", "node"), False),
    "vigil:access": None,
    **{f"vigil:{key}": None for key in ("sign_in", "sign_in_client_secret", "sign_in_cookie_secret")},
    "vigil:jaeger_storage_password": None,
}
"""The half without anything that can be off; what is written for a part that is off would be a mistake."""
WATCHING: Mapping[str, Any] = {**LARGE, "vigil:services": [service(2 * index) for index in range(MANY_SERVICES)]}
"""Every service on Kubernetes, where those of even number are."""

SDK_ALONE = "the SDK alone, "

HALVES: Mapping[str, Mapping[str, Any]] = {
    "vigil, least half": LEAST,
    "vigil, whole half": LARGE,
    f"vigil, and {MANY_SERVICES} services": WATCHING,
}
CHARTS: Mapping[str, tuple[str, Sequence[str]]] = {
    "kube-prometheus-stack": ("KPS_CHART", ()),
    "loki": (
        "LOKI_CHART",
        (
            "--values={chart}/distributed-values.yaml",
            "--set=minio.enabled=false,loki.storage.bucketNames.chunks=chunks,loki.storage.bucketNames.ruler=ruler",
        ),
    ),
    "jaeger": ("JAEGER_CHART", ()),
}
"""The variable that names a chart's folder, and what it has to be told."""
EMPTY_CHART = "apiVersion: v2\nname: empty\nversion: 0.1.0\n"

ROW = "{:<28} {:>8} {:>14} {:>8} {:>8} {:>14}"


@dataclass(frozen=True)
class Rendering:
    """What was rendered, how much of it is on Kubernetes, and how long that took in seconds."""

    name: str
    objects: int
    on_kubernetes: int
    seconds: float
    wall: float


def main() -> int:
    """Measure, print the table and the verdict, and return the exit status."""
    print(f"the Kubernetes half at size large, least of {ROUNDS} runs each; {machine()}")
    with tempfile.TemporaryDirectory() as folder:
        ours, alone, theirs = measured(Path(folder))
    least, whole, _ = ours
    print(ROW.format("", "objects", "on Kubernetes", "CPU s", "clock s", "ms an object"))
    for each in ours:
        print(row(each, least if each is whole else None))
    for each in alone:
        print(row(each, alone[0] if each is not alone[0] else None))
    for each in theirs:
        print(row(each, theirs[0] if each is not theirs[0] else None))
    if theirs:
        print(row(*together(theirs)))
    else:
        print("rival: not available (set HELM and KPS_CHART, LOKI_CHART, JAEGER_CHART)")
    cost = marginal_ms(least, whole)
    print(
        f"marginal cost {cost:.2f} ms an object (goal: at most {GOAL_MS:.0f}): {'MISSED' if cost > GOAL_MS else 'met'}"
    )
    return int(cost > GOAL_MS)


def measured(folder: Path) -> tuple[list[Rendering], list[Rendering], list[Rendering]]:
    """Our halves, the first two as the SDK alone declares them, and the rival's charts after the empty one (nothing
    where there is no rival). They take turns, so that what disturbs one disturbs all."""
    places = {name: project(folder / str(n), 0, changes) for n, (name, changes) in enumerate(HALVES.items())}
    alone = {SDK_ALONE + name.split(", ")[1]: place for name, place in list(places.items())[:2]}
    charts = rival(folder)
    commands: list[Sequence[str | Path]] = [
        *(preview(place, place / "build") for place in places.values()),
        # What they read is what the previews of the same round have written.
        *(by_sdk_alone(place / "build") for place in alone.values()),
        *charts.values(),
    ]
    runs = [Runs(each) for each in zip(*([timed(command) for command in commands] for _ in range(ROUNDS)), strict=True)]
    counts = [(resources(p / "build"), on_kubernetes(p / "build")) for p in (*places.values(), *alone.values())]
    counts += [(count, count) for count in map(helm_objects, charts.values())]
    found = [
        Rendering(name, *count, each.least_cpu, each.fastest)
        for name, count, each in zip([*places, *alone, *charts], counts, runs, strict=True)
    ]
    ours, theirs = len(places), len(places) + len(alone)
    return found[:ours], found[ours:theirs], found[theirs:]


def rival(folder: Path) -> dict[str, list[str]]:
    """The rival's commands by chart, the empty one first; none where the environment does not name helm and a chart."""
    helm = os.environ.get("HELM")
    named = {name: os.environ[key] for name, (key, _) in CHARTS.items() if os.environ.get(key)}
    if not helm or not named:
        return {}
    empty = folder / "empty"
    empty.mkdir()
    (empty / "Chart.yaml").write_text(EMPTY_CHART, encoding="utf-8")
    commands = {"helm, empty chart": [helm, "template", "empty", str(empty), *RIVAL_OPTIONS]}
    for name, chart in named.items():
        options = [option.format(chart=chart) for option in CHARTS[name][1]]
        commands[f"helm, {name}"] = [helm, "template", name, chart, *RIVAL_OPTIONS, *options]
    return commands


def on_kubernetes(output: Path) -> int:
    """How many Kubernetes objects the prod stack below `output` has."""
    listed = json.loads(plan(output).read_text(encoding="utf-8"))["resources"]
    return sum(1 for each in listed if each["type"].startswith("kubernetes:"))


def by_sdk_alone(output: Path) -> list[str | Path]:
    """The command that declares the prod stack below `output` by the SDK alone."""
    return [sys.executable, "-m", "benchmarks._sdk_alone", plan(output)]


def plan(output: Path) -> Path:
    """Where the prod stack's plan is below `output`."""
    return output / "prod" / "plan.json"


def helm_objects(command: Sequence[str]) -> int:
    """How many objects a command of helm renders."""
    return objects(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def together(charts: Sequence[Rendering]) -> tuple[Rendering, Rendering]:
    """The rival's charts, rendered one after the other, and what helm pays for starting that often."""
    empty, *full = charts

    def total(name: str, each: Sequence[Rendering]) -> Rendering:
        counts = (sum(one.objects for one in each), sum(one.on_kubernetes for one in each))
        return Rendering(name, *counts, sum(one.seconds for one in each), sum(one.wall for one in each))

    return total("helm, all of them", full), total(empty.name, [empty] * len(full))


def marginal_ms(before: Rendering, after: Rendering) -> float:
    """Milliseconds of processor time for each object that `after` has beyond `before`."""
    return (after.seconds - before.seconds) * 1000 / (after.objects - before.objects)


def row(each: Rendering, before: Rendering | None) -> str:
    """A line of the table, with the marginal cost since `before`."""
    cost = f"{marginal_ms(before, each):.2f}" if before else "-"
    return ROW.format(each.name, each.objects, each.on_kubernetes, f"{each.seconds:.2f}", f"{each.wall:.2f}", cost)


if __name__ == "__main__":
    sys.exit(main())
