"""How long each function works on one event, apart from waiting for AWS and Slack.

Claim: p99 at most 50 ms. Real boto3 clients check and build each request; its answer is made in memory. Ends
with status 1 when a function is over.
"""

import json
import logging
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest import mock

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

GOAL_MS = 50
EVENTS = 500
NAMES = ("ALERTS_TABLE", "IDEMPOTENCY_TABLE", "AUDIT_TABLE", "EVENT_BUS", "SLACK_SECRET_ID")
TOPIC = "arn:aws:sns:eu-west-1:123456789012:high"
TARGET = {"kind": "ecs", "cluster": "shop", "service": "checkout"}

# What the fake AWS answers, by operation; every other operation gets an empty answer.
ANSWERS: dict[str, Any] = {
    "PutEvents": {"FailedEntryCount": 0, "Entries": [{"EventId": "1"}, {"EventId": "2"}]},
    "DescribeServices": {"services": [{"status": "ACTIVE", "desiredCount": 3}], "failures": []},
    "DescribeAlarms": {"MetricAlarms": [{"StateValue": "ALARM"}]},
    "GetSecretValue": {"SecretString": "xoxb-token", "Name": "slack"},
}


@dataclass
class Context:
    """What Lambda passes as the context."""

    function_name: str = "vigil"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:vigil"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        """Return milliseconds."""
        return 30_000


def policy() -> dict[str, Any]:
    """Return a policy with a thousand alarms."""
    entry = {"alert": "EcsHighCpuUtilization", "resource": "r", "service": "checkout", "team": "shop"}
    texts = {"severity": "high", "summary": "busy", "runbook_url": "https://r", "dashboard_url": "https://d"}
    alarm = {**entry, **texts, "remediation": "scale_out_service", "target": TARGET}
    route = [{"channel": "slack", "destination": "#alerts"}]
    limits = {"step": 2, "max_capacity": 10, "cooldown_seconds": 900}
    return {
        "version": 1,
        "environment": "prod",
        "alarms": {f"alarm-{number}": alarm for number in range(1000)},
        "alerts": {},
        "services": {},
        "topics": {TOPIC: "high"},
        "routes": dict.fromkeys(("critical", "high", "medium", "low", "info"), route),
        "remediation": {"scale_out_service": {"mode": "automatic", "limits": limits}},
    }


def prepare(package: str) -> None:
    """Set the environment of the functions and put the fake AWS in place."""
    keys = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "AWS_DEFAULT_REGION": "eu-west-1"}
    os.environ.update({**keys, **dict.fromkeys(NAMES, "x")})
    os.environ["LAMBDA_TASK_ROOT"] = package
    os.environ["DEAD_LETTER_QUEUE_URL"] = "https://sqs.eu-west-1.amazonaws.com/123456789012/dead"
    (Path(package) / "policy.json").write_text(json.dumps(policy()))
    import boto3

    boto3.setup_default_session()
    assert boto3.DEFAULT_SESSION is not None
    boto3.DEFAULT_SESSION.events.register("before-call", answer)
    logging.disable(logging.CRITICAL)  # printing to a terminal is not what is measured


def answer(model: Any, **_: Any) -> Any:
    """Answer a call that botocore has built, in place of the network."""
    return mock.Mock(status_code=200), ANSWERS.get(model.name, {})


def sqs_event(number: int) -> dict[str, Any]:
    """Return the event of one alarm."""
    alarm = {"AlarmName": f"alarm-{number % 1000}", "NewStateValue": "ALARM", "NewStateReason": "x" * 400}
    message = json.dumps({**alarm, "StateChangeTime": datetime.now(UTC).isoformat()})
    body = json.dumps({"Type": "Notification", "TopicArn": TOPIC, "Message": message})
    return {"Records": [{"messageId": str(number), "body": body, "eventSource": "aws:sqs"}]}


def asked(number: int, kind: str) -> dict[str, Any]:
    """Return the event that the router would send for the alarm."""
    from lambdas.alert_router.normalise import normalise
    from lambdas.alert_router.plan import plan
    from lambdas.common.effects import detail
    from lambdas.common.policy import load

    now = datetime.now(UTC)
    [alert] = normalise(sqs_event(number)["Records"][0]["body"], load(), now).alerts
    [effect] = [effect for effect in plan(alert, load(), now) if effect.kind == kind]
    return {"detail": json.loads(json.dumps(detail(effect, alert)))}


def p99_ms(handle: Callable[[Any, Any], Any], events: list[dict[str, Any]]) -> float:
    """Return the 99th percentile of handling one event in a warm container, in milliseconds."""
    handle(events[0], Context())
    times = []
    for event in events:
        start = time.perf_counter()
        handle(event, Context())
        times.append((time.perf_counter() - start) * 1000)
    return statistics.quantiles(times, n=100)[98]


def main() -> int:
    """Measure, print one line and return the exit status."""
    with tempfile.TemporaryDirectory() as package:
        prepare(package)
        from lambdas.alert_router import handler as router
        from lambdas.notifier import handler as notifier
        from lambdas.remediation.scale_out_service import handler as scale_out

        slack = mock.Mock(request=lambda *_, **__: mock.Mock(status=200, json=lambda: {"ok": True}))
        with mock.patch.object(notifier, "http", return_value=slack):
            numbers = range(EVENTS)
            figures = {
                "alert_router": p99_ms(router.handler, [sqs_event(n) for n in numbers]),
                "notifier": p99_ms(notifier.handler, [asked(n, "notify") for n in numbers]),
                "scale_out_service": p99_ms(scale_out.handler, [asked(n, "remediate") for n in numbers]),
            }
    told = ", ".join(f"{name} {ms:.1f} ms" for name, ms in figures.items())
    print(f"one event, p99 of {EVENTS} without network: {told} (goal: at most {GOAL_MS} ms)")
    return int(max(figures.values()) > GOAL_MS)


if __name__ == "__main__":
    sys.exit(main())
