"""The Prometheus rules as promtool judges them: well formed, and firing when and only when they should."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from alert_rules import registry, yaml12
from alert_rules.compilers.common import ServiceScope
from alert_rules.compilers.prometheus import compile_rules
from alert_rules.compilers.rules import CompiledRules
from alert_rules.model import PrometheusAlert
from alert_rules.overrides import Override
from alert_rules.quantities import Quantity, Unit, seconds_text
from alert_rules.timing import EVALUATION_INTERVAL
from tests.rules import mutation
from tests.rules.files import ALERTS, LINKS, SUBJECTS, rule_tests
from tests.validators import promtool

pytestmark = pytest.mark.validators

EVERY_SERVICE = 'service!=""'

RECORDING = [alert for alert in ALERTS if alert.recorded]
"""Alerts for which something is recorded."""

Case = dict[str, Any]


def compiled(
    *, overrides: Mapping[str, Override] | None = None, services: Sequence[ServiceScope] = ()
) -> CompiledRules:
    return compile_rules(
        ALERTS, overrides=overrides or {}, services=services, exporters=registry.exporters(), links=LINKS
    )


def written(rules: CompiledRules, directory: Path) -> list[Path]:
    """The rule files of `rules`, written to `directory`."""
    for name, content in rules.files.items():
        (directory / name).write_text(yaml12.dump(content))
    return [directory / name for name in rules.files]


def run(tests: Mapping[str, Any], rule_files: Sequence[Path], directory: Path) -> None:
    """Let promtool run `tests` against the rule files. Raises AssertionError with its report if one fails.

    A group of tests may have an `evaluation_interval` of its own, which promtool has for whole files only.
    """
    files = []
    for interval, groups in by_evaluation_interval(tests).items():
        files.append(directory / f"rule_tests_{interval}.yml")
        content = {"rule_files": [str(path) for path in rule_files], **tests}
        files[-1].write_text(yaml12.dump(content | {"evaluation_interval": interval, "tests": groups}))
    promtool.test_rules(*files)


def by_evaluation_interval(tests: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The groups of a test file as promtool takes them, by how often the rules are evaluated."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for group in tests["tests"]:
        interval = group.get("evaluation_interval", tests["evaluation_interval"])
        groups.setdefault(interval, []).append({key: group[key] for key in group if key != "evaluation_interval"})
    return groups


def test_prometheus_takes_the_rules_without_a_remark(tmp_path: Path) -> None:
    report = promtool.check_rules(*written(compiled(), tmp_path))
    assert report.count("SUCCESS") == len(SUBJECTS)


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert.name)
def test_an_alert_does_what_its_rule_tests_say(alert: PrometheusAlert, tmp_path: Path) -> None:
    judge(alert, Form(), tmp_path)


@pytest.mark.parametrize("alert", RECORDING, ids=lambda alert: alert.name)
def test_an_alert_does_the_same_by_what_is_recorded_for_it_at_the_moment(
    alert: PrometheusAlert, tmp_path: Path
) -> None:
    own = [
        rule
        for rule in rules_of(compiled(), alert.subject)
        if rule.get("alert") == alert.name or rule.get("record", "").startswith(f"{alert.name}:")
    ]
    # The compiled rule also takes what was recorded some evaluations before; that would be there when it is over.
    of_the_moment = [rule | {"expr": rule["expr"].replace("[25m]", "[1s]")} for rule in own]
    file = written_alone(alert, sorted(of_the_moment, key=lambda rule: "alert" in rule), tmp_path)
    run(cases_of(alert, by_recordings=False), [file], tmp_path)


@pytest.mark.parametrize(
    ("alert", "part", "hours"),
    [
        ("TrafficDropped", "last_week", 168),
        ("TrafficDropped", "week_before", 336),
        ("PredictionsStopped", "yesterday", 24),
        ("PredictionsStopped", "last_week", 168),
    ],
)
def test_what_was_up_and_had_nothing_is_recorded_as_0(alert: str, part: str, hours: int, tmp_path: Path) -> None:
    """Else what it had before would be read for longer than the alert waits."""
    [found] = [one for one in ALERTS if one.name == alert]
    rules = [r for r in rules_of(compiled(), found.subject) if r.get("record") == f"{alert}:{part}"]
    asked = {
        "expr": f"{alert}:{part}",
        "eval_time": f"{hours}h5m",
        "exp_samples": [{"labels": f'{alert}:{part}{{service="shop",team="web"}}', "value": 0}],
    }
    up = [
        {"series": 'up{service="shop",team="web",instance="pod-1",job="shop"}', "values": "1x5"},
        {"series": 'up{service="probed",team="web",instance="https://probed",job="probes"}', "values": "1x5"},
    ]
    group = {"interval": "1m", "input_series": up, "promql_expr_test": [asked]}
    run({"evaluation_interval": "5m", "tests": [group]}, [written_alone(found, rules, tmp_path)], tmp_path)


class Form(NamedTuple):
    """An alert's rule with something about it changed: the keys of the rule with its whole condition, and of that which
    reads what is recorded for it; None where the change does not show there."""

    whole: dict[str, str] = {}
    reading: dict[str, str] | None = {}


def judge(alert: PrometheusAlert, form: Form, directory: Path) -> None:
    """Let promtool run the alert's own cases on its rule in that form. Raises AssertionError with its report.

    The group has no interval, and what is recorded for the alert stands in its place: a rule test says to 15 s when its
    alert fires, so that no change of a hold or condition hides between two of the rarer evaluations that it has in a
    stack. Only cases that give what is recorded, older than the rest, are for the rule that reads it.
    """
    result = compiled()
    [scope] = [scope for scope in result.scopes if scope.alert.name == alert.name]
    [rule] = [rule for rule in rules_of(result, alert.subject) if rule.get("alert") == alert.name]
    whole = rule | {"expr": scope.query(scope.resolved.values)} | form.whole
    run(cases_of(alert, by_recordings=False), [written_alone(alert, [whole], directory)], directory)
    if alert.recorded and form.reading is not None:
        run(cases_of(alert, by_recordings=True), [written_alone(alert, [rule | form.reading], directory)], directory)


def written_alone(alert: PrometheusAlert, rules: Sequence[Mapping[str, Any]], directory: Path) -> Path:
    """A file with those rules in one group. The other alerts of the subject would only cost time."""
    file = directory / f"{alert.subject}.yaml"
    file.write_text(yaml12.dump({"groups": [{"name": alert.subject, "rules": rules}]}))
    return file


def cases_of(alert: PrometheusAlert, *, by_recordings: bool) -> dict[str, Any]:
    """The test file of an alert's subject with its own cases alone: those that give what is recorded for it, or those
    that give what it is recorded from."""
    content = rule_tests(alert.subject)
    groups = [only(alert.name, group) for group in content["tests"]]
    own = [group for group in groups if group["alert_rule_test"] and gives_recordings(alert, group) == by_recordings]
    assert own, f"{alert.name} has no such case"
    return content | {"tests": own}


def gives_recordings(alert: PrometheusAlert, group: Mapping[str, Any]) -> bool:
    """Whether a test group gives what is recorded for the alert."""
    return any(given["series"].startswith(f"{alert.name}:") for given in group["input_series"])


# --- the rule tests notice when a rule is no longer what it was -------------------------------------------


def mutants(alert: PrometheusAlert) -> Iterator[tuple[str, Form]]:
    """A rule with one thing about it changed, and what that is."""
    values = {name: parameter.resolve(parameter.default) for name, parameter in alert.parameters.items()}

    def both(change: Callable[[str], str]) -> Form:
        return Form(*({"expr": change(form(values, EVERY_SERVICE))} for form in (alert.query, alert.reading)))

    expression = alert.query(values, EVERY_SERVICE)
    for seconds in (-EVALUATION_INTERVAL, EVALUATION_INTERVAL):
        if alert.default_hold + seconds >= 0:  # an alert that fires at once cannot fire sooner
            hold = {"for": seconds_text(alert.default_hold + seconds)}
            yield f"for {seconds:+.0f}s", Form(hold, hold)
    for name, value in values.items():
        # A tenth of a small count is no whole thing: to an alert on 2 or more, 1.8 and 2 are the same.
        step = max(1, value.value / 10) if value.unit is Unit.COUNT else value.value / 10
        for change in (-step, step):
            changed = values | {name: replace(value, value=value.value + change)}
            forms = ({"expr": form(changed, EVERY_SERVICE)} for form in (alert.query, alert.reading))
            yield f"{name} {change:+g}", Form(*forms)
    # All at once, wherever one stands: both sides of a quotient are of the same series.
    for matcher in mutation.written_matchers(expression):
        if matcher != EVERY_SERVICE:
            yield f"without {matcher}", both(partial(re.sub, re.escape(f",{matcher}"), ""))
    yield from without_clauses(alert, values)
    yield "any series", both(lambda text: text.replace(EVERY_SERVICE, 'service!="nobody"'))
    if "service, team" in expression:  # what a recording rule has grouped has no grouping of its own
        yield "no team", both(lambda text: text.replace("service, team", "service"))
    has_instance = "team, instance" in expression
    regrouped = ("team, instance", "team") if has_instance else ("service, team", "service, team, instance")
    if regrouped[0] in expression:
        yield "other instances", both(lambda text: text.replace(*regrouped))


def without_clauses(alert: PrometheusAlert, values: Mapping[str, Quantity]) -> Iterator[tuple[str, Form]]:
    """The rule without one clause of what is evaluated, or of what is recorded for it."""
    parts = {record: f"(\n{part}\n)" for record, part in alert.recordings(values, EVERY_SERVICE).items()}

    def whole(reading: str, parts: Mapping[str, str]) -> str:
        for record, part in parts.items():
            reading = reading.replace(f"last_over_time({record}{{{EVERY_SERVICE}}}[25m])", part)
        return reading

    reading = alert.reading(values, EVERY_SERVICE)
    assert whole(reading, parts) == alert.query(values, EVERY_SERVICE)
    for what, shorter in mutation.without_clauses(reading):
        yield what, Form({"expr": whole(shorter, parts)}, {"expr": shorter})
    for record, part in parts.items():
        for what, shorter in mutation.without_clauses(part):
            if "without `or 0 * max by (service, team) (up" in what:
                continue  # shows in what is recorded alone: test_what_was_up_and_had_nothing_is_recorded_as_0
            yield f"{record} {what}", Form({"expr": whole(reading, {**parts, record: shorter})}, None)


def rules_of(rules: CompiledRules, subject: str) -> list[dict[str, Any]]:
    return [rule for group in rules.files[f"{subject}.yaml"]["groups"] for rule in group["rules"]]


MUTANTS = [pytest.param(alert, form, id=f"{alert.name}: {what}") for alert in ALERTS for what, form in mutants(alert)]


@pytest.mark.parametrize(("alert", "form"), MUTANTS)
def test_the_rule_tests_notice_a_change_of_a_rule(alert: PrometheusAlert, form: Form, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=f"alertname: {alert.name}"):
        judge(alert, form, tmp_path)


def only(alert: str, group: dict[str, Any]) -> dict[str, Any]:
    """The test group with the cases of one alert."""
    return group | {"alert_rule_test": [case for case in group["alert_rule_test"] if case["alertname"] == alert]}


# --- overrides --------------------------------------------------------------------------------------------

SETTLED = "15m"  # by then a steady series has filled its window and outlasted every `for`


def failing(percent: float, *services: str) -> list[dict[str, str]]:
    """Series of services that answer 20 requests a second, of which so many per cent with 500."""
    errors = 12 * percent  # a minute
    return [
        {
            "series": f'http_requests_total{{service="{service}",team="shop",status_code="{code}"}}',
            "values": values,
        }
        for service in services
        for code, values in (("500", f"0+{errors}x20"), ("200", f"0+{1200 - errors}x20"))
    ]


def fired(service: str, *, value: str, threshold: str, severity: str = "critical") -> Case:
    """HighErrorRate for a service as promtool is to find it."""
    return {
        "exp_labels": {"severity": severity, "service": service, "team": "shop"},
        "exp_annotations": {
            "summary": f"{service} answers with server errors",
            "description": f"{value} of the requests to {service} fail with 5xx (alert above {threshold}).",
            "runbook_url": "https://runbooks.example.com/HighErrorRate.md",
            "dashboard_url": f"https://grafana.example.com/d/main?var-service={service}",
        },
    }


def expect(
    rules: CompiledRules,
    series: list[dict[str, str]],
    alerts: list[Case],
    directory: Path,
    at: str = SETTLED,
) -> None:
    """Assert that of HighErrorRate these alerts, and no others, fire for the series."""
    case = {"eval_time": at, "alertname": "HighErrorRate", "exp_alerts": alerts}
    group = {"interval": "1m", "input_series": series, "alert_rule_test": [case]}
    run({"evaluation_interval": "15s", "tests": [group]}, written(rules, directory), directory)


def for_service(name: str, **override: Any) -> ServiceScope:
    return ServiceScope(name, "shop", {"HighErrorRate": override})


NAMES = ("a", "ab", "b", "eu-a")  # a loose match of one name would find another


def test_an_override_for_a_service_applies_to_it_alone(tmp_path: Path) -> None:
    rules = compiled(services=[for_service("a", threshold="2%")])
    expect(rules, failing(3, *NAMES), [fired("a", value="3%", threshold="2%")], tmp_path)


def test_an_overridden_service_is_watched_once_and_every_other_still_is(tmp_path: Path) -> None:
    rules = compiled(services=[for_service("a", threshold="2%")])
    thresholds = {"a": "2%", "ab": "5%", "b": "5%", "eu-a": "5%"}
    alerts = [fired(name, value="6%", threshold=threshold) for name, threshold in thresholds.items()]
    expect(rules, failing(6, *NAMES), alerts, tmp_path)


def test_several_services_have_overrides_of_their_own(tmp_path: Path) -> None:
    rules = compiled(services=[for_service("a", threshold="2%"), for_service("b", threshold="10%", severity="high")])
    alerts = [
        fired("a", value="6%", threshold="2%"),
        *(fired(n, value="6%", threshold="5%") for n in ("ab", "eu-a")),
    ]
    expect(rules, failing(6, *NAMES), alerts, tmp_path)
    loud_b = fired("b", value="12%", threshold="10%", severity="high")
    expect(rules, failing(12, "b"), [loud_b], tmp_path)


def test_an_override_of_the_environment_reaches_a_service_with_another_override(tmp_path: Path) -> None:
    rules = compiled(
        overrides={"HighErrorRate": {"threshold": "1%", "for": "10m"}},
        services=[for_service("a", severity="medium")],
    )
    mild = fired("a", value="3%", threshold="1%", severity="medium")
    loud = fired("b", value="3%", threshold="1%")
    expect(rules, failing(3, "a", "b"), [mild, loud], tmp_path)
    expect(rules, failing(3, "a", "b"), [], tmp_path, at="10m")


def test_an_alert_that_is_disabled_for_a_service_watches_every_other(tmp_path: Path) -> None:
    rules = compiled(services=[for_service("a", enabled=False)])
    alerts = [fired(name, value="6%", threshold="5%") for name in ("ab", "b", "eu-a")]
    expect(rules, failing(6, *NAMES), alerts, tmp_path)


def test_an_alert_that_is_enabled_for_one_service_alone_watches_no_other(tmp_path: Path) -> None:
    rules = compiled(overrides={"HighErrorRate": {"enabled": False}}, services=[for_service("a", enabled=True)])
    expect(rules, failing(6, *NAMES), [fired("a", value="6%", threshold="5%")], tmp_path)


def test_a_disabled_alert_leaves_no_rule_and_its_neighbours_stay() -> None:
    rules = compiled(overrides={"HighErrorRate": {"enabled": False}})
    assert [rule["alert"] for rule in rules_of(rules, "http")] == ["HighResponseTime"]
    assert "HighErrorRate" not in {line.name for line in rules.alerts}


def test_a_subject_whose_alerts_are_all_disabled_leaves_no_file() -> None:
    rules = compiled(overrides={alert.name: {"enabled": False} for alert in ALERTS if alert.subject == "http"})
    assert sorted(rules.files) == [f"{subject}.yaml" for subject in SUBJECTS if subject != "http"]


def test_prometheus_takes_overridden_rules_without_a_remark(tmp_path: Path) -> None:
    promtool.check_rules(*written(compiled(services=[for_service("a", threshold="2%")]), tmp_path))
