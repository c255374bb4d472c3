"""The alarms as they reach CloudWatch. W1: the source's eight with exactly its figures."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from cli.recorder import Resource
from components.aws.alarms import SIMPLE_STATISTICS, alarm_arn
from tests.components.aws import deployment

METRIC_ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"


class Figures(NamedTuple):
    """An alarm's figures, in the source's words (predictive-maintenance-plan, phase 4, task 1)."""

    namespace: str
    metric: str
    statistic: str
    period: int
    evaluation_periods: int
    threshold: float
    comparison: str
    unit: str | None = None
    dimensions: dict[str, str] | None = None


ABOVE, BELOW = "GreaterThanThreshold", "LessThanThreshold"
OWN = "PredictiveMaintenance"
CLUSTER = {"ClusterName": "predictive"}
BALANCER = {"LoadBalancer": "app/public/50dc6c495c0c9188"}

SOURCE = {
    # API-Gateway-High-Error-Rate and -High-Latency; the source names no load balancer, the settings do
    "public-AlbHighErrorRate": Figures(
        "AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", "Sum", 300, 2, 10.0, ABOVE, "Count", BALANCER
    ),
    "public-AlbHighLatency": Figures(
        "AWS/ApplicationELB", "TargetResponseTime", "Average", 300, 3, 1.0, ABOVE, None, BALANCER
    ),
    # ML-Service-Prediction-Errors
    "ml-metrics-MLServicePredictionErrors": Figures(f"{OWN}/ml-service", "prediction_error", "Sum", 300, 2, 5.0, ABOVE),
    # Data-Quality-Degradation
    "pipeline-DataQualityDegradation": Figures(f"{OWN}/data-pipeline", "DataQuality", "Average", 3600, 1, 0.95, BELOW),
    # {cluster}-High-CPU-Utilization and -High-Memory-Utilization
    "cluster-EcsHighCpuUtilization": Figures(
        "AWS/ECS", "CPUUtilization", "Average", 300, 3, 80.0, ABOVE, None, CLUSTER
    ),
    "cluster-EcsHighMemoryUtilization": Figures(
        "AWS/ECS", "MemoryUtilization", "Average", 300, 3, 85.0, ABOVE, None, CLUSTER
    ),
    # Critical-Engine-Health-Alert
    "fleet-CriticalEngineHealth": Figures(
        f"{OWN}/api-gateway", "EngineHealthScore", "Maximum", 300, 1, 1.0, ABOVE, None, {"AlertLevel": "red"}
    ),
    # Model-Prediction-Accuracy-Drop
    "predictions-ModelPredictionAccuracyDrop": Figures(
        f"{OWN}/business-logic", "PredictionRelativeError", "Average", 3600, 2, 0.2, ABOVE
    ),
}


def rendered(name: str) -> Resource:
    return deployment.production().named(METRIC_ALARM, f"aws-alarm-{name}")


def every() -> list[Resource]:
    return list(deployment.production().of_type(METRIC_ALARM))


def figures(inputs: Any) -> Figures:
    return Figures(
        inputs["namespace"],
        inputs["metricName"],
        inputs["statistic"],
        inputs["period"],
        inputs["evaluationPeriods"],
        inputs["threshold"],
        inputs["comparisonOperator"],
        inputs.get("unit"),
        inputs.get("dimensions") or None,
    )


@pytest.mark.parametrize("name", SOURCE)
def test_an_alarm_of_the_source_has_exactly_its_figures(name: str) -> None:
    inputs = rendered(name).inputs
    assert figures(inputs) == SOURCE[name], f"{name}: {inputs}"
    # The source sets ActionsEnabled, which is the default, and neither of the two others.
    assert inputs.get("actionsEnabled", True) is True
    assert "datapointsToAlarm" not in inputs
    assert "extendedStatistic" not in inputs


def test_an_alarm_tells_the_topic_of_its_severity_when_it_fires_and_when_it_is_over() -> None:
    severities = {alarm.alert: alarm.severity for alarm in deployment.alarms()}
    for alarm in every():
        severity = severities[alarm.name.rsplit("-", 1)[1]]
        topic = f"arn:aws:sns:eu-west-1:123456789012:vigil-prod-alerts-{severity}"
        assert alarm.inputs["alarmActions"] == [topic], alarm.name
        assert alarm.inputs["okActions"] == [topic], alarm.name


def test_people_read_in_an_alarm_what_is_wrong_and_where_its_runbook_is() -> None:
    for alarm in every():
        text, name = alarm.inputs["alarmDescription"], alarm.name.rsplit("-", 1)[1]
        assert text.endswith(f" Runbook: https://runbooks.example.com/{name}.md"), alarm.name
        assert "$" not in text, f"{alarm.name}: a placeholder is left"
        assert len(text) <= 1024, f"{alarm.name}: CloudWatch takes 1024 characters"


def test_a_percentile_is_an_extended_statistic() -> None:
    inputs = rendered("rul-model-SagemakerEndpointLatency").inputs
    assert inputs["extendedStatistic"] == "p95"
    assert "statistic" not in inputs


def test_every_alarm_has_one_kind_of_statistic() -> None:
    for alarm in every():
        simple, extended = alarm.inputs.get("statistic"), alarm.inputs.get("extendedStatistic")
        assert (simple is None) != (extended is None), alarm.name
        assert simple is None or simple in SIMPLE_STATISTICS, alarm.name


def test_every_compiled_alarm_is_declared_once_under_a_name_of_its_own() -> None:
    names = [alarm.inputs["name"] for alarm in every()]
    assert len(set(names)) == len(names) == len(deployment.alarms())
    assert "vigil-prod-cluster-EcsHighCpuUtilization" in names


def test_the_arn_of_an_alarm_is_known_before_it_is_declared() -> None:
    predicted = {alarm_arn(deployment.context(), alarm) for alarm in deployment.alarms()}
    names = [alarm.inputs["name"] for alarm in every()]
    assert predicted == {f"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}" for name in names}
    assert len(predicted) == len(every())


def test_a_threshold_in_the_settings_changes_one_alarm_and_nothing_else_of_it() -> None:
    changed = deployment.rendered(alerts={"AlbHighErrorRate": {"threshold": 25, "severity": "critical"}})
    before, after = (
        {alarm.name: alarm.inputs for alarm in recording.of_type(METRIC_ALARM)}
        for recording in (deployment.production(), changed)
    )
    assert [name for name in before if before[name] != after[name]] == ["aws-alarm-public-AlbHighErrorRate"]
    assert after["aws-alarm-public-AlbHighErrorRate"]["threshold"] == 25
    assert after["aws-alarm-public-AlbHighErrorRate"]["alarmActions"][0].endswith("-critical")
