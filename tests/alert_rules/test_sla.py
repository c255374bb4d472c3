"""Service level agreements, as Prometheus' own engine sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from alert_rules import yaml12
from alert_rules.sla import FILE, MEASURES, Agreement, recording_rules
from components.objectives import agreements_of
from tests.components.kubernetes.examples import service, serving
from tests.validators import promtool

TARGETS = {"availability": 0.999, "response_time": 0.2, "error_rate": 0.01, "throughput": 1000.0}
"""Those of the AITBC observability plan, 3.2."""

SHOP = Agreement("shop", "web", "availability", TARGETS)
LABELS = 'service="shop",team="web"'
DAY = "26h"


def series(
    *, availability: float = 1, response_time: float = 0.1, error_rate: float = 0, throughput: float = 2000
) -> dict[str, str]:
    """What is recorded of a service of which that is true, and its counters; a sample a minute. Before the period of each
    measure begins, it was ten times as much."""
    spent = (1 - availability) / (1 - 0.99)  # its objective is laxer than what is promised
    slow, usual = 10 * 120 * response_time, 120 * response_time
    return {
        f'slo:budget_spent:ratio{{{LABELS},slo="availability"}}': f"{spent:.12g}x1600",
        f'slo:objective:ratio{{{LABELS},slo="availability",window="30d"}}': "0.99x1600",
        f'slo:errors:ratio_rate1d{{{LABELS},slo="availability"}}': f"{error_rate:.12g}x1600",
        f'slo:events:rate5m{{{LABELS},slo="availability"}}': f"{10 * throughput:.12g}x1500 {throughput:.12g}x100",
        f'slo:events:rate5m{{{LABELS},slo="latency"}}': "7x1600",
        f'http_request_duration_seconds_sum{{{LABELS},instance="1"}}': (
            f"0+{slow:.12g}x120 {120 * slow + usual:.12g}+{usual:.12g}x1480"
        ),
        f'http_request_duration_seconds_count{{{LABELS},instance="1"}}': "0+120x1600",
    }


def judge(
    given: Mapping[str, str],
    expected: Mapping[str, Mapping[str, float]],
    folder: Path,
    agreements: Sequence[Agreement] = (SHOP,),
) -> None:
    """Let promtool evaluate the rules for a day. Raises AssertionError with its report unless each expression has exactly
    the samples expected of it."""
    for name, content in recording_rules(agreements).items():
        (folder / name).write_text(yaml12.dump(content))
    cases = [
        {
            "expr": expression,
            "eval_time": DAY,
            "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
        }
        for expression, samples in expected.items()
    ]
    group = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in given.items()],
        "promql_expr_test": cases,
    }
    settings = {"evaluation_interval": "1m", "group_eval_order": ["sla-responses", "sla"], "rule_files": [FILE]}
    file = folder / "test.yml"
    file.write_text(yaml12.dump({**settings, "tests": [group]}))
    promtool.test_rules(file)


def of(measure: str, record: str, *, service: str = "shop") -> str:
    return f'{record}{{service="{service}",sla="{measure}",team="web"}}'


EDGES = {
    "availability": (0.999, 0.9989, 0.8991, 0.899),
    "response_time": (0.2, 0.201, 0.22, 0.2201),
    "error_rate": (0.01, 0.0101, 0.011, 0.01101),
    "throughput": (1000, 999, 900, 899),
}
"""The last figure that is compliant, the first and the last in danger, the first that is violated: "10% tolerance"."""


@pytest.mark.validators
def test_an_agreement_is_kept_in_danger_or_violated_as_in_the_source(tmp_path: Path) -> None:
    given: dict[str, str] = {}
    expected: dict[str, float] = {}
    agreements = []
    for measure, figures in EDGES.items():
        for number, (figure, status) in enumerate(zip(figures, (0, 1, 1, 2), strict=True)):
            name = f"{measure.replace('_', '-')}-{number}"
            # What is computed may differ by the last bit, so it is a hair to the good side.
            hair = {"availability": 1e-9, "response_time": -1e-9}.get(measure, 0)
            safe = figure * (1 + hair)
            given |= {each.replace("shop", name): values for each, values in series(**{measure: safe}).items()}
            agreements.append(Agreement(name, "web", "availability", TARGETS))
            states = {other: float(status if other == measure else 0) for other in MEASURES}
            expected |= {of(other, "sla:status", service=name): state for other, state in states.items()}
    judge(given, {"sla:status": expected}, tmp_path, agreements)


@pytest.mark.validators
def test_what_is_attained_is_the_figure_of_the_period(tmp_path: Path) -> None:
    attained = {"availability": 0.9975, "response_time": 0.125, "error_rate": 0.0025, "throughput": 750.0}
    judge(
        series(**attained),
        {
            "round(sla:attained, 0.000001)": {of(name, ""): value for name, value in attained.items()},
            "sla:target": {of(name, "sla:target"): value for name, value in TARGETS.items()},
        },
        tmp_path,
    )


@pytest.mark.validators
def test_without_a_request_no_share_of_them_fails_and_there_is_no_response_time(tmp_path: Path) -> None:
    share = f'slo:errors:ratio_rate1d{{{LABELS},slo="availability"}}'
    day = f'slo:events:sum1d{{{LABELS},slo="availability"}}'
    idle = {**series(throughput=0), share: " ".join(["NaN"] * 1600), day: "0x1600"}
    counters = {name: values for name, values in idle.items() if not name.startswith("http_")}
    still = {f'http_request_duration_seconds_{what}{{{LABELS},instance="1"}}': "5x1600" for what in ("sum", "count")}
    attained = {of("availability", ""): 1.0, of("error_rate", ""): 0.0, of("throughput", ""): 0.0}
    judge({**counters, **still}, {"round(sla:attained, 0.000001)": attained}, tmp_path)


@pytest.mark.validators
def test_a_day_that_is_not_reckoned_yet_is_no_day_without_errors(tmp_path: Path) -> None:
    """As after a restart of Prometheus: events are counted again, and the sum of the day is not known for some minutes."""
    known = {name: values for name, values in series().items() if "ratio_rate1d" not in name}
    day = f'slo:events:sum1d{{{LABELS},slo="availability"}}'
    attained = 'sla:attained{sla="error_rate"}'
    # Nor is one with events whose share of errors is recorded a moment later.
    for events in ("0x1530 _x70", "5x1600"):
        judge({**known, day: events}, {attained: {}}, tmp_path)
    judge({**known, day: "0x1540 _x60"}, {attained: {of("error_rate", "sla:attained"): 0}}, tmp_path)


@pytest.mark.validators
def test_what_is_not_promised_is_not_judged(tmp_path: Path) -> None:
    other = {name.replace("shop", "other"): values for name, values in series(throughput=1).items()}
    named = {
        name.replace("shop", "named").replace('slo="availability"', 'slo="http"'): v
        for name, v in series(throughput=1).items()
    }
    agreements = [
        Agreement("shop", "web", "availability", {"throughput": 1000.0}),
        Agreement("named", "web", "http", {"throughput": 1000.0}),
    ]
    expected = {of("throughput", "sla:status"): 0.0, of("throughput", "sla:status", service="named"): 2.0}
    judge({**series(), **other, **named}, {"sla:status": expected}, tmp_path, agreements)


@pytest.mark.validators
def test_prometheus_takes_the_rules_of_any_agreements_without_a_remark(tmp_path: Path) -> None:
    for number, measure in enumerate(MEASURES):
        (content,) = recording_rules([Agreement("a", "t", "s", {measure: 1.0}), SHOP]).values()
        file = tmp_path / f"{number}.yaml"
        file.write_text(yaml12.dump(content))
        promtool.check_rules(file)


def measured(name: str = "shop", **keys: Any) -> dict[str, Any]:
    slos = [{"kind": "availability", "objective": "99.95%", "name": "http"}]
    return service(name, **{"team": "web", "metrics": {"port": 8000}, "slos": slos, **keys})


def test_the_sources_agreement_is_the_default() -> None:
    settings = serving(measured(sla={}), measured("other"))
    assert agreements_of(settings) == (Agreement("shop", "web", "http", TARGETS),)


def test_a_part_of_the_agreement_can_be_left_out_and_another_set() -> None:
    wanted = {"throughput": None, "response_time": "1s"}
    settings = serving(measured(sla=wanted))
    (agreement,) = agreements_of(settings)
    assert agreement.targets == {"availability": 0.999, "response_time": 1.0, "error_rate": 0.01}


def test_there_is_no_file_without_an_agreement() -> None:
    assert recording_rules([]) == {}
