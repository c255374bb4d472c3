"""A small AWS in memory in which the functions run: moto behind real clients, watched and made to fail."""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from itertools import repeat
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from moto import mock_aws

from lambdas.common import aws, clock, idempotency, policy
from tests.lambdas.cloud import ALARM, REGION, deploy, session

ROOT = Path(__file__).parents[2]
EVENTS = Path(__file__).parent / "events"
NOW = datetime(2026, 3, 1, 10, 1, tzinfo=UTC)  # a minute after the recorded alarms; a Sunday
TOPIC = "arn:aws:sns:eu-west-1:123456789012:vigil-prod-{}"
TARGET = {"kind": "ecs", "cluster": "predictive", "service": "ml-service"}

Params = dict[str, Any]
Reaction = Callable[[Params], tuple[Any, dict[str, Any]] | None]


class Crash(BaseException):
    """The container dies here: nothing that follows runs, as with a time-out of the function."""


def recorded(name: str) -> Any:
    """Return one of the recorded events."""
    return json.loads((EVENTS / f"{name}.json").read_text())


def policy_document(**changes: Any) -> dict[str, Any]:
    """Return a policy as the deploy writes it, with the top-level keys replaced that are given."""
    slack = {name: [{"channel": "slack", "destination": f"#alerts-{name}"}] for name in ("critical", "high", "medium")}
    document = {
        "version": 1,
        "environment": "prod",
        "alarms": {
            ALARM: {
                "alert": "EcsHighCpuUtilization",
                "resource": "ml-service",
                "service": "ml-service",
                "team": "ml",
                "severity": "high",
                "summary": "ml-service uses too much CPU",
                "runbook_url": "https://runbooks.example.com/EcsHighCpuUtilization",
                "dashboard_url": "https://console.example.com/ml-service",
                "remediation": "scale_out_service",
                "target": TARGET,
            }
        },
        "alerts": {"HighErrorRate": {"remediation": None, "runbook_url": "https://runbooks.example.com/r"}},
        "services": {
            "ml-service": {"team": "ml", "target": TARGET},
            "checkout": {"team": "payments", "target": None},
        },
        "topics": {TOPIC.format(name): name for name in ("critical", "high", "medium", "low", "info")},
        "routes": {**slack, "low": [], "info": []},
        "remediation": {
            "scale_out_service": {
                "mode": "automatic",
                "limits": {"step": 2, "max_capacity": 10, "cooldown_seconds": 900},
            }
        },
    }
    return {**document, **changes}


def sns_body(message: Any, topic: str = "high", **envelope: Any) -> str:
    """Return the body of an SQS message that carries the message as SNS delivers it."""
    text = message if isinstance(message, str) else json.dumps(message)
    return json.dumps({**recorded("sns_envelope"), "Message": text, "TopicArn": TOPIC.format(topic), **envelope})


def alarm_message(**changes: Any) -> dict[str, Any]:
    """Return the recorded alarm with changes."""
    return {**recorded("cloudwatch_alarm"), **changes}


def refuse(code: str = "InternalServerError", status: int = 500) -> Reaction:
    """Return a reaction: the service answers with an error."""
    answer = {"Error": {"Code": code, "Message": "injected"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return lambda _params: (type("Http", (), {"status_code": status})(), answer)


def crash(params: Params) -> None:
    """A reaction: die before the call."""
    raise Crash


@dataclass
class Context:
    """What Lambda passes as the context."""

    remaining: Iterator[int] = field(default_factory=lambda: repeat(60_000))
    function_name: str = "vigil"
    memory_limit_in_mb: int = 256
    invoked_function_arn: str = f"arn:aws:lambda:{REGION}:123456789012:function:vigil"
    aws_request_id: str = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        """Return milliseconds."""
        return next(self.remaining)


@dataclass(frozen=True)
class Call:
    """One call to AWS."""

    service: str
    operation: str
    params: Params


@dataclass
class World:
    """The functions and the AWS around them."""

    patch: pytest.MonkeyPatch
    references: dict[str, str]
    time: datetime = NOW
    calls: list[Call] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)  # entries that EventBridge accepted
    reactions: dict[str, list[Reaction]] = field(default_factory=dict)
    remaining: Iterator[int] = field(default_factory=lambda: repeat(60_000))  # milliseconds, each time it is asked

    def aws(self, service: str) -> Any:
        """Return a client that is neither watched nor made to fail."""
        return session().client(service)  # type: ignore[call-overload]

    def react(self, operation: str, *reactions: Reaction) -> None:
        """Let the next calls of the operation meet these reactions, one each."""
        self.reactions.setdefault(operation, []).extend(reactions)

    # The functions

    def use_policy(self, **changes: Any) -> None:
        """Deploy the router with another policy."""
        (Path(os.environ["LAMBDA_TASK_ROOT"]) / "policy.json").write_text(json.dumps(policy_document(**changes)))
        clear_caches()

    def route(self, *bodies: str) -> list[str]:
        """Deliver the bodies to the alert router as one batch; return the bodies to deliver again."""
        records = [{**recorded("sqs_record"), "messageId": str(uuid.uuid4()), "body": body} for body in bodies]
        answer = self.invoke("alert_router", {"Records": records})
        failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        return [record["body"] for record in records if record["messageId"] in failed]

    def invoke(self, function: str, event: Any) -> Any:
        """Invoke a function with the environment that its manifest declares, and nothing else."""
        for name, reference in manifest(function)["environment"].items():
            self.patch.setenv(name, self.references[reference])
        module = import_module(f"lambdas.{function.replace('/', '.')}.handler")
        return module.handler(event, Context(self.remaining))

    # What can be seen afterwards

    def effects(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return the details of the events that EventBridge accepted."""
        return [json.loads(e["Detail"]) for e in self.sent if kind in (None, e["DetailType"])]

    def event(self, kind: str, number: int = 0) -> dict[str, Any]:
        """Return one accepted event as EventBridge delivers it."""
        return {**recorded("eventbridge"), "detail-type": kind, "detail": self.effects(kind)[number]}

    def alerts(self) -> list[dict[str, Any]]:
        """Return the stored states of alerts."""
        return self._items("table.alerts")

    def audit(self) -> list[dict[str, Any]]:
        """Return the audit records, oldest first; neither intents nor cooldowns."""
        entries = [item for item in self._items("table.audit") if "outcome" in item]
        return sorted(entries, key=lambda item: str(item["sk"]))

    def cooldowns(self) -> list[dict[str, Any]]:
        """Return the cooldowns that are held."""
        return [item for item in self._items("table.audit") if str(item["sk"]).startswith("cooldown")]

    def dead_letters(self) -> list[dict[str, Any]]:
        """Return the messages in the dead-letter queue, and delete them."""
        sqs, url = self.aws("sqs"), self.references["queue.alerts_dead_letters"]
        found: list[dict[str, Any]] = []
        while batch := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]).get(
            "Messages"
        ):
            found += batch
        sqs.purge_queue(QueueUrl=url)
        return found

    def desired_count(self) -> int:
        """Return the desired count of the service ml-service."""
        services = self.aws("ecs").describe_services(cluster="predictive", services=["ml-service"])["services"]
        return int(services[0]["desiredCount"])

    def _items(self, reference: str) -> list[dict[str, Any]]:
        table = session().resource("dynamodb").Table(self.references[reference])
        return list(table.scan()["Items"])

    # Watching

    def watch(self) -> None:
        """Watch every client that the functions will make."""
        watched = session()
        watched.events.register("before-parameter-build", self._remember)
        watched.events.register("before-call", self._before)
        watched.events.register("after-call.events.PutEvents", self._after_put_events)
        boto3.DEFAULT_SESSION = watched

    def _remember(self, params: Params, model: Any, context: dict[str, Any], **_: Any) -> None:
        context["vigil"] = params
        self.calls.append(Call(model.service_model.signing_name, model.name, params))

    def _before(self, model: Any, context: dict[str, Any], **_: Any) -> Any:
        queue = self.reactions.get(model.name)
        return queue.pop(0)(context["vigil"]) if queue else None

    def _after_put_events(self, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        results = zip(context["vigil"]["Entries"], parsed.get("Entries", []), strict=False)
        self.sent += [entry for entry, result in results if "EventId" in result]


def let_through(params: Params) -> None:
    """A reaction: nothing happens to this call."""


def manifest(function: str) -> dict[str, Any]:
    """Return the manifest of a function, given as the path of its folder in lambdas/."""
    return dict(yaml.safe_load((ROOT / "lambdas" / function / "manifest.yaml").read_text()))


def clear_caches() -> None:
    """Make the functions start cold."""
    for function in (aws.client, idempotency._store, idempotency._config, policy.load):
        function.cache_clear()
    for path in (ROOT / "lambdas").rglob("handler.py"):
        module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


@contextmanager
def world(patch: pytest.MonkeyPatch, package: Path) -> Iterator[World]:
    """Yield a world whose AWS has what the deploy makes; `package` stands for the unpacked zip."""
    with mock_aws():
        made = World(patch, deploy(session()))
        patch.setenv("LAMBDA_TASK_ROOT", str(package))
        patch.setattr(clock, "now", lambda: made.time)
        # To the record of work no time remains, so that work that was under way in a crash can be retried at once.
        begin = idempotency.begin
        patch.setattr(idempotency, "begin", lambda _context: begin(Context(repeat(-1000))))
        made.use_policy()
        made.watch()
        yield made
        clear_caches()
        boto3.DEFAULT_SESSION = None
