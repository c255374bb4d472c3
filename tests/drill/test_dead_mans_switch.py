"""The drill of the dead-man's switch: real Prometheus and Alertmanager on the rendered configuration beat; killed, the
beat stops, and the rendered alarm fires.

Time passes fifteen times as fast: the intervals of the rendered configuration are divided, and so is the alarm's period.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from alert_rules import yaml12
from alert_rules.quantities import Unit, parse
from tests import rendered
from tests.drill import sns
from tests.drill.alarm import fires_after, per_period
from tests.validators import servers
from tests.validators.process import HttpServer, free_address
from tests.validators.stacks import tree, with_service_account

pytestmark = pytest.mark.validators

FASTER = 15.0
ALERTMANAGER = "mounted/alertmanager/etc/alertmanager/alertmanager.yaml"
PROMETHEUS = "mounted/prometheus/etc/prometheus/config/prometheus.yaml"
AWS = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_EC2_METADATA_DISABLED": "true"}


def sped_up(text: str) -> str:
    """A duration of the configuration, divided."""
    return f"{round(parse(text, Unit.DURATION).value * 1000 / FASTER)}ms"


def alertmanager_configuration(folder: Path, url: str) -> Path:
    """The rendered configuration; SNS is the stand-in, and everybody else outside is left out."""
    file = tree("prod", folder) / ALERTMANAGER
    content = yaml12.load(file.read_text(encoding="utf-8"))
    for receiver in content["receivers"]:
        for kind in [key for key in receiver if key not in ("name", "sns_configs")]:
            del receiver[kind]
        for target in receiver.get("sns_configs", ()):
            target["api_url"] = url
    beat = content["route"]["routes"][0]
    for key in ("group_interval", "repeat_interval"):
        beat[key] = sped_up(beat[key])
    file.write_text(yaml12.dump(content), encoding="utf-8")
    return file


def prometheus_configuration(folder: Path, alertmanager: str, own: str) -> Path:
    """The rendered configuration and rules; it scrapes itself alone, as the pod that it is in the cluster."""
    file = with_service_account(rendered.written("prod", folder) / PROMETHEUS, folder)
    content = yaml12.load(file.read_text(encoding="utf-8"))
    (job,) = [job for job in content["scrape_configs"] if job["job_name"] == "prometheus"]
    labels = {"service": "prometheus", "team": "platform", "job": "prometheus", "instance": "prometheus-0"}
    content["scrape_configs"] = [
        {"job_name": job["job_name"], "static_configs": [{"targets": [own], "labels": labels}]}
    ]
    content["global"] |= {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    content["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [alertmanager]}]}]
    file.write_text(yaml12.dump(content), encoding="utf-8")
    return file


@contextmanager
def alerting(folder: Path, stand_in: sns.Sns) -> Iterator[ExitStack]:
    """Prometheus and Alertmanager as rendered; yields what ends Alertmanager."""
    with ExitStack() as both, ExitStack() as alertmanager_alone:
        (folder / "am").mkdir()
        (folder / "prom").mkdir()
        configuration = alertmanager_configuration(folder / "am", stand_in.url)
        alertmanager: HttpServer = alertmanager_alone.enter_context(servers.alertmanager(configuration, variables=AWS))
        own = free_address()
        prometheus = prometheus_configuration(folder / "prom", alertmanager.address, own)
        arguments = ("--rules.alert.resend-delay=1s", f"--web.listen-address={own}")
        both.enter_context(servers.prometheus(prometheus, *arguments, variables={"POD_NAME": "prometheus-0", **AWS}))
        yield alertmanager_alone


def the_alarm() -> dict[str, Any]:
    (found,) = [
        resource.inputs
        for resource in rendered.stack("prod").recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
        if resource.name.endswith("ClusterAlertingSilent")
    ]
    return dict(found)


def wait_for_beats(stand_in: sns.Sns, topic: str, count: int, *, patience: float = 60) -> None:
    deadline = time.monotonic() + patience
    while len(stand_in.beats(topic)) < count:
        assert time.monotonic() < deadline, f"{len(stand_in.beats(topic))} beats of {count} in {patience:.0f} s"
        time.sleep(0.2)


def test_alertmanager_killed_fires_the_alarm_outside_and_not_before(tmp_path: Path) -> None:
    alarm = the_alarm()
    topic = alarm["dimensions"]["TopicName"]
    period = alarm["period"] / FASTER
    with sns.running() as stand_in, alerting(tmp_path, stand_in) as alertmanager:
        wait_for_beats(stand_in, topic, 1)
        start = time.monotonic()
        # As long as the alarm would need to fire, and longer: it must not.
        time.sleep(period * (int(alarm["evaluationPeriods"]) + 2))
        killed = time.monotonic()
        alertmanager.close()
        time.sleep(period * (int(alarm["evaluationPeriods"]) + 2))
        end = time.monotonic()
        beats = stand_in.beats(topic)
    alive = per_period(beats, start=start, end=killed, period=period)
    assert fires_after(alarm, alive) is None, alive
    assert min(count or 0 for count in alive) >= 1, f"a minute without a beat: {alive}"
    whole = per_period(beats, start=start, end=end, period=period)
    fired = fires_after(alarm, whole)
    assert fired is not None, whole
    seconds = (fired + 1) * alarm["period"] - (killed - start) * FASTER
    assert 300 <= seconds <= 480, f"silent for {seconds:.0f} s of the cluster's time"
    assert alarm["alarmActions"] == ["arn:aws:sns:eu-west-1:333333333333:vigil-prod-alerts-critical"]
    mailed = [s.inputs["topic"] for s in subscriptions() if s.inputs["protocol"] == "email"]
    assert alarm["alarmActions"][0] in mailed, "the second road"


def subscriptions() -> list[Any]:
    return list(rendered.stack("prod").recording.of_type("aws:sns/topicSubscription:TopicSubscription"))


def test_the_beat_says_nothing_and_alerts_do_not_go_where_it_goes(tmp_path: Path) -> None:
    topic = the_alarm()["dimensions"]["TopicName"]
    with sns.running() as stand_in, alerting(tmp_path, stand_in):
        wait_for_beats(stand_in, topic, 2)
        messages = {message for _, message in stand_in.published[topic]}
    assert messages == {"alive"}
    assert not [name for name in stand_in.published if re.search("info$", name)], "nobody is told of the Watchdog"


def test_what_the_stand_in_for_the_alarm_counts() -> None:
    alarm = {
        "comparisonOperator": "LessThanThreshold",
        "evaluationPeriods": 3,
        "threshold": 1,
        "treatMissingData": "breaching",
    }
    assert fires_after(alarm, [1, None, None, 1, None, None, None]) == 6
    assert fires_after(alarm, [1, None, None, 1]) is None
    assert fires_after({**alarm, "treatMissingData": "notBreaching"}, [None] * 9) is None
    assert per_period([0.5, 0.7, 2.1], start=0, end=3.5, period=1) == [2.0, None, 1.0]
