"""The recorder refuses what a real engine would refuse, and what the SDK's own mock lets pass in silence."""

from __future__ import annotations

import threading
from contextlib import nullcontext
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s
import pytest
from pulumi import _types
from pulumi.runtime import resource

from cli.recorder import Recording, Violation, record


def run(program: object) -> Recording:
    assert callable(program)
    return record(program, stack="test", settings={}, account="123456789012")


def topic(name: str = "topic", **more: Any) -> aws.sns.Topic:
    return aws.sns.Topic(name, name=name, **more)


def test_two_resources_of_one_urn_are_refused() -> None:
    def program() -> None:
        topic()
        aws.sns.Topic("topic", name="another")

    with pytest.raises(Violation, match="duplicate URN urn:pulumi:test::vigil::aws:sns/topic:Topic::topic"):
        run(program)


def test_one_name_under_parents_of_different_types_is_no_duplicate() -> None:
    def program() -> None:
        parent = pulumi.ComponentResource("vigil:aws:Parent", "p")
        topic()
        topic(opts=pulumi.ResourceOptions(parent=parent))

    assert len(list(run(program).of_type("aws:sns/topic:Topic"))) == 2


def test_an_output_that_nobody_computes_is_refused_where_it_is_used() -> None:
    def program() -> None:
        topic("second", display_name=topic().owner)

    with pytest.raises(Violation, match="'second'.displayName: uses .*aws:sns/topic:Topic.owner"):
        run(program)


def test_an_output_that_nobody_computes_is_refused_inside_text_and_structures() -> None:
    def program() -> None:
        owner = topic().owner
        aws.sqs.Queue("q", name="q", policy=pulumi.Output.json_dumps({"who": [pulumi.Output.concat("a ", owner)]}))

    with pytest.raises(Violation, match="Topic.owner"):
        run(program)


def test_an_output_that_nobody_computes_is_refused_in_an_export() -> None:
    with pytest.raises(Violation, match="exports.owner"):
        run(lambda: pulumi.export("owner", topic().owner))


def test_an_output_that_is_only_declared_and_never_used_is_fine() -> None:
    assert run(topic).named("aws:sns/topic:Topic", "topic").inputs == {"name": "topic"}


def test_outputs_that_a_provider_computes_reach_other_resources() -> None:
    def program() -> None:
        aws.sqs.Queue("q", name="q", policy=pulumi.Output.json_dumps({"topic": topic().arn}))

    policy = run(program).named("aws:sqs/queue:Queue", "q").inputs["policy"]
    assert policy == '{"topic": "arn:aws:sns:eu-west-1:123456789012:topic"}'


def service() -> k8s.core.v1.Service:
    return k8s.core.v1.Service("s", metadata={"name": "s", "labels": {"of": "s"}}, spec={"type": "ClusterIP"})


def test_the_metadata_of_a_kubernetes_object_can_be_read_back() -> None:
    def program() -> None:
        pulumi.export("labels", service().metadata.labels)

    assert run(program).exports == {"labels": {"of": "s"}}


@pytest.mark.parametrize("read", ["spec", "status"])
def test_what_else_a_kubernetes_object_holds_is_refused_where_it_is_used(read: str) -> None:
    def program() -> None:
        pulumi.export("read", getattr(service(), read))

    with pytest.raises(Violation, match=f"exports.read: uses .*kubernetes:core/v1:Service.{read}"):
        run(program)


def test_a_look_into_what_cannot_be_read_back_is_explained() -> None:
    with pytest.raises(AttributeError, match="'str' object has no attribute 'type'") as failure:
        run(lambda: pulumi.export("type", service().spec.type))
    assert "nothing of it can be read back" in failure.value.__notes__[0]


def test_no_thread_is_started() -> None:
    # Each handing over to a thread and back costs more than what the recorder does there.
    before = threading.active_count()
    during: list[int] = []

    def program() -> None:
        topic().arn.apply(lambda arn: during.append(threading.active_count()))

    run(program)
    assert during == [before]


def test_text_made_from_an_output_raises() -> None:
    def program() -> None:
        first = topic()
        topic(f"copy-of-{first.arn}")

    with pytest.raises(Exception, match="Calling __str__ on an Output"):
        run(program)


def test_a_resource_made_inside_apply_is_refused() -> None:
    def program() -> None:
        topic().arn.apply(lambda arn: topic("inside"))

    with pytest.raises(Violation, match="'inside' is created inside apply"):
        run(program)


def test_a_callback_that_fails_fails_the_run() -> None:
    # A test of the SDK without its decorator ends before its callbacks run and passes whatever they assert.
    def program() -> None:
        topic().arn.apply(lambda arn: pytest.fail("the callback ran"))

    with pytest.raises(pytest.fail.Exception, match="the callback ran"):
        run(program)


def test_asking_a_provider_is_refused() -> None:
    with pytest.raises(Violation, match="getCallerIdentity"):
        run(aws.get_caller_identity)


def test_reading_an_existing_resource_is_refused() -> None:
    with pytest.raises(Violation, match="is read"):
        run(lambda: aws.sns.Topic.get("existing", "arn:aws:sns:eu-west-1:1:x"))


def test_whole_numbers_stay_integers() -> None:
    queue = run(lambda: aws.sqs.Queue("q", name="q", delay_seconds=30)).named("aws:sqs/queue:Queue", "q")
    assert repr(queue.inputs["delaySeconds"]) == "30"


def test_a_secret_stays_secret_through_apply_and_is_masked() -> None:
    def program() -> None:
        secret = pulumi.Output.secret("hush").apply(str.upper)
        k8s.core.v1.Secret("s", metadata={"name": "s"}, string_data={"key": secret})
        pulumi.export("secret", secret)

    recording = run(program)
    secret = recording.named("kubernetes:core/v1:Secret", "s")
    assert "HUSH" not in str(secret.masked)
    assert "HUSH" not in str(recording.masked_exports)
    assert secret.inputs["stringData"] == {"key": "HUSH"}, "the value itself is recorded for tests of its use"


def test_a_secret_read_back_from_a_resource_stays_secret() -> None:
    def program() -> None:
        first = aws.secretsmanager.SecretVersion("v", secret_id="s", secret_string=pulumi.Output.secret("hush"))
        topic("t", display_name=first.secret_string)

    assert "hush" not in str(run(program).named("aws:sns/topic:Topic", "t").masked)


def test_the_callers_parent_never_wins_over_a_components_own() -> None:
    from components.base import Component

    class Outer(Component, area="test"):
        def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
            super().__init__(name, opts)
            topic("inner", opts=self.child())

    def program() -> None:
        other = pulumi.ComponentResource("vigil:test:Other", "other")
        Outer("outer", pulumi.ResourceOptions(parent=other))

    inner = run(program).named("aws:sns/topic:Topic", "inner")
    assert inner.urn == "urn:pulumi:test::vigil::vigil:test:Other$vigil:test:Outer$aws:sns/topic:Topic::inner"


def test_two_runs_record_the_same() -> None:
    def program() -> None:
        for index in range(50):
            topic(f"t{index}")

    assert run(program).resources == run(program).resources


@pytest.mark.parametrize("fails", [False, True])
def test_the_sdk_is_afterwards_what_it_was(fails: bool) -> None:
    def of_the_sdk() -> tuple[object, ...]:
        return resource._get_stack_trace, _types.unwrap_type, _types.unwrap_optional_type

    def program() -> None:
        assert before != of_the_sdk()
        if fails:
            raise LookupError("as a program may")

    before = of_the_sdk()
    with pytest.raises(LookupError) if fails else nullcontext():
        run(program)
    assert of_the_sdk() == before
