"""Objectives, the series of a service, and promtool going from these through rules to alerts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from alert_rules import registry, yaml12
from alert_rules.compilers.prometheus import compile_rules
from alert_rules.loader import builtin
from alert_rules.quantities import Unit, parse
from alert_rules.slos import DAY, RATIO, Objective, kinds, recording_rules
from tests.rules.files import LINKS
from tests.validators import promtool

AVAILABILITY = Objective("shop", "web", "availability", "availability", 0.999, 30 * DAY)
THRESHOLD = {Unit.DURATION: parse("300ms", Unit.DURATION)}
EACH_KIND = [
    *(
        Objective(
            "shop",
            "web",
            name.replace("_", "-"),
            name,
            0.99,
            30 * DAY,
            THRESHOLD[kind.threshold] if kind.threshold else None,
        )
        for name, kind in kinds().items()
    ),
    Objective(
        "shop", "web", "orders", RATIO, 0.9, 28 * DAY, errors='orders_total{status="lost"}', events="orders_total"
    ),
]
MINUTE, STEP = 60.0, 300.0


def judge(
    objectives: Sequence[Objective],
    series: Mapping[str, str],
    directory: Path,
    *,
    step: float = MINUTE,
    values: Mapping[tuple[float, str], Mapping[str, float]] | None = None,
    alerts: Mapping[tuple[float, str], bool] | None = None,
    retention: float = 31 * DAY,
) -> None:
    """Let promtool go through the series, a sample each `step` seconds: `values` by time in seconds and expression, and
    whether an alert of `alerts` fires by time and name. Raises AssertionError with its report."""
    fired = {
        (at, f'count(ALERTS{{alertname="{name}",alertstate="firing"}}) or vector(0)'): {"{}": int(fires)}
        for (at, name), fires in (alerts or {}).items()
    }
    cases = [
        {
            "expr": expression,
            "eval_time": f"{at:.0f}s",
            "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
        }
        for (at, expression), samples in {**(values or {}), **fired}.items()
    ]
    group = {
        "interval": f"{step:.0f}s",
        "input_series": [{"series": name, "values": samples} for name, samples in series.items()],
        "promql_expr_test": cases,
    }
    rules = rule_files(objectives, directory, retention, recorded=set(series))
    file = directory / "test.yml"
    settings = {
        "rule_files": [str(path) for path in rules],
        "evaluation_interval": f"{step:.0f}s",
        # Else promtool takes groups in any order; what one reads of another may then be a step old, and gone.
        "group_eval_order": [group["name"] for path in rules for group in yaml12.load(path.read_text())["groups"]],
    }
    file.write_text(yaml12.dump({**settings, "tests": [group]}))
    promtool.test_rules(file)


def rule_files(
    objectives: Sequence[Objective], directory: Path, retention: float, recorded: Collection[str] = ()
) -> list[Path]:
    """The recording rules of the objectives and the alerts on them, written to `directory`; without those whose series
    are `recorded` already."""
    alerts = [alert for alert in builtin().prometheus if alert.subject == "slos"]
    compiled = compile_rules(alerts, overrides={}, services=(), exporters=registry.exporters(), links=LINKS)
    files = {**recording_rules(objectives, retention), **compiled.files}
    names = {series.split("{")[0] for series in recorded}
    for name, content in files.items():
        groups = [
            group | {"rules": [rule for rule in group["rules"] if rule.get("record") not in names]}
            for group in content["groups"]
        ]
        (directory / name).write_text(yaml12.dump({"groups": groups}))
    return [directory / name for name in files]


Parts = Sequence[tuple[float, float]]
"""For so many seconds each, such a share of all events is bad."""


def requests(parts: Parts, a_minute: float = 100_000) -> dict[str, str]:
    """Counters of a service's requests, a sample a minute."""
    labels = 'service="shop",team="web",job="shop",instance="a"'
    return {
        f'http_requests_total{{{labels},status_code="{code}"}}': " ".join(_counter(parts, factor))
        for code, factor in (("200", lambda bad: (1 - bad) * a_minute), ("500", lambda bad: bad * a_minute))
    }


def _counter(parts: Parts, rise_of: Callable[[float], float]) -> Iterator[str]:
    level = 0.0
    for seconds, share in parts:
        rise, samples = rise_of(share), int(seconds // MINUTE)
        yield f"{level + rise:.12g}+{rise:.12g}x{samples - 1}"
        level += rise * samples


def measured(parts: Parts) -> dict[str, str]:
    """What is recorded of a service with a thousand events a second, a sample each five minutes."""
    labels = 'service="shop",team="web",slo="availability"'
    rates = [(1000 * share, int(seconds // STEP)) for seconds, share in parts]
    bad = " ".join(f"{rate:.12g}x{samples - 1}" for rate, samples in rates)
    return {
        f"slo:errors:rate5m{{{labels}}}": bad,
        f"slo:events:rate5m{{{labels}}}": f"1000x{sum(samples for _, samples in rates) - 1}",
    }
