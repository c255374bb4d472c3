"""How long a warm `vigil preview --stack prod` takes, as a person waits for it.

Claim (issue 3, "Speed and size"): at most 3 s on 2 cores, the median of seven real processes after two that warm the
byte code and the file cache. Beside it, in the same run, the rival: `helm template` of kube-prometheus-stack, where the
environment names a helm 3 program (HELM) and a chart folder with its dependencies in charts/ (KPS_CHART). The two are
compared by milliseconds a rendered object. Ends with status 1 when vigil's median is over; the rival decides nothing.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from alert_rules import yaml12
from benchmarks._measured import ROOT, Run, Runs, machine, preview, resources, timed

GOAL_S = 3.0
RUNS = 7
WARM_UPS = 2
# A helm built from its module takes the cluster for Kubernetes 1.20, which the chart refuses.
RIVAL_OPTIONS = ("--namespace", "monitoring", "--kube-version", "1.35.0")
ROW = "{:<36} {:>8} {:>10} {:>8} {:>10} {:>14}"


def rival() -> list[str] | None:
    """The rival's command, or None where the environment does not say where it is."""
    helm, chart = os.environ.get("HELM"), os.environ.get("KPS_CHART")
    return [helm, "template", "kps", chart, *RIVAL_OPTIONS] if helm and chart else None


def objects(manifests: str) -> int:
    """How many Kubernetes objects a stream of manifests holds, those of a List counted each."""
    documents = [document for document in yaml12.load_all(manifests) if document]
    return sum(len(document.get("items") or ()) if document["kind"].endswith("List") else 1 for document in documents)


def measured(commands: Sequence[Sequence[str | Path]]) -> list[Runs]:
    """The runs of each command. They take turns, so that what disturbs one disturbs all."""
    rounds: list[list[Run]] = [[timed(command) for command in commands] for _ in range(WARM_UPS + RUNS)]
    return [Runs(each) for each in zip(*rounds[WARM_UPS:], strict=True)]


def row(name: str, runs: Runs, count: int) -> str:
    """A line of the table: seconds, and milliseconds an object."""
    seconds = (f"{runs.wall:.2f}", f"{runs.fastest:.2f}", f"{runs.user:.2f}")
    return ROW.format(name, count, *seconds, f"{runs.wall / count * 1000:.1f}")


def main() -> int:
    """Measure, print the table and return the exit status."""
    print(f"warm preview of prod, median of {RUNS} after {WARM_UPS} warm-ups; {machine()}")
    other = rival()
    with tempfile.TemporaryDirectory() as folder:
        runs = measured([preview(ROOT, Path(folder)), *([other] if other else [])])
        count = resources(Path(folder))
    print(ROW.format("", "objects", "median s", "min s", "user CPU s", "ms an object"))
    print(row("vigil preview", runs[0], count))
    if other:
        rendered = subprocess.run(other, capture_output=True, text=True, check=True).stdout
        print(row("helm template kube-prometheus-stack", runs[1], objects(rendered)))
    else:
        print("rival: not available (set HELM and KPS_CHART)")
    late = runs[0].wall > GOAL_S
    print(f"goal: at most {GOAL_S:.0f} s: {'MISSED' if late else 'met'}")
    if runs[0].disturbed:
        print("other processes were using the cores: an idle machine is faster than this by the clock")
    return int(late)


if __name__ == "__main__":
    sys.exit(main())
