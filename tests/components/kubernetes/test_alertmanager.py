"""Whom Alertmanager tells, and when."""

from __future__ import annotations

import re
from typing import Any

from alert_rules import yaml12
from alert_rules.loader import builtin
from alert_rules.model import Severity
from alert_rules.quantities import Unit, parse
from components.kubernetes import alertmanager, notification_routes
from components.routing import AlertTopics
from components.settings.model import Settings
from tests.components.kubernetes.examples import KUBERNETES_SECRET, without_aws
from tests.settings.examples import parsed, settings_of

TOPICS = AlertTopics(
    {severity: f"arn:aws:sns:eu-west-1:1:{severity}" for severity in Severity}, "arn:aws:sns:eu-west-1:1:heartbeat"
)


def routing(settings: Settings, topics: AlertTopics | None = None) -> dict[str, Any]:
    content: dict[str, Any] = yaml12.load(notification_routes.configuration(settings, topics or AlertTopics()))
    return content


def test_without_aws_alertmanager_tells_slack_itself() -> None:
    by_name = {r["name"]: r for r in routing(without_aws())["receivers"]}
    assert by_name["critical"]["slack_configs"][0]["channel"] == "#alerts-critical"
    assert by_name["critical"]["slack_configs"][0]["app_token_file"] == "/etc/vigil/secrets/slack-bot-token/value"
    assert "email_configs" in by_name["high"]
    assert not any("sns_configs" in receiver for receiver in by_name.values())


def test_alertmanager_mails_its_own_alerts_with_topics_or_without() -> None:
    mailing = [r["name"] for r in routing(parsed("prod"), TOPICS)["receivers"] if "email_configs" in r]
    assert mailing == ["critical", "high"]


def test_what_goes_to_a_topic_has_no_subject_that_sns_could_refuse() -> None:
    # Alertmanager's own subject joins all labels, and SNS refuses one of more than 100 characters for good.
    for receiver in routing(parsed("prod"), TOPICS)["receivers"]:
        assert [config["subject"] for config in receiver["sns_configs"]] == [""]


def test_replicas_wait_for_each_other_for_less_than_the_shortest_group_interval() -> None:
    most = 5
    spec = alertmanager.spec(parsed("prod", alertmanager={"replicas": most}), "")
    assert f"--cluster.peer-timeout={alertmanager.PEER_TIMEOUT}s" in spec.args
    shortest = min(parse(interval, Unit.DURATION).value for _, interval, _ in notification_routes._TIMINGS.values())
    assert (most - 1) * alertmanager.PEER_TIMEOUT < shortest


def test_the_sources_timings_are_those_of_critical() -> None:
    critical = next(r for r in routing(without_aws())["route"]["routes"] if r["matchers"] == ['severity="critical"'])
    assert (critical["group_wait"], critical["group_interval"], critical["repeat_interval"]) == ("10s", "10s", "1h")


def test_what_is_worse_silences_what_is_milder_of_the_same_alert_and_service() -> None:
    rules = [rule for rule in routing(without_aws())["inhibit_rules"] if "alertname" in rule["equal"]]
    assert all({"alertname", "service"} <= set(rule["equal"]) for rule in rules)
    assert len(rules) == len(Severity) - 1
    assert rules[0]["source_matchers"] == ['severity="critical"']
    assert rules[0]["target_matchers"] == ['severity=~"high|medium|low|info"']


def told_by(settings: Settings, name: str) -> list[tuple[list[str], list[str], list[str]]]:
    """What silences an alert: the matchers of both, and the labels in which they must agree."""
    return [
        (rule["source_matchers"], rule["target_matchers"][1:], rule["equal"])
        for rule in routing(settings, TOPICS)["inhibit_rules"]
        if rule["target_matchers"][0] == f'alertname="{name}"'
    ]


def test_what_tells_of_a_fault_silences_what_would_tell_of_it_again() -> None:
    assert told_by(without_aws(), "ErrorBudgetBurningSlowly") == [
        (
            ['alertname="ErrorBudgetBurningFast"', 'severity=~"critical|high|medium"'],
            ['severity="medium"'],
            ["service", "slo", "environment"],
        )
    ]
    [page] = [found for found in told_by(without_aws(), "ErrorBudgetBurningFast") if "HighErrorRate" in found[0][0]]
    assert page == (
        ['alertname="HighErrorRate"', 'severity=~"critical"'],
        ['severity="critical"', 'slo="availability"'],
        ["service", "environment"],
    ), "an objective on anything but answers is another fault"


def test_what_is_heard_by_nobody_silences_no_page() -> None:
    first, *others = settings_of("prod")["services"]
    services = [{**first, "alerts": {"ErrorBudgetBurningSlowly": {"severity": "critical"}}}, *others]
    found = told_by(parsed("prod", services=services), "ErrorBudgetBurningSlowly")
    assert {source[1] for source, target, _ in found if target == ['severity="critical"']} == {'severity=~"critical"'}
    assert {source[1] for source, target, _ in found if target == ['severity="medium"']} == {
        'severity=~"critical|high|medium"'
    }


def test_who_tells_of_a_fault_is_an_alert() -> None:
    rules = builtin().rules
    tellers = {teller for alert in rules for teller in alert.told_by}
    assert tellers <= {alert.name for alert in rules}


def test_a_window_of_everything_mutes_every_route_and_one_of_a_service_its_own() -> None:
    base = {"timezone": "Europe/Dublin", "days": ["sunday"], "start": "02:00", "end": "03:00"}
    windows = [{"name": "all", **base}, {"name": "own", **base, "days": ["monday"], "services": ["redis"]}]
    heartbeat, *routes = routing(parsed("prod", maintenance=windows), TOPICS)["route"]["routes"]
    assert routes[0]["matchers"] == ['service=~"redis"']
    assert {tuple(r["mute_time_intervals"]) for r in routes[0]["routes"]} == {("all", "own")}
    assert {tuple(r["mute_time_intervals"]) for r in routes[1:]} == {("all",)}
    assert "mute_time_intervals" not in heartbeat


def test_time_zones_are_shipped_since_the_image_has_none() -> None:
    spec = alertmanager.spec(parsed("prod"), "")
    zones = next(config for config in spec.config if config.name == "zones")
    assert str(zones.files["Europe/Dublin"][:4]) == "b'TZif'"
    assert zones.items == [{"key": "Europe.Dublin", "path": "Europe/Dublin"}]
    assert spec.environment["ZONEINFO"] == zones.directory


def test_a_single_alertmanager_has_no_peers() -> None:
    spec = alertmanager.spec(parsed("dev"), "")
    assert "--cluster.listen-address=" in spec.args
    assert [port.name for port in spec.ports] == ["http-metrics"]


def test_the_heart_beats_first_and_outside_of_everything_else() -> None:
    beat = routing(parsed("prod"), TOPICS)["route"]["routes"][0]
    assert (beat["matchers"], beat["receiver"]) == (['alertname="Watchdog"'], "heartbeat")
    repeat, flush = (parse(beat[key], Unit.DURATION).value for key in ("repeat_interval", "group_interval"))
    # A repeat leaves with the flush after it is due: once a minute at the least.
    assert repeat + flush <= 60
    by_name = {r["name"]: r for r in routing(parsed("prod"), TOPICS)["receivers"]}
    assert by_name["heartbeat"]["sns_configs"][0]["topic_arn"] == TOPICS.heartbeat


def test_the_heart_beats_at_an_address_outside_where_one_is_set() -> None:
    by_name = {r["name"]: r for r in routing(without_aws(heartbeat_url=KUBERNETES_SECRET))["receivers"]}
    (call,) = by_name["heartbeat"]["webhook_configs"]
    assert call["url_file"] == "/etc/vigil/secrets/heartbeat-url/value"
    assert "webhook_configs" not in {r["name"]: r for r in routing(without_aws())["receivers"]}["heartbeat"]


def test_teams_and_a_webhook_hear_the_severities_they_are_given() -> None:
    told = {"teams": {"severities": ["critical"]}, "webhook": {"severities": ["critical", "low"]}}
    settings = without_aws(
        receivers={**told, "email": None}, teams_webhook_url=KUBERNETES_SECRET, webhook_url=KUBERNETES_SECRET
    )
    receivers = routing(settings)["receivers"]
    assert [r["name"] for r in receivers if "msteamsv2_configs" in r] == ["critical"]
    assert [r["name"] for r in receivers if r["name"] != "heartbeat" and "webhook_configs" in r] == ["critical", "low"]
    assert receivers[0]["msteamsv2_configs"][0]["webhook_url_file"].endswith("teams-webhook-url/value")


def test_a_node_that_is_gone_silences_what_says_that_something_on_it_is() -> None:
    rule, *_ = routing(without_aws())["inhibit_rules"]
    assert rule["source_matchers"] == ['alertname="NodeUnreachable"', 'node!=""']
    silenced = re.findall(r"[A-Z][A-Za-z]+", rule["target_matchers"][0])
    assert "ServiceDown" in silenced
    assert set(silenced) <= set(builtin().alerts)
    # An absent label equals an absent label, so both sides must have one.
    assert rule["target_matchers"][1] == 'node!=""'
    assert "node" in rule["equal"]
