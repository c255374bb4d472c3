"""Recorded messages become alerts; what they mean comes from the policy alone."""

from datetime import UTC, datetime
from typing import Any

from lambdas.alert_router.normalise import normalise
from lambdas.common.alert import Alert, Severity, Source, Status, Target
from lambdas.common.policy import Policy
from tests.lambdas.cloud import ALARM
from tests.lambdas.world import NOW, alarm_message, policy_document, recorded, sns_body

POLICY = Policy.read(policy_document())
LATER = datetime(2026, 3, 1, 11, tzinfo=UTC)


def only(message: Any, topic: str = "high") -> Alert:
    """Return the one alert of a message."""
    found = normalise(sns_body(message, topic), POLICY, LATER)
    assert found.problems == ()
    [alert] = found.alerts
    return alert


def prometheus(**labels: str | None) -> Alert:
    """Return the recorded firing alert with labels changed (None: removed)."""
    item = recorded("alertmanager_firing")["alerts"][0]
    merged = {**item["labels"], **labels}
    kept = {name: value for name, value in merged.items() if value is not None}
    return only({"alerts": [{**item, "labels": kept}]}, topic="medium")


def test_an_alarm_means_what_the_catalogue_says() -> None:
    alert = only(recorded("cloudwatch_alarm"), topic="critical")
    assert (alert.name, alert.status, alert.severity) == (
        "EcsHighCpuUtilization",
        Status.FIRING,
        Severity.HIGH,
    )
    assert (alert.service, alert.team, alert.environment) == ("ml-service", "ml", "prod")
    assert alert.source is Source.CLOUDWATCH
    assert alert.summary == "ml-service uses too much CPU"
    assert alert.description.startswith("Threshold Crossed: 3 out of the last 3")
    assert alert.runbook_url == "https://runbooks.example.com/EcsHighCpuUtilization"
    assert alert.dashboard_url == "https://console.example.com/ml-service"
    assert alert.changed_at == alert.started_at == datetime(2026, 3, 1, 10, 0, 0, 123000, tzinfo=UTC)
    assert alert.remediation == "scale_out_service"
    assert alert.target == Target("ecs", {"cluster": "predictive", "service": "ml-service"})
    assert alert.labels["alarm_name"] == ALARM


def test_an_alarm_keeps_its_fingerprint_when_it_is_resolved() -> None:
    firing, resolved = only(recorded("cloudwatch_alarm")), only(recorded("cloudwatch_ok"))
    assert firing.fingerprint == resolved.fingerprint
    assert firing.transition_id != resolved.transition_id
    assert resolved.started_at is None


def test_an_alarm_that_is_not_in_the_catalogue_takes_the_severity_of_its_topic() -> None:
    alert = only(recorded("cloudwatch_composite"), topic="critical")
    assert (alert.name, alert.severity) == ("prod-checkout-Degraded", Severity.CRITICAL)
    assert (alert.service, alert.team) == ("unknown", "unassigned")
    assert (alert.remediation, alert.target) == (None, None)
    assert alert.summary == "Checkout is failing and slow"


def test_nothing_is_read_out_of_names() -> None:
    alert = only(alarm_message(AlarmName="prod-ml-service-critical-high-cpu", AlarmDescription=None), "low")
    assert (alert.severity, alert.service, alert.remediation) == (Severity.LOW, "unknown", None)


def test_a_topic_that_the_policy_does_not_know_is_taken_seriously() -> None:
    assert only(alarm_message(AlarmName="new"), topic="brand-new").severity is Severity.HIGH


def test_two_topics_of_one_unknown_alarm_are_two_alerts() -> None:
    message = recorded("cloudwatch_composite")
    assert only(message, "critical").fingerprint != only(message, "low").fingerprint


def test_alarms_of_one_name_in_two_regions_are_two_alerts() -> None:
    elsewhere = alarm_message(AlarmArn=f"arn:aws:cloudwatch:eu-central-1:123456789012:alarm:{ALARM}")
    assert only(elsewhere).fingerprint != only(alarm_message()).fingerprint


def test_a_prometheus_alert_carries_its_labels_and_annotations() -> None:
    alert = prometheus()
    assert (alert.name, alert.service, alert.team) == ("HighErrorRate", "checkout", "payments")
    assert (alert.severity, alert.environment) == (Severity.CRITICAL, "prod")
    assert alert.source is Source.PROMETHEUS
    assert alert.summary == "checkout answers with errors"
    assert alert.runbook_url == "https://runbooks.example.com/HighErrorRate"
    assert alert.changed_at == alert.started_at == datetime(2026, 3, 1, 10, 0, 4, 123456, tzinfo=UTC)


def test_a_resolved_prometheus_alert_changed_when_it_ended() -> None:
    firing, resolved = prometheus(), only(recorded("alertmanager_resolved"))
    assert resolved.changed_at == datetime(2026, 3, 1, 10, 12, 34, 123456, tzinfo=UTC)
    assert resolved.started_at == firing.started_at
    assert resolved.fingerprint == firing.fingerprint


def test_a_severity_outside_the_vocabulary_becomes_that_of_the_topic_and_is_noted() -> None:
    alert = prometheus(severity="warning")
    assert alert.severity is Severity.MEDIUM
    assert "severity \"warning\" is not one of vigil's; its topic's is used: medium" in alert.description
    assert prometheus(severity=None).severity is Severity.MEDIUM


def test_the_policy_fills_in_what_a_prometheus_alert_does_not_say() -> None:
    alert = prometheus(team=None, environment=None, service="ml-service")
    assert (alert.team, alert.environment) == ("ml", "prod")
    assert alert.target is not None
    assert alert.target.key == "ecs/predictive/ml-service"
    assert prometheus(team=None, service=None).team == "unassigned"


def test_a_link_that_is_none_costs_the_link_and_not_the_alert() -> None:
    item = recorded("alertmanager_firing")["alerts"][0]
    item["annotations"] = {"runbook_url": "javascript:alert(1)", "dashboard_url": "not a link"}
    alert = only({"alerts": [item]})
    assert (alert.runbook_url, alert.dashboard_url) == ("https://runbooks.example.com/r", "")


def test_long_prose_is_cut() -> None:
    alert = only(alarm_message(NewStateReason="x" * 100_000))
    assert len(alert.description) == 4096


def test_an_alert_survives_its_journey_as_json() -> None:
    for alert in (only(recorded("cloudwatch_alarm")), only(recorded("cloudwatch_ok")), prometheus()):
        arrived = Alert.from_json(alert.to_json())
        assert arrived == alert
        assert arrived.transition_id == alert.transition_id


def test_a_time_to_come_is_refused() -> None:
    found = normalise(sns_body(recorded("cloudwatch_ok")), POLICY, NOW)
    assert found.alerts == ()
    assert "in the future" in found.problems[0]
