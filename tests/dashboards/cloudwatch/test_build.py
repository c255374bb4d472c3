"""CloudWatch dashboard bodies of one resource of every kind in the catalogue."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from jsonschema import Draft202012Validator
from moto import mock_aws

from alert_rules.compilers.cloudwatch import CompiledAlarm, dimensions_for
from dashboards.cloudwatch.build import Body
from tests.dashboards.cloudwatch.stacks import (
    KINDS,
    REGION,
    arn,
    built,
    compiled,
    every_dashboard,
    graph,
    one_of_each,
    properties,
    resource,
)
from tests.dashboards.grid import assert_tidy

SCHEMA = Draft202012Validator(json.loads((Path(__file__).parent / "body.schema.json").read_text()))
EVERY = every_dashboard()
ALARMS = compiled(one_of_each())

each_body = pytest.mark.parametrize("body", EVERY.values(), ids=EVERY.keys())


def test_there_is_one_for_each_audience_that_a_kind_names() -> None:
    assert list(EVERY) == ["api", "business", "models", "monitoring", "resources"]
    assert set(EVERY) == {kind.dashboard for kind in KINDS.values()}


def test_a_dashboard_without_resources_is_not_made() -> None:
    alb = resource(KINDS["alb"], "public")
    assert set(built([alb], compiled([alb]))) == {"api"}
    assert built([], []) == {}


@each_body
def test_it_has_the_structure_that_aws_documents(body: Body) -> None:
    errors = [f"{list(error.absolute_path)}: {error.message}" for error in SCHEMA.iter_errors(body)]
    assert not errors
    for shown in properties([body], "metric"):
        for series in shown["metrics"]:
            assert all(isinstance(part, str) for part in series[:-1])
            assert len(series) % 2 == 1, f"a dimension without a value: {series}"
            assert isinstance(series[-1], dict)


@each_body
def test_nothing_overlaps(body: Body) -> None:
    assert_tidy((w["x"], w["y"], w["width"], w["height"]) for w in body["widgets"])


@each_body
def test_graphs_keep_the_periods_that_alarms_use(body: Body) -> None:
    assert (body["periodOverride"], body["start"]) == ("inherit", "-PT6H")


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_every_widget_of_a_kind_is_drawn_for_its_resource(kind: Any) -> None:
    own = resource(kind, "mine")
    dashboards = built([own], compiled([own]))
    (header,) = properties(dashboards.values(), "text")
    assert kind.title in header["markdown"]
    assert "mine" in header["markdown"]
    for widget in kind.widgets:
        shown = graph(dashboards, f"mine: {widget.title}")
        path = [part for pair in dimensions_for(kind, own, widget.dimensions).items() for part in pair]
        assert [series[:-1] for series in shown["metrics"]] == [
            [kind.namespace, metric, *path] for metric in widget.metrics
        ]
        assert [series[-1]["label"] for series in shown["metrics"]] == list(widget.metrics)
        assert (shown["stat"], shown["period"]) == (widget.statistic, widget.period.value)
        assert (shown["region"], shown["view"]) == (REGION, "timeSeries")
        assert shown["yAxis"]["left"]["label"] == widget.unit


def lines(shown: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = shown.get("annotations", {}).get("horizontal", [])
    return found


def named(alert: str, alarms: tuple[CompiledAlarm, ...] = ALARMS) -> CompiledAlarm:
    return next(alarm for alarm in alarms if alarm.alert == alert)


@pytest.mark.parametrize(
    ("title", "alert"),
    [
        ("the-alb: Answers by class", "AlbHighErrorRate"),
        ("the-alb: Response time", "AlbHighLatency"),
        ("the-ecs: CPU", "EcsHighCpuUtilization"),
        ("the-ecs: Memory", "EcsHighMemoryUtilization"),
        ("the-kinesis: Iterator age", "KinesisIteratorAge"),
        ("the-kinesis: Throttled", "KinesisWriteThrottled"),
        ("the-sagemaker-endpoint: Invocation errors", "SagemakerEndpointErrors"),
        ("the-ml-service: Predictions", "MLServicePredictionErrors"),
        ("the-data-pipeline: Data quality", "DataQualityDegradation"),
        ("the-engine-fleet: Health score of engines in red", "CriticalEngineHealth"),
        ("the-prediction-quality: Relative prediction error", "ModelPredictionAccuracyDrop"),
    ],
)
def test_the_line_of_a_graph_is_its_alarms_threshold(title: str, alert: str) -> None:
    (line,) = lines(graph(EVERY, title))
    assert line["value"] == named(alert).threshold
    assert line["label"] == f"{alert} ({named(alert).severity})"


def test_the_line_is_the_threshold_of_the_environment_and_shaded_where_it_fires() -> None:
    overrides = {"AlbHighLatency": {"threshold": "250ms"}, "DataQualityDegradation": {"threshold": "90%"}}
    dashboards = built(one_of_each(), compiled(one_of_each(), overrides=overrides))
    (latency,) = lines(graph(dashboards, "the-alb: Response time"))
    (quality,) = lines(graph(dashboards, "the-data-pipeline: Data quality"))
    assert (latency["value"], latency["fill"]) == (0.25, "above")
    assert (quality["value"], quality["fill"]) == (0.9, "below")


def test_a_disabled_alarm_leaves_no_line_and_no_status() -> None:
    overrides = {"AlbHighLatency": {"enabled": False}}
    dashboards = built(one_of_each(), compiled(one_of_each(), overrides=overrides))
    assert lines(graph(dashboards, "the-alb: Response time")) == []
    assert "AlbHighLatency" not in json.dumps(dashboards)


def test_a_line_never_stands_on_a_graph_of_another_resource() -> None:
    one, other = resource(KINDS["ecs"], "one"), resource(KINDS["ecs"], "other")
    dashboards = built([one, other], compiled([one]))
    assert lines(graph(dashboards, "one: CPU"))
    assert lines(graph(dashboards, "other: CPU")) == []


@pytest.mark.parametrize(
    "change",
    [
        {"statistic": "Maximum"},
        {"period": KINDS["kinesis"].widgets[2].period},
        {"dimensions": ("ClusterName",)},
        {"metrics": ("MemoryReservation",)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_line_never_stands_on_a_graph_of_another_series(change: dict[str, Any]) -> None:
    kind, one = KINDS["ecs"], resource(KINDS["ecs"], "one")
    changed = kind.model_copy(update={"widgets": (kind.widgets[0].model_copy(update=change),)})
    assert lines(graph(built([one], compiled([one]), {"ecs": changed}), "one: CPU")) == []


def test_every_alarm_of_a_dashboard_is_in_its_status_widget() -> None:
    for name, body in EVERY.items():
        (status,) = properties([body], "alarm")
        expected = {arn(alarm) for alarm in ALARMS if KINDS[alarm.resource.kind].dashboard == name}
        assert set(status["alarms"]) == expected
        assert len(status["alarms"]) == len(expected)
        assert body["widgets"][0]["type"] == "alarm", "what fires stands on top"


def test_the_order_of_what_is_given_does_not_matter() -> None:
    backwards = built(one_of_each()[::-1], ALARMS[::-1])
    assert json.dumps(backwards) == json.dumps(EVERY) == json.dumps(every_dashboard())


@mock_aws
def test_the_api_takes_every_body() -> None:
    cloudwatch = boto3.client("cloudwatch", region_name=REGION)
    for name, body in EVERY.items():
        answer = cloudwatch.put_dashboard(DashboardName=f"vigil-prod-{name}", DashboardBody=json.dumps(body))
        assert answer["DashboardValidationMessages"] == []
        kept = cloudwatch.get_dashboard(DashboardName=f"vigil-prod-{name}")
        assert json.loads(kept["DashboardBody"]) == body
