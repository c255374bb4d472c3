"""How the time of `vigil preview` grows with the number of services.

Claim (issue 3, "Speed and size"): at most 3 ms more for each further resource, and linear from 10 to 1,000 services.

Half of the services are on Kubernetes with metrics and a probe, and every tenth of all sets an alert otherwise (such
an override compiles a further rule); the other half are on ECS, each of which brings two alarms. A real process renders
each stack. Seconds are processor time: rendering waits for nothing, so on idle cores that is the time on the clock, and
it is not lengthened by whatever else the machine does. Each point is the least of several runs that take turns, since
noise only ever adds. Steps of fewer than some fifty resources drown in what noise is left and decide nothing.

Linear means: the exponent p fitted to `time - fixed cost = b * (resources - fixed resources) ** p` is at most 1.35,
where the fixed cost is that of the same stack without services. The issue names no figure: no function is called more
often than in proportion (by profile), yet touching more memory costs a little more each time (1.0 to 1.26 were seen),
and n log n would be 1.2, quadratic 2. The marginal cost is held to its goal twice: from no service to the last point,
and over the last step, where a cost that grows would show. Ends with status 1 when a goal is missed.
"""

from __future__ import annotations

import math
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from alert_rules import yaml12
from benchmarks._measured import ROOT, Runs, machine, preview, resources, timed

SERVICES = (0, 10, 30, 100, 300, 1000)
ROUNDS = 5
GOAL_MS = 3.0
GOAL_EXPONENT = 1.35
TEAM_SIZE = 10
"""Services a team owns."""

CURVE_WIDTH = 60
ROW = "{:>9} {:>10} {:>8} {:>8} {:>16} {:>16}"


@dataclass(frozen=True)
class Point:
    """A stack of that size; seconds of processor time, and by the clock."""

    services: int
    resources: int
    seconds: float
    wall: float


def main() -> int:
    """Measure, print the table, the curve and the verdict, and return the exit status."""
    print(f"preview of growing stacks, least of {ROUNDS} runs each; {machine()}")
    points = measured()
    print(ROW.format("services", "resources", "CPU s", "clock s", "ms a resource", "since no service"))
    for before, point in zip([None, *points], points, strict=False):
        print(row(point, before, points[0]))
    print("\n".join(curve(points)))
    cost, power = marginal_ms(points[0], points[-1]), exponent(points)
    steepest = marginal_ms(points[-2], points[-1])
    missed = max(cost, steepest) > GOAL_MS or power > GOAL_EXPONENT
    print(f"marginal cost {cost:.2f} ms a resource, {steepest:.2f} at the large end (goal: at most {GOAL_MS:.0f})")
    print(f"growth with the power {power:.2f} of the resources (goal: at most {GOAL_EXPONENT})")
    print("MISSED" if missed else "met")
    return int(missed)


def measured() -> list[Point]:
    """A point for each number of services."""
    with tempfile.TemporaryDirectory() as folder:
        places = {number: project(Path(folder) / str(number), number) for number in SERVICES}
        rounds = [[timed(preview(place, place / "build")) for place in places.values()] for _ in range(ROUNDS)]
        counts = [resources(place / "build") for place in places.values()]
    runs = [Runs(each) for each in zip(*rounds, strict=True)]
    return [Point(n, c, r.least_cpu, r.fastest) for n, c, r in zip(SERVICES, counts, runs, strict=True)]


def project(folder: Path, number: int, changes: Mapping[str, Any] = MappingProxyType({})) -> Path:
    """A project in `folder` whose prod stack watches that number of services and sets the keys of `changes` otherwise;
    the rest is as committed. A change to None takes the key away."""
    folder.mkdir()
    for file in ("__main__.py", "Pulumi.yaml"):
        shutil.copy(ROOT / file, folder / file)
    content = yaml12.load((ROOT / "Pulumi.prod.yaml").read_text(encoding="utf-8"))
    config = {key: value for key, value in content["config"].items() if key != "vigil:maintenance"}
    own = {"vigil:services": [service(index) for index in range(number)], "vigil:resources": []}
    written = {key: value for key, value in {**config, **own, **changes}.items() if value is not None}
    (folder / "Pulumi.prod.yaml").write_text(yaml12.dump({"config": written}), encoding="utf-8")
    return folder


def service(index: int) -> dict[str, Any]:
    """A service of the stack file: on Kubernetes where `index` is even, on ECS where it is odd."""
    name = f"service-{index:04}"
    base = {"name": name, "team": f"team-{index // TEAM_SIZE:03}"}
    if index % 2:
        return {**base, "runs_on": {"ecs": {"cluster": "shop", "service": name}}}
    return {
        **base,
        "runs_on": {"kubernetes": {"namespace": f"shop-{index // TEAM_SIZE % 10}"}},
        "metrics": {"port": 8000 + index},
        "probe": {"port": 8000 + index},
        **({"alerts": {"HighErrorRate": {"threshold": "2%"}}} if index % 10 == 0 else {}),
    }


def marginal_ms(before: Point, after: Point) -> float:
    """Milliseconds of processor time for each resource that `after` has beyond `before`."""
    return (after.seconds - before.seconds) * 1000 / (after.resources - before.resources)


def exponent(points: Sequence[Point]) -> float:
    """The power of the further resources with which the further time grows; the first point is the fixed cost.

    A straight line through the logarithms. A point weighs by the square of its further time, since the same noise
    disturbs the logarithm of a long time less than that of a short one.
    """
    fixed = points[0]
    grown = [
        (p.resources - fixed.resources, p.seconds - fixed.seconds) for p in points[1:] if p.seconds > fixed.seconds
    ]
    weights = [seconds**2 for _, seconds in grown]
    xs, ys = [math.log(count) for count, _ in grown], [math.log(seconds) for _, seconds in grown]
    x_mean, y_mean = _mean(xs, weights), _mean(ys, weights)
    slope = _mean([(x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)], weights)
    return slope / _mean([(x - x_mean) ** 2 for x in xs], weights)


def _mean(values: Sequence[float], weights: Sequence[float]) -> float:
    return sum(value * weight for value, weight in zip(values, weights, strict=True)) / sum(weights)


def row(point: Point, before: Point | None, fixed: Point) -> str:
    """A line of the table; marginal costs since the point before and since the stack without services."""
    steps = [f"{marginal_ms(start, point):.2f}" if before and start else "-" for start in (before, fixed)]
    figures = (f"{point.seconds:.2f}", f"{point.wall:.2f}")
    return ROW.format(point.services, point.resources, *figures, *steps)


def curve(points: Sequence[Point]) -> list[str]:
    """A line a point: its bar, and `|` where the line from the first point to the last passes."""
    first, last = points[0], points[-1]
    lines = []
    for point in points:
        share = (point.resources - first.resources) / (last.resources - first.resources)
        straight = first.seconds + share * (last.seconds - first.seconds)
        bar = list("#" * _columns(point.seconds, last.seconds) + " " * CURVE_WIDTH)[: CURVE_WIDTH + 1]
        bar[_columns(straight, last.seconds)] = "|"
        lines.append(f"{point.resources:>9} {''.join(bar).rstrip()} {point.seconds:.2f} s")
    return ["resources (| is the straight line from the first point to the last)", *lines]


def _columns(seconds: float, longest: float) -> int:
    return round(CURVE_WIDTH * seconds / longest)


if __name__ == "__main__":
    sys.exit(main())
