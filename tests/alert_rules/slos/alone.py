"""Each recording rule judged alone by promtool, on series written as if the rules before it had recorded them.

A rule by itself takes a tenth of a second, and the whole file, window after window of days, many; `harness.judge` goes
through that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, Literal, TypeAlias

from alert_rules import yaml12
from alert_rules.quantities import Unit, parse
from alert_rules.slos import DAY, FILE, recording_rules
from tests.alert_rules.slos.harness import EACH_KIND
from tests.validators import promtool

THRESHOLDS = {"freshness": "5m", "grpc_latency": "1s"}
"""Where the harness's 300ms would be no time for data, or leave buckets of whole seconds untested."""
WINDOWS = {30 * DAY: 5 * DAY, 28 * DAY: 3 * DAY}
"""Days in the stead of weeks: the same rules with fewer terms, each of which a change may be made to."""
OBJECTIVES = [
    replace(
        each,
        threshold=parse(THRESHOLDS[each.kind], Unit.DURATION) if each.kind in THRESHOLDS else each.threshold,
        window=WINDOWS[each.window],
    )
    for each in EACH_KIND
]
RULES: list[dict[str, Any]] = [
    rule for group in recording_rules(OBJECTIVES, 3 * DAY)[FILE]["groups"] for rule in group["rules"]
]
"""With three days of retention, so that of five days two are read, two carried and one carried twice."""

Sample: TypeAlias = float | Literal["stale"] | None
"""A value; that the series has ended; or none, as while Prometheus pauses."""


@dataclass(frozen=True)
class Scene:
    """Series with a sample each `interval` seconds from 0 on, and what a rule records of them `at` so many seconds, by
    its labels. Teams are what a scene is cut into: no rule mixes them."""

    interval: float
    at: float
    series: Mapping[str, Sequence[Sample]]
    expected: Mapping[str, float]


def judge_alone(rule: Mapping[str, Any], scene: Scene, directory: Path) -> None:
    """Let promtool record the rule. Raises AssertionError with its report where that is anything else than the scene
    says."""
    rules, tests = directory / "rule.yaml", directory / "test.yml"
    rules.write_text(yaml12.dump({"groups": [{"name": "alone", "rules": [rule]}]}))
    # The last digits hang on the order in which floats are summed.
    case = {
        "expr": f"round({rule['record']}, 0.000001)",
        "eval_time": f"{scene.at:.0f}s",
        "exp_samples": [{"labels": labels, "value": round(value, 6)} for labels, value in scene.expected.items()],
    }
    group = {
        "interval": f"{scene.interval:.0f}s",
        "input_series": [{"series": name, "values": _written(values)} for name, values in scene.series.items()],
        "promql_expr_test": [case],
    }
    # Once at the beginning and once at the moment: in between, the rule would be evaluated for nobody.
    settings = {"rule_files": [str(rules)], "evaluation_interval": f"{scene.at:.0f}s"}
    tests.write_text(yaml12.dump({**settings, "tests": [group]}))
    promtool.test_rules(tests)


def _written(samples: Sequence[Sample]) -> str:
    """Samples as promtool takes them, equal ones in one word."""
    runs = ((value, len(list(same)) - 1) for value, same in groupby(samples))
    return " ".join(_run(value, more) for value, more in runs)


def _run(value: Sample, more: int) -> str:
    if value is None:
        return f"_x{more + 1}"
    if value == "stale":
        return " ".join(["stale"] * (more + 1))
    return f"{value:.12g}" + (f"x{more}" if more else "")
