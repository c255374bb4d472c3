"""CloudWatch's limits on dashboards, whatever the number of resources, widgets, metrics and alarms."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alert_rules.alarms import ServiceKind
from dashboards.cloudwatch.build import Body
from tests.dashboards.cloudwatch.stacks import KINDS, arn, built, compiled, properties, resource
from tests.dashboards.grid import assert_tidy

ECS = KINDS["ecs"]


def kind_of(metrics_by_widget: list[int], alarms: int) -> ServiceKind:
    """A kind with a widget for each number of metrics, and that many alarms."""
    widgets = tuple(
        ECS.widgets[0].model_copy(update={"title": f"w{i}", "metrics": tuple(f"m{i}_{j}" for j in range(count))})
        for i, count in enumerate(metrics_by_widget)
    )
    own = tuple(ECS.alarms[0].model_copy(update={"name": f"Alarm{i}"}) for i in range(alarms))
    return ECS.model_copy(update={"widgets": widgets, "alarms": own})


def dashboards_of(number: int, kind: ServiceKind) -> tuple[dict[str, Body], list[str]]:
    """The dashboards of that many resources of the kind, and the ARNs of all their alarms."""
    resources = [resource(kind, f"r{i:04}") for i in range(number)]
    alarms = compiled(resources, {"ecs": kind})
    return built(resources, alarms, {"ecs": kind}), [arn(alarm) for alarm in alarms]


@settings(max_examples=40, deadline=None)
@given(
    number=st.integers(1, 200),
    metrics_by_widget=st.lists(st.integers(1, 60), max_size=8),
    alarms=st.integers(0, 6),
)
@example(number=250, metrics_by_widget=[1], alarms=0)  # 500 widgets to the last one
@example(number=251, metrics_by_widget=[1], alarms=0)
@example(number=50, metrics_by_widget=[50], alarms=0)  # 2,500 metrics to the last one
@example(number=41, metrics_by_widget=[61], alarms=0)  # 2,501 metrics
@example(number=250, metrics_by_widget=[1], alarms=1)  # 500 widgets and those of the alarms
@example(number=1, metrics_by_widget=[500] * 5, alarms=100)
@example(number=1, metrics_by_widget=[1], alarms=101)
def test_every_dashboard_is_within_the_limits_and_nothing_is_lost(
    number: int, metrics_by_widget: list[int], alarms: int
) -> None:
    dashboards, arns = dashboards_of(number, kind_of(metrics_by_widget, alarms))
    for body in dashboards.values():
        assert_within_limits(body)
        assert_tidy((w["x"], w["y"], w["width"], w["height"]) for w in body["widgets"])
    assert len(properties(dashboards.values(), "text")) == number
    assert len(properties(dashboards.values(), "metric")) == number * len(metrics_by_widget)
    shown = [one for status in properties(dashboards.values(), "alarm") for one in status["alarms"]]
    assert sorted(shown) == sorted(arns)


def assert_within_limits(body: Body) -> None:
    metrics = [len(shown["metrics"]) for shown in properties([body], "metric")]
    assert len(body["widgets"]) <= 500
    assert sum(metrics) <= 2500
    assert max(metrics, default=0) <= 500
    assert all(1 <= len(status["alarms"]) <= 100 for status in properties([body], "alarm"))


@pytest.mark.parametrize(
    ("number", "names"),
    [
        (250, ["resources"]),
        (251, ["resources", "resources-2"]),
        (501, ["resources", "resources-2", "resources-3"]),
    ],
)
def test_a_dashboard_that_is_full_goes_on_under_the_next_number(number: int, names: list[str]) -> None:
    dashboards, _ = dashboards_of(number, kind_of([1], 0))
    assert list(dashboards) == names


def test_a_resource_stays_with_its_alarms_on_one_page() -> None:
    dashboards, _ = dashboards_of(200, kind_of([1, 1], 2))
    for body in dashboards.values():
        headers = {header["markdown"].split("\n")[0].split(": ")[1] for header in properties([body], "text")}
        arns = [one for status in properties([body], "alarm") for one in status["alarms"]]
        assert {one.split("vigil-")[1].split("-")[0] for one in arns} == headers


@pytest.mark.parametrize("metrics_by_widget", [[501], [1] * 500, [500] * 6])
def test_a_kind_that_no_dashboard_can_hold_is_refused_by_name(metrics_by_widget: list[int]) -> None:
    with pytest.raises(ValueError, match="ECS service: r0000"):
        dashboards_of(1, kind_of(metrics_by_widget, 0))
