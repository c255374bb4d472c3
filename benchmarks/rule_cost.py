"""What evaluating vigil's rules costs Prometheus, beside the default rules of kube-prometheus.

Claim (issue 5, "Speed and size"): over 1,000 services and a million series, at most half of the rival's time an alert.

The rival is the PrometheusRule manifests of kube-prometheus, which hold kubernetes-mixin's rules among others, from the
folder that KUBE_PROMETHEUS names. Ours are those of a prod stack at its own size (medium: a pair of Prometheus, each of
which evaluates every rule) with that many services on Kubernetes, all with an availability and a latency objective.

One real Prometheus evaluates both on the same series, in turns. The series are made up: every application metric of
alert_rules/metrics.yaml on three instances of every service (a service of all kinds at once, so none of our rules is
cheap for want of data), and the Kubernetes objects, containers, nodes and control plane that belong to them, with the
labels that either side selects by. Samples are 30 s apart, and go as far back as a rule reads: the requests of one and
two weeks ago, three days of the API server, two weeks of what the objectives record. A rule whose selectors find
nothing costs nothing, so 19 in 20 rules of each side must find series with every selector, or the run is void; and so
it is if an evaluation fails or is missed. Few alerts fire.

A rule's cost is the median time of an evaluation on the clock. For the measurement every group is evaluated once in
INTERVAL seconds, so that two cores are not asked for more than they have; what it costs a minute is reckoned from the
interval that its group has: its own, or else our 15 s for both sides, by which the verdict goes. The line "as deployed"
gives the rival the 30 s that its operator sets by default; "a cycle" evaluates every group once. Whatever else the
machine does lengthens the clock, so the same is given in processor time: by what Prometheus used in a side's turns for
each second of evaluation. The verdict goes by the worse of the two ratios. Ends with status 1 when the goal is missed.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from alert_rules.timing import EVALUATION_INTERVAL
from benchmarks._cluster import cluster, settings
from benchmarks._evaluation import Evaluation, configuration
from benchmarks._load import Load, write_all
from benchmarks._measured import machine, preview, timed
from benchmarks._remote_write import Writer
from benchmarks._rules import MINUTE, Cost, Side, costs, finding, rules_in
from benchmarks._series import blocks, number_read, recorded_blocks
from benchmarks.preview_scaling import project
from tests.validators.binaries import BIN
from tests.validators.servers import prometheus

SERVICES = 1000
ROUNDS = 2
TURN = 400
"""Seconds of a side's turn: two evaluations of each group."""
INTERVAL = 180
"""Seconds between two evaluations while measuring: more than any group takes, on cores that others use as well."""
PATIENCE = "20m"
"""What Prometheus gives an evaluation. At its own two minutes a rule that takes longer would fail, and nobody would
learn how long."""
GOAL = 0.5
LEAST_FINDING = 0.95
DAYS = 15
"""For which Prometheus keeps samples in prod; what is read from before is not there in earnest either."""
AHEAD = 570
"""Seconds into the future for which Prometheus takes samples, less some for the way there."""
SPARE = 30
"""Seconds of samples beyond a turn, for what else it takes."""
RIVAL_INTERVAL = 30.0
"""Seconds between two evaluations that the Prometheus operator sets by default."""
SHOWN = 25

TOP = "{:>8} {:>6} {:>7}  {:<30} {}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the tables and the verdict, and return the exit status."""
    options = _options().parse_args(arguments)
    if not (BIN / "prometheus").exists():
        sys.exit(f"no prometheus in {BIN}: run `make tools`")
    print(f"rules over {options.services} services, {options.rounds} turns of each side; {machine()}")
    with tempfile.TemporaryDirectory(prefix="vigil-rule-cost-") as folder:
        sides = [ours(Path(folder), options.services), *rival(os.environ.get("KUBE_PROMETHEUS"))]
        measure(Path(folder), sides, options)
    found = [costs(side) for side in sides]
    print("\n".join(table(sides, found)))
    for side, each in zip(sides, found, strict=True):
        print("\n".join(costliest(side, each)))
    void = [side.name for side in sides if finding(side) < LEAST_FINDING]
    if void:
        raise RuntimeError(f"too few rules find series, the run is void: {', '.join(void)}")
    if len(sides) == 1:
        print("rival: not available (set KUBE_PROMETHEUS to a checkout of kube-prometheus)")
        return 0
    clock = an_alert(sides[0], found[0]) / an_alert(sides[1], found[1])
    cpu = clock * processor(sides[0]) / processor(sides[1])
    missed = max(clock, cpu) > GOAL
    print(f"an alert costs {clock:.2f} of the rival's on the clock, {cpu:.2f} in processor time (goal: at most {GOAL})")
    print("MISSED" if missed else "met")
    return int(missed)


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--services", type=int, default=SERVICES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--days", type=int, default=DAYS, help="how much of the past is made up at most")
    parser.add_argument("--turn", type=int, default=TURN, choices=range(1, AHEAD - 90), metavar="SECONDS")
    parser.add_argument("--interval", type=int, default=INTERVAL, metavar="SECONDS", help="between evaluations")
    return parser


def ours(folder: Path, services: int) -> Side:
    """The rules that `vigil preview` mounts into the Prometheus of a prod stack with that many services."""
    timed(preview(project(folder / "project", 0, {"vigil:services": settings(services)}), folder / "build"))
    mounted = folder / "build/prod/mounted/prometheus/etc/prometheus/rules"
    return Side("vigil", EVALUATION_INTERVAL, rules_in([*mounted.glob("*.yaml")]))


def rival(checkout: str | None) -> list[Side]:
    """The rules of kube-prometheus; nothing where there is no checkout. Raises RuntimeError where it has no rules."""
    if not checkout:
        return []
    rules = rules_in([*Path(checkout, "manifests").glob("*-prometheusRule.yaml")])
    if not rules:
        raise RuntimeError(f"no manifests/*-prometheusRule.yaml in {checkout}")
    return [Side("kube-prometheus", RIVAL_INTERVAL, rules)]


def measure(folder: Path, sides: Sequence[Side], options: argparse.Namespace) -> None:
    """Makes the series up, has the sides' rules evaluated in turns, and notes at each side what was seen."""
    read = [each for side in sides for each in side.reads]
    recorded = {name: seconds for side in sides for name, seconds in side.recorded.items()}
    made, file = cluster(options.services), configuration(folder)
    kept, patient = f"--storage.tsdb.retention.time={DAYS}d", f"--query.timeout={PATIENCE}"
    flags = ("--web.enable-remote-write-receiver", kept, patient)
    with prometheus(file, *flags) as server, Writer(server.address) as writer:
        origin = time.time()
        evaluation = Evaluation(server.url, file, options.interval)
        scraped = blocks(made, read, recorded)
        series = Load(scraped, read, origin)
        pasts = [Load(recorded_blocks(made, side.reads, side.recorded), side.reads, origin) for side in sides]
        start = min(each.begin for each in (series, *pasts))
        write_all((series, *pasts), writer, max(start, origin - options.days * 86400), origin)
        samples = sum(each.samples for each in (series, *pasts))
        for side in sides:
            side.reading = number_read(scraped, side.reads)
        evaluation.settle()
        print(
            f"{series.series:,} series, {samples:,} samples of the past, there after {time.time() - origin:.0f} s",
            flush=True,
        )
        take_turns(sides, evaluation, writer, series, pasts, origin, options)


def take_turns(
    sides: Sequence[Side],
    evaluation: Evaluation,
    writer: Writer,
    series: Load,
    pasts: Sequence[Load],
    origin: float,
    options: argparse.Namespace,
) -> None:
    """Has the sides' rules evaluated in turns. Everything is written up to `origin`; what lies after it is written just
    before it is read, since Prometheus takes no more than ten minutes of the future."""
    until, noted = origin, [origin] * len(sides)
    for _ in range(options.rounds):
        for index, side in enumerate(sides):
            while until < time.time() + options.turn + SPARE:
                upto = time.time() + AHEAD
                write_all([series], writer, until, upto)
                until = upto
            # What its rules would have recorded in the other side's turn, so that its windows have no holes.
            write_all([pasts[index]], writer, noted[index], time.time())
            print(f"turn of {side.name}: {options.turn} s", flush=True)
            evaluation.turn(side, options.turn)
            noted[index] = time.time()


def an_alert(side: Side, found: Sequence[Cost]) -> float:
    """Seconds of evaluation a minute for each alert of the side, all its recording rules included."""
    return sum(each.a_minute(EVALUATION_INTERVAL) for each in found) / side.alerts


def processor(side: Side) -> float:
    """Seconds of processor time for a second of evaluation in the side's turns: below 1 where evaluations waited for a
    core, above it where several were used, by the garbage collector among others."""
    return sum(turn.cpu for turn in side.seen) / sum(turn.evaluating for turn in side.seen)


def table(sides: Sequence[Side], found: Sequence[Sequence[Cost]]) -> list[str]:
    """The lines of the comparison."""
    both = list(zip(sides, found, strict=True))
    spent = {
        "a cycle": [sum(each.seconds for each in some) for some in found],
        "a minute, as deployed": [sum(each.a_minute(side.interval) for each in some) for side, some in both],
        "a minute, by own interval or 15 s": [an_alert(side, some) * side.alerts for side, some in both],
        "a minute, of the processor": [an_alert(side, some) * side.alerts * processor(side) for side, some in both],
    }
    lines = [
        ("rules", [f"{len(side.rules)}" for side in sides]),
        ("alerting rules among them", [f"{side.alerts}" for side in sides]),
        ("rules that find series", [f"{finding(side):.1%}" for side in sides]),
        ("scraped series that they read", [f"{side.reading:,}" for side in sides]),
        ("series produced", [f"{statistics.median(turn.produced for turn in side.seen):,.0f}" for side in sides]),
    ]
    for when, seconds in spent.items():
        each = [second / side.alerts * 1000 for second, side in zip(seconds, sides, strict=True)]
        lines.append((f"seconds {when}", [f"{second:.2f}" for second in seconds]))
        lines.append(("  ms for each alert", [f"{one:.1f}" for one in each]))
    lines.append(("CPU s for a second of evaluation", [f"{processor(side):.2f}" for side in sides]))
    cores = [second / MINUTE for second in spent["a minute, of the processor"]]
    lines.append(("cores in use, likewise", [f"{used:.2f}" for used in cores]))
    lines.append(("fullest group, of its interval", [f"{fullest(some):.0%}" for some in found]))
    rows = [("", [side.name for side in sides]), *lines]
    return [f"{name:<36}" + "".join(f"{value:>18}" for value in values) for name, values in rows]


def fullest(found: Sequence[Cost]) -> float:
    """The greatest part of its interval that evaluating a group takes: it misses evaluations where that is above 1."""
    spent: dict[str, float] = {}
    for each in found:
        group = each.rule.group
        spent[group] = spent.get(group, 0.0) + each.seconds / (each.rule.interval or EVALUATION_INTERVAL)
    return max(spent.values())


def costliest(side: Side, found: Sequence[Cost]) -> list[str]:
    """The rules that cost the most, with what they cost a minute, by own interval or 15 s, and for each evaluation."""
    ordered = sorted(found, key=lambda each: each.a_minute(EVALUATION_INTERVAL), reverse=True)
    whole = sum(each.a_minute(EVALUATION_INTERVAL) for each in found)
    lines = [f"costliest rules of {side.name}", TOP.format("s/min", "share", "ms", "group", "rule")]
    for each in ordered[:SHOWN]:
        minute = each.a_minute(EVALUATION_INTERVAL)
        figures = (f"{minute:.2f}", f"{minute / whole:.0%}", f"{each.seconds * 1000:.0f}")
        lines.append(TOP.format(*figures, each.rule.group, _told(each)))
    return lines


def _told(cost: Cost) -> str:
    labels = ",".join(f"{name}={value}" for name, value in cost.rule.content.get("labels", {}).items())
    return cost.rule.name if cost.rule.alert or not labels else f"{cost.rule.name} ({labels})"


if __name__ == "__main__":
    sys.exit(main())
