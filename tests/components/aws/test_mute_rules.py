"""A maintenance window as CloudWatch's alarm mute rules."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from components.aws.mute_rules import ALARMS_A_RULE, chunks
from tests.components.aws import deployment

WINDOW = deployment.WRITTEN["maintenance"][0]


def rules(**changes: Any) -> list[dict[str, Any]]:
    window = {**WINDOW, "services": None, **changes}
    recording = deployment.rendered(maintenance=[window])
    return [dict(r.inputs) for r in recording.of_type("aws:cloudwatch/alarmMuteRule:AlarmMuteRule")]


def test_a_window_is_a_cron_expression_in_its_own_time_zone_and_a_duration() -> None:
    [rule] = rules(days=["sunday", "wednesday"], start="02:30", end="04:00")
    assert rule["name"] == "vigil-prod-patching"
    assert rule["rule"] == {
        "schedule": {"expression": "cron(30 2 * * SUN,WED)", "duration": "PT90M", "timezone": "Europe/Dublin"}
    }


def test_a_window_may_end_with_the_day() -> None:
    [rule] = rules(start="22:00", end="24:00")
    assert rule["rule"]["schedule"]["duration"] == "PT120M"


def test_a_window_of_a_service_mutes_its_alarms_alone() -> None:
    [rule] = rules(services=["ml-service"])
    assert rule["muteTargets"]["alarmNames"] == [
        "vigil-prod-ml-metrics-MLServicePredictionErrors",
        "vigil-prod-ml-service-EcsHighCpuUtilization",
        "vigil-prod-ml-service-EcsHighMemoryUtilization",
    ]


def test_a_window_that_concerns_no_alarm_makes_no_rule() -> None:
    assert rules(services=["checkout"]) == []


def test_the_rule_is_made_after_its_alarms() -> None:
    recording = deployment.rendered(maintenance=[{**WINDOW, "services": None}])
    [rule] = recording.of_type("aws:cloudwatch/alarmMuteRule:AlarmMuteRule")
    alarms = {r.urn for r in recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")}
    assert alarms <= set(rule.dependencies)


def test_more_alarms_than_a_rule_takes_are_several_rules() -> None:
    names = [str(number) for number in range(2 * ALARMS_A_RULE + 1)]
    assert [len(part) for part in chunks(names)] == [ALARMS_A_RULE, ALARMS_A_RULE, 1]
    assert [name for part in chunks(names) for name in part] == names
    assert chunks([]) == []


def test_cloudwatchs_own_model_takes_the_rule() -> None:
    [rule] = rules()
    service = botocore.session.get_session().get_service_model("cloudwatch")
    schedule = {key.capitalize(): value for key, value in rule["rule"]["schedule"].items()}
    request = {
        "Name": rule["name"],
        "Description": rule["description"],
        "Rule": {"Schedule": schedule},
        "MuteTargets": {"AlarmNames": rule["muteTargets"]["alarmNames"]},
    }
    shape = service.operation_model("PutAlarmMuteRule").input_shape
    assert shape is not None
    assert ParamValidator().validate(request, shape).has_errors() is False
    with pytest.raises(AssertionError):
        assert not ParamValidator().validate({**request, "Rule": {}}, shape).has_errors()
