"""Service level objectives, from counters to alerts, as Prometheus' own engine sees them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from alert_rules import registry, yaml12
from alert_rules.compilers.prometheus import compile_rules
from alert_rules.loader import builtin
from alert_rules.quantities import Unit, parse
from alert_rules.registry import known_metrics
from alert_rules.slos import DAY, FILE, HOUR, RATIO, Objective, counter_problem, hop, kinds, recording_rules
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
    rules = [str(path) for path in rule_files(objectives, directory, retention, recorded=set(series))]
    file = directory / "test.yml"
    settings = {
        "rule_files": rules,
        "evaluation_interval": f"{step:.0f}s",
        # Else promtool takes groups in any order; what one reads of another may then be a step old, and gone.
        "group_eval_order": ["slis", "slis-long", "slis-budget", "slos"],
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


# --- detection --------------------------------------------------------------------------------------------

FAST, SLOW = "ErrorBudgetBurningFast", "ErrorBudgetBurningSlowly"
CLEAN = 6 * HOUR
"""Seconds without a fault before one begins: the longest window of the fast alert."""

DETECTED = [
    # A share of bad events, and after how many seconds an alert tells of it by the method's own arithmetic: the part of
    # the budget that may be spent, over the share (Site Reliability Workbook, chapter 5; the budget is 2592 s).
    (1.0, 0.02 * 2592),
    (0.1, 0.02 * 2592 / 0.1),
    (0.02, 0.02 * 2592 / 0.02),
    (0.01, 0.05 * 2592 / 0.01),
    (0.0065, 0.05 * 2592 / 0.0065),
]
DETECTED_SLOWLY = [(share, 0.1 * 2592 / share) for share in (0.005, 0.0032, 0.0011)]


@pytest.mark.validators
@pytest.mark.parametrize(("share", "seconds"), DETECTED)
def test_the_fast_alert_fires_when_its_part_of_the_budget_is_spent(
    share: float, seconds: float, tmp_path: Path
) -> None:
    # The first bad sample stands for the minute before it. Events are counted over five minutes, which is as much as an
    # alert may come later.
    begun = CLEAN - MINUTE
    early, late = (begun + (seconds + more) // MINUTE * MINUTE for more in (-MINUTE, 6 * MINUTE))
    series = requests([(CLEAN, 0), (seconds + HOUR, share)])
    judge([AVAILABILITY], series, tmp_path, alerts={(early, FAST): False, (late, FAST): True})


@pytest.mark.validators
@pytest.mark.parametrize(("share", "seconds"), DETECTED_SLOWLY)
def test_the_slow_alert_fires_when_its_part_of_the_budget_is_spent(
    share: float, seconds: float, tmp_path: Path
) -> None:
    # Over three days, hours are counted whole; and it waits for five minutes.
    early, late = (3 * DAY + (seconds + more) // STEP * STEP for more in (-STEP, HOUR + 15 * MINUTE))
    series = measured([(3 * DAY, 0), (seconds + 3 * HOUR, share)])
    judge([AVAILABILITY], series, tmp_path, step=STEP, alerts={(early, SLOW): False, (late, SLOW): True})


@pytest.mark.validators
@pytest.mark.parametrize("share", [0.0, 0.0005, 0.00099])
def test_no_alert_fires_for_what_lasts_within_the_budget(share: float, tmp_path: Path) -> None:
    silent = {(at * HOUR, alert): False for at in (1, 6, 24, 72, 95) for alert in (FAST, SLOW)}
    judge([AVAILABILITY], measured([(4 * DAY, share)]), tmp_path, step=STEP, alerts=silent)


@pytest.mark.validators
def test_the_fast_alert_ends_soon_after_the_fault(tmp_path: Path) -> None:
    series = requests([(CLEAN, 0), (20 * MINUTE, 0.5), (HOUR, 0)])
    end = CLEAN + 20 * MINUTE
    judge([AVAILABILITY], series, tmp_path, alerts={(end, FAST): True, (end + 40 * MINUTE, FAST): False})


@pytest.mark.validators
@pytest.mark.parametrize("objective", [0.5, 0.8, 0.9, 0.95])
def test_a_complete_failure_is_told_of_within_an_hour_however_generous_the_objective(
    objective: float, tmp_path: Path
) -> None:
    series = requests([(CLEAN, 0), (2 * HOUR, 1)])
    generous = replace(AVAILABILITY, objective=objective)
    judge([generous], series, tmp_path, alerts={(CLEAN, FAST): False, (CLEAN + HOUR, FAST): True})


@pytest.mark.validators
def test_a_few_failures_of_a_quiet_service_wake_nobody(tmp_path: Path) -> None:
    one_a_minute = requests([(CLEAN, 0), (9 * MINUTE, 1), (HOUR, 0)], a_minute=1)
    judge([AVAILABILITY], one_a_minute, tmp_path, alerts={(CLEAN + at * MINUTE, FAST): False for at in (5, 9, 20)})


# --- budgets ----------------------------------------------------------------------------------------------

SHOP = '{service="shop",team="web",slo="availability"}'
ROUNDED = "round(slo:budget_spent:ratio, 0.0001)"


@pytest.mark.validators
def test_a_young_service_has_spent_little_of_a_whole_windows_budget(tmp_path: Path) -> None:
    twice_the_pace = measured([(2 * DAY, 0.002)])
    spent = 2 * 2 / 30  # two days of thirty, twice as fast as the budget allows
    judge(
        [AVAILABILITY],
        twice_the_pace,
        tmp_path,
        step=STEP,
        values={(2 * DAY - STEP, ROUNDED): {SHOP: round(spent, 4)}},
    )


@pytest.mark.validators
@pytest.mark.parametrize("retention", [31 * DAY, 3 * DAY])
def test_what_was_spent_stays_spent_when_prometheus_has_forgotten_it(retention: float, tmp_path: Path) -> None:
    series = measured([(DAY, 0), (10 * HOUR, 0.02), (4 * DAY, 0)])
    spent = 0.02 * 10 / (0.001 * 30 * 24)
    values = {(at, ROUNDED): {SHOP: round(spent, 4)} for at in (2 * DAY, 5 * DAY)}
    judge([AVAILABILITY], series, tmp_path, step=STEP, values=values, retention=retention)


@pytest.mark.validators
def test_each_objective_has_a_budget_of_its_own_window(tmp_path: Path) -> None:
    monthly = replace(AVAILABILITY, service="other", objective=0.99, window=28 * DAY)
    budgets = {SHOP: 2592, '{service="other",team="web",slo="availability"}': 24192}
    judge(
        [AVAILABILITY, monthly],
        {**measured([(HOUR, 0)])},
        tmp_path,
        step=STEP,
        values={(HOUR, "round(slo:budget:seconds, 0.001)"): budgets},
    )


@pytest.mark.parametrize(
    ("retention", "days"), [(31 * DAY, 30), (30 * DAY, 29), (15 * DAY, 14), (2 * DAY, 1), (2.5 * DAY, 1), (DAY, 1)]
)
def test_a_day_is_left_to_write_down_what_is_forgotten(retention: float, days: int) -> None:
    assert hop(30 * DAY, retention) == days * DAY


# --- what is measured -------------------------------------------------------------------------------------

COUNTED = {
    'http_requests_total{service="shop",team="web",status_code="200"}': "0+540x60",
    'http_requests_total{service="shop",team="web",status_code="404"}': "0+30x60",
    'http_requests_total{service="shop",team="web",status_code="503"}': "0+30x60",
    'http_requests_total{service="else",team="web",status_code="503"}': "0+999x60",
    'http_request_duration_seconds_count{service="shop",team="web",status_code="200"}': "0+600x60",
    'http_request_duration_seconds_bucket{service="shop",team="web",status_code="200",le="0.3"}': "0+480x60",
    'http_request_duration_seconds_bucket{service="shop",team="web",status_code="200",le="0.30000001"}': "0+600x60",
    'http_request_duration_seconds_count{service="shop",team="web",status_code="500"}': "0+60x60",
    'http_request_duration_seconds_bucket{service="shop",team="web",status_code="500",le="0.3"}': "0+60x60",
    'grpc_server_handled_total{service="shop",team="web",grpc_code="OK"}': "0+540x60",
    'grpc_server_handled_total{service="shop",team="web",grpc_code="NotFound"}': "0+48x60",
    'grpc_server_handled_total{service="shop",team="web",grpc_code="Unavailable"}': "0+12x60",
    'grpc_server_handling_seconds_count{service="shop",team="web",grpc_type="unary"}': "0+60x60",
    'grpc_server_handling_seconds_bucket{service="shop",team="web",grpc_type="unary",le="0.3"}': "0+45x60",
    'grpc_server_handling_seconds_count{service="shop",team="web",grpc_type="server_stream"}': "0+60x60",
    'grpc_server_handling_seconds_bucket{service="shop",team="web",grpc_type="server_stream",le="0.3"}': "0x60",
    'ai_requests_total{service="shop",team="web",status="success"}': "0+60x60",
    'data_pipeline_records_total{service="shop",team="web",pipeline="p",status="success"}': "0+45x60",
    'data_pipeline_records_total{service="shop",team="web",pipeline="p",status="error"}': "0+15x60",
    'data_pipeline_last_success_timestamp_seconds{service="shop",team="web",pipeline="fresh"}': "0+60x60",
    'data_pipeline_last_success_timestamp_seconds{service="shop",team="web",pipeline="stale"}': "1x60",
    'orders_total{service="shop",team="web",status="kept"}': "0+54x60",
    'orders_total{service="shop",team="web",status="lost"}': "0+6x60",
}
MEASURED = {  # bad events and events a second
    "availability": (0.5, 10),
    "latency": (2, 10),
    "grpc-availability": (0.2, 10),
    "grpc-latency": (0.25, 1),
    "inference": (0, 1),
    "quality": (0.25, 1),
    "freshness": (1, 1),
    "orders": (0.1, 1),
}


@pytest.mark.validators
@pytest.mark.parametrize("objective", EACH_KIND, ids=lambda objective: objective.name)
def test_events_are_counted_as_the_kind_says(objective: Objective, tmp_path: Path) -> None:
    bad, events = MEASURED[objective.name]
    labels = f'{{service="shop",team="web",slo="{objective.name}"}}'
    values = {
        (HOUR / 2, f"round(slo:{what}:rate5m, 0.001)"): {labels: value}
        for what, value in (("errors", bad), ("events", events))
    }
    judge([objective], COUNTED, tmp_path, values=values)


@pytest.mark.validators
def test_data_are_fresh_while_any_instance_has_succeeded(tmp_path: Path) -> None:
    [fresh] = [objective for objective in EACH_KIND if objective.kind == "freshness"]
    name = 'data_pipeline_last_success_timestamp_seconds{service="shop",team="web",pipeline="p",instance="'
    series = {f'{name}leader"}}': "0+60x60", f'{name}idle"}}': "60x60", f'{name}new"}}': "0x60"}
    labels = '{service="shop",team="web",slo="freshness"}'
    fresh = replace(fresh, threshold=parse("5m", Unit.DURATION))
    judge([fresh], series, tmp_path, values={(HOUR / 2, "slo:errors:rate5m + 0"): {labels: 0}})


@pytest.mark.validators
def test_a_label_that_was_renamed_is_missed(tmp_path: Path) -> None:
    renamed = {
        'http_requests_total{service="shop",team="web",code="500"}': "0+60x60",
        'up{service="shop",team="web"}': "1x60",
    }
    judge([AVAILABILITY], renamed, tmp_path, alerts={(HOUR / 2, "SliMissing"): True})


@pytest.mark.validators
def test_one_failure_of_a_new_service_wakes_nobody(tmp_path: Path) -> None:
    series = requests([(5 * MINUTE, 0), (MINUTE, 0.25), (10 * MINUTE, 0)], a_minute=4)
    silent = {(at * MINUTE, FAST): False for at in (5, 6, 7, 9, 12)}
    judge([AVAILABILITY], series, tmp_path, alerts=silent)


@pytest.mark.validators
def test_a_pause_of_prometheus_over_the_full_hour_hides_no_hour(tmp_path: Path) -> None:
    # From 10:00 to 11:00 everything fails; from 10:55 to 11:05 nothing is recorded.
    bad = "0x119 1000x10 _x2 1000x0 0x60"
    labels = 'service="shop",team="web",slo="availability"'
    series = {
        f"slo:errors:rate5m{{{labels}}}": bad,
        f"slo:events:rate5m{{{labels}}}": "1000x130 _x2 1000x61",
        f"slo:errors:rate1h{{{labels}}}": "0x119 0+83x10 _x2 1000x0 917-83x10 0x50",
        f"slo:events:rate1h{{{labels}}}": "1000x130 _x2 1000x61",
    }
    spent = {(15 * HOUR, "slo:budget_spent:ratio > bool 0.8"): {SHOP: 1}}
    judge([AVAILABILITY], series, tmp_path, step=STEP, values=spent)


@pytest.mark.validators
def test_a_missed_objective_stays_missed_while_the_service_is_away(tmp_path: Path) -> None:
    gone = {name: f"{values} _x100" for name, values in measured([(2 * HOUR, 0), (2 * HOUR, 1)]).items()}
    gone['up{service="else",team="web"}'] = "1x200"
    judge([AVAILABILITY], gone, tmp_path, step=STEP, alerts={(10 * HOUR, "ErrorBudgetSpent"): True}, retention=3 * DAY)


@pytest.mark.validators
def test_prometheus_takes_the_rules_without_a_remark(tmp_path: Path) -> None:
    promtool.check_rules(*rule_files(EACH_KIND, tmp_path, 15 * DAY))


def test_services_that_count_the_same_share_a_rule() -> None:
    objectives = [replace(AVAILABILITY, service=name) for name in ("b", "a")]
    rules = recording_rules(objectives, 31 * DAY)[FILE]["groups"][0]["rules"]
    base = [rule for rule in rules if rule["record"] == "slo:events:rate5m"]
    assert [rule["expr"] for rule in base] == [
        'sum by (service, team) (rate(http_requests_total{service=~"a|b",status_code!=""}[5m]))'
    ]


def test_what_is_recorded_is_known_to_rules_and_boards() -> None:
    groups = recording_rules(EACH_KIND, 31 * DAY)[FILE]["groups"]
    recorded = {rule["record"] for group in groups for rule in group["rules"]}
    known = {name for name, metric in known_metrics().items() if metric.exporter == "slo"}
    assert recorded == known


def test_without_objectives_there_is_no_rule() -> None:
    assert recording_rules([], 15 * DAY) == {}


@pytest.mark.parametrize(
    "counter",
    [
        "",
        "sum(a)",
        "a[5m]",
        '{status="failed"}',
        "a offset 5m",
        "a + b",
        'a{service="x"}',
        'a{team="x"}',
        "a{",
        "1",
        'a{"http.status"="500"}',
        '{"a.b"}',
    ],
)
def test_a_counter_is_one_metric_with_its_labels(counter: str) -> None:
    assert "one counter with its labels" in (counter_problem(counter) or "")


def test_a_counters_labels_are_kept_as_they_are_written() -> None:
    counter = r'orders_total{status=~"lost|bro\\.ken$",shop!="a\"b"}'
    assert counter_problem(counter) is None
    odd = replace(EACH_KIND[-1], errors=counter)
    [_, errors] = recording_rules([odd], 31 * DAY)[FILE]["groups"][0]["rules"][:2]
    for matcher in (r'status=~"lost|bro\\.ken$"', r'shop!="a\"b"', 'service="shop"'):
        assert matcher in errors["expr"]
