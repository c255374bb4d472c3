"""An override changes an alert for the services that it is for and for no other, as promtool judges the rules."""

from pathlib import Path
from typing import Any

import pytest

from alert_rules.compilers.common import ServiceScope
from alert_rules.compilers.rules import CompiledRules
from tests.rules.files import ALERTS, SUBJECTS
from tests.rules.harness import compiled, rules_of, run, written
from tests.validators import promtool

pytestmark = pytest.mark.validators

Case = dict[str, Any]

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
