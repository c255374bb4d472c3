"""What must be there before something else: on a first deploy the engine makes everything else at the same time."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from cli.recorder import Recording, Resource
from tests import rendered
from tests.rendered import STACKS

every_stack = pytest.mark.parametrize("stack", STACKS)


def before(recording: Recording, resource: Resource) -> set[str]:
    """URNs of everything that is made before the resource, however indirectly."""
    by_urn = {r.urn: r for r in recording.resources}
    found: set[str] = set()
    waiting = list(resource.dependencies)
    while waiting:
        urn = waiting.pop()
        if urn not in found and urn in by_urn:
            found.add(urn)
            waiting += by_urn[urn].dependencies
    return found


def urns(resources: Iterable[Resource]) -> set[str]:
    found = {resource.urn for resource in resources}
    assert found
    return found


@every_stack
def test_a_namespace_comes_before_everything_in_it(stack: str) -> None:
    recording = rendered.stack(stack).recording
    namespaces = {r.inputs["metadata"]["name"]: r.urn for r in recording.of_type("kubernetes:core/v1:Namespace")}
    inside = [r for r in recording.of_type("kubernetes:") if "namespace" in r.inputs["metadata"]]
    assert len(inside) > 30
    for resource in inside:
        assert namespaces[resource.inputs["metadata"]["namespace"]] in before(recording, resource), resource.urn


@every_stack
def test_pods_start_after_what_they_mount_and_what_guards_them(stack: str) -> None:
    recording = rendered.stack(stack).recording
    for token in ("apps/v1:StatefulSet", "apps/v1:Deployment", "apps/v1:DaemonSet"):
        for workload in recording.of_type(f"kubernetes:{token}"):
            kinds = ("ConfigMap", "ServiceAccount", "NetworkPolicy")
            same = [
                r for r in recording.of_type("kubernetes:") if r.parent == workload.parent and r.type.endswith(kinds)
            ]
            assert urns(same) <= before(recording, workload), workload.urn


@every_stack
def test_pods_start_after_they_are_somebody_on_aws(stack: str) -> None:
    # Pods get the credentials of Pod Identity as they start, or not at all.
    recording = rendered.stack(stack).recording
    associations = list(recording.of_type("aws:eks/podIdentityAssociation:PodIdentityAssociation"))
    assert len(associations) >= 2
    for association in associations:
        account = association.inputs["serviceAccount"]
        [workload] = [r for r in recording.of_type("kubernetes:apps/") if r.inputs["metadata"]["name"] == account]
        needed = {association.urn, recording.named("aws:iam/rolePolicy:RolePolicy", association.name).urn}
        assert needed <= before(recording, workload), account


@every_stack
def test_alarms_are_made_after_somebody_hears_them(stack: str) -> None:
    # One that is breaching as it is made publishes at once, and never again while it stays so.
    recording = rendered.stack(stack).recording
    heard = [
        s for s in recording.of_type("aws:sns/topicSubscription:TopicSubscription") if s.inputs["protocol"] == "sqs"
    ]
    needed = urns([*heard, *recording.of_type("aws:sns/topicPolicy:TopicPolicy")])
    for alarm in recording.of_type("aws:cloudwatch/metricAlarm:MetricAlarm"):
        assert needed <= before(recording, alarm), alarm.urn


@every_stack
def test_the_router_reads_its_queue_after_the_bus_has_its_rules(stack: str) -> None:
    # An event that no rule matches is gone, and the router remembers it as sent.
    recording = rendered.stack(stack).recording
    [mapping] = recording.of_type("aws:lambda/eventSourceMapping:EventSourceMapping")
    assert urns(recording.of_type("aws:cloudwatch/eventTarget:EventTarget")) <= before(recording, mapping)
