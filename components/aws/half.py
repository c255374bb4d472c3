"""The AWS half: from settings and compiled alarms to everything that watches, tells and acts on AWS."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial

import pulumi

from alert_rules import loader
from alert_rules.compilers.cloudwatch import CompiledAlarm
from alert_rules.compilers.common import Links, ResourceScope
from alert_rules.model import Severity
from components import manifests
from components.access import AwsAccess
from components.aws.alarms import Alarms, alarm_arn
from components.aws.alert_path import AlertPath
from components.aws.context import AwsContext
from components.aws.dashboards import Dashboards
from components.aws.event_route import EventRoute
from components.aws.functions import LambdaFunction
from components.aws.identity import Granting, PodIdentity
from components.aws.layer import SharedLayer
from components.aws.mute_rules import MuteRules
from components.aws.policy import policy_document
from components.aws.references import References, static_references
from components.aws.secrets import ChannelSecret
from components.aws.topics import Topics, topic_arn
from components.base import Component
from components.manifests import EventTrigger, FunctionManifest, QueueTrigger
from components.settings.model import Settings
from dashboards.cloudwatch import build


class AwsHalf(Component, area="aws"):
    """Alarms → topics → queue → router → bus → functions, with the dashboards and the roles of the cluster's pods.

    `access` says what workloads of the cluster ask for: workload → its namespace, and the kinds of access.
    """

    topic_arns: Mapping[Severity, pulumi.Output[str]]
    dashboard_names: Sequence[str]
    alarm_names: Mapping[str, CompiledAlarm]
    bus_name: pulumi.Output[str]
    queue_url: pulumi.Output[str]
    identities: Mapping[str, Sequence[pulumi.Resource]]

    def __init__(
        self,
        name: str,
        settings: Settings,
        *,
        context: AwsContext,
        alarms: Sequence[CompiledAlarm],
        resources: Sequence[ResourceScope],
        links: Links,
        access: Mapping[str, tuple[str, Sequence[AwsAccess]]],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._name, self._settings, self._context = name, settings, context
        topics = Topics(f"{name}-alerts", settings.receivers.email, context=context, opts=self.child())
        self.topic_arns = topics.arns
        self.identities = self._identities(topics, access)
        path = self._path(topics)
        self.bus_name, self.queue_url = path.bus_name, path.queue_url
        self._functions(path, topics.key_arn, self._policy(alarms, links))
        self.alarm_names = self._alarms(alarms, after=[*topics.policies, *path.subscriptions])
        self.dashboard_names = self._dashboards(resources, alarms)
        self.register_outputs({"bus_name": self.bus_name, "queue_url": self.queue_url})

    def _identities(
        self, topics: Topics, access: Mapping[str, tuple[str, Sequence[AwsAccess]]]
    ) -> Mapping[str, Sequence[pulumi.Resource]]:
        """What gives the pods of each workload (name → namespace, what it asks for) their role."""
        arns = [*topics.arns.values(), topics.heartbeat_arn]
        granting = Granting(self._settings, self._context, arns, topics.key_arn)
        return {
            workload: [
                PodIdentity(
                    f"{self._name}-{workload}", workload, namespace, asked, granting=granting, opts=self.child()
                ).association
            ]
            for workload, (namespace, asked) in access.items()
        }

    def _alarms(
        self, alarms: Sequence[CompiledAlarm], *, after: Sequence[pulumi.Resource]
    ) -> Mapping[str, CompiledAlarm]:
        made = Alarms(
            f"{self._name}-alarm",
            alarms,
            context=self._context,
            topic_arns=self.topic_arns,
            after=after,
            opts=self.child(),
        )
        MuteRules(
            f"{self._name}-mute",
            self._settings.maintenance,
            context=self._context,
            alarms=made.names,
            after=made.alarms,
            opts=self.child(),
        )
        return made.names

    def _dashboards(self, resources: Sequence[ResourceScope], alarms: Sequence[CompiledAlarm]) -> Sequence[str]:
        bodies = build.bodies(
            loader.builtin().kinds,
            resources,
            alarms,
            region=self._context.region,
            environment=self._context.environment,
            alarm_arn=partial(alarm_arn, self._context),
        )
        return Dashboards(f"{self._name}-dashboard", bodies, context=self._context, opts=self.child()).names

    def _path(self, topics: Topics) -> AlertPath:
        router = next(m for m in manifests.builtin().values() if isinstance(m.trigger, QueueTrigger))
        name = f"{self._name}-path"
        return AlertPath(name, router, context=self._context, topics=topics, opts=self.child())

    def _policy(self, alarms: Sequence[CompiledAlarm], links: Links) -> str:
        # ARNs by formula: Outputs of the topics would hide the function's code from the first preview.
        topics = {topic_arn(self._context, severity): severity for severity in Severity}
        document = policy_document(self._settings, context=self._context, alarms=alarms, topics=topics, links=links)
        return json.dumps(document, sort_keys=True)

    def _references(self, path: AlertPath) -> References:
        channels = {"slack": self._settings.slack_bot_token if self._settings.receivers.slack else None}
        secrets = {
            f"secret.{channel}": ChannelSecret(
                f"{self._name}-{channel}", secret, channel=channel, context=self._context, opts=self.child()
            ).reference
            for channel, secret in channels.items()
            if secret is not None
        }
        return {**static_references(self._settings, context=self._context), **path.references, **secrets}

    def _functions(self, path: AlertPath, key_arn: pulumi.Output[str], policy: str) -> None:
        layer = SharedLayer(f"{self._name}-shared", context=self._context, opts=self.child())
        make = partial(
            LambdaFunction,
            context=self._context,
            references=self._references(path),
            layer_arn=layer.arn,
            data={"policy.json": policy},
            dead_letter_arn=path.function_dead_letter_arn,
            key_arn=key_arn,
            opts=self.child(),
        )
        needed = needed_functions(self._settings).values()
        by_event = [manifest for manifest in needed if isinstance(manifest.trigger, EventTrigger)]
        targets = [self._route(m, make(f"{self._name}-{m.name}", m), path).target for m in by_event]
        # The router comes last: what it sends before somebody listens is lost.
        for manifest in needed:
            if manifest not in by_event:
                make(f"{self._name}-{manifest.name}", manifest, after=targets)

    def _route(self, manifest: FunctionManifest, made: LambdaFunction, path: AlertPath) -> EventRoute:
        return EventRoute(
            f"{self._name}-{manifest.name}",
            manifest,
            context=self._context,
            bus_name=path.bus_name,
            function=made.function,
            dead_letter_arn=path.function_dead_letter_arn,
            opts=self.child(),
        )


def needed_functions(settings: Settings) -> Mapping[str, FunctionManifest]:
    """The functions that something can start: no notifier without a channel, no action without a target."""
    platforms = {platform for service in settings.services for platform in service.runs_on.platforms}

    def needed(manifest: FunctionManifest) -> bool:
        if isinstance(manifest.trigger, EventTrigger) and manifest.trigger.event == "notify":
            return settings.receivers.slack is not None
        return manifest.target is None or manifest.target in platforms

    return {name: manifest for name, manifest in manifests.builtin().items() if needed(manifest)}
