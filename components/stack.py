"""The whole stack of one environment: the only place where its two halves meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from alert_rules import declared, loader, sla, slos
from alert_rules.compilers.cloudwatch import CompiledAlarm, compile_alarms
from alert_rules.compilers.common import CompiledAlert, Links, ResourceScope, ServiceScope
from alert_rules.compilers.loki import compile_log_rules
from alert_rules.compilers.prometheus import compile_rules
from alert_rules.compilers.rules import CompiledRules
from alert_rules.model import Severity
from components.aws.context import AwsContext
from components.aws.half import AwsHalf
from components.aws.topics import heartbeat_arn, heartbeat_name, topic_arn
from components.base import Component
from components.boards import dashboards_of
from components.evaluated import alerts_of
from components.exporting import exporters_of
from components.kubernetes.half import KubernetesHalf
from components.kubernetes.prometheus import node_agents, scraped
from components.kubernetes.shards import ALL, Shard, shards
from components.kubernetes.spec import WorkloadSpec
from components.kubernetes.workloads import beside_prometheus, with_prometheus
from components.naming import ALERT_PATH, ALERT_QUEUE, DEAD_LETTER_QUEUES, HEARTBEAT, PROJECT, physical_name
from components.objectives import agreements_of, objectives_of
from components.routing import AlertTopics
from components.settings.load import Loaded
from components.settings.model import Settings
from components.settings.services import Service


@dataclass(frozen=True)
class Content:
    """Everything that is compiled from the settings before anything is declared."""

    rules: CompiledRules
    log_rules: CompiledRules
    alarms: tuple[CompiledAlarm, ...]
    resources: tuple[ResourceScope, ...]
    workloads: tuple[WorkloadSpec, ...]
    links: Links

    @property
    def alerts(self) -> tuple[CompiledAlert, ...]:
        """The alert table: a line for every alert in each of its scopes, whatever its engine."""
        return (*self.rules.alerts, *self.log_rules.alerts, *(alarm.line for alarm in self.alarms))


def compile_content(settings: Settings) -> Content:
    """Rules, alarms, dashboards and workloads of the environment. Pure: no Pulumi state is read or changed."""
    catalogue = loader.builtin()
    links = Links(settings.links.runbooks, settings.links.grafana)
    watched = resource_scopes(settings)
    alarms = compile_alarms(catalogue, watched, overrides=settings.alerts, links=links)
    if not settings.kubernetes.enabled:
        return Content(CompiledRules(), CompiledRules(), alarms, watched, (), links)
    folders = dashboards_of(settings, links)
    log_rules = _log_rules(settings, links)
    others = beside_prometheus(
        settings, log_rules=log_rules.files, dashboards=folders, topics=_topics(settings), resources=watched
    )
    rules = _rules(settings, links)
    own = [_recorded(settings, others, shard) for shard in shards(settings)]
    workloads = with_prometheus(settings, others, rules.files, [shard.files for shard in own])
    of_all = own[0] if len(own) == 1 else _recorded(settings, others, ALL)
    return Content(rules + of_all, log_rules, alarms, watched, tuple(workloads), links)


def _rules(settings: Settings, links: Links) -> CompiledRules:
    """The alerts, which take whatever series there are and so are the same on every shard."""
    return compile_rules(
        alerts_of(settings),
        overrides=settings.alerts,
        services=_in_cluster(settings.services),
        exporters=exporters_of(settings),
        links=links,
    )


def _recorded(settings: Settings, others: Sequence[WorkloadSpec], shard: Shard) -> CompiledRules:
    """What a shard records of its own services: which there are, and what their objectives and agreements are measured
    by."""
    own = shard.of(settings)
    there = declared.recording_rules(_watched(settings, others, shard))
    measured = slos.recording_rules(objectives_of(own), settings.prometheus.retention.value)
    promised = sla.recording_rules(agreements_of(own))
    return CompiledRules(there) + CompiledRules(measured) + CompiledRules(promised)


def _watched(settings: Settings, others: Sequence[WorkloadSpec], shard: Shard) -> list[ServiceScope]:
    """The services of a shard: the declared ones, and those of the stack's `others`."""
    return [*_in_cluster(shard.of(settings).services), *_own_services(settings, others, shard)]


def _log_rules(settings: Settings, links: Links) -> CompiledRules:
    return compile_log_rules(
        loader.builtin().loki,
        overrides=settings.alerts,
        services=_in_cluster(settings.services),
        exporters=exporters_of(settings),
        links=links,
    )


def _in_cluster(services: Sequence[Service]) -> list[ServiceScope]:
    return [
        ServiceScope(s.name, s.team, s.alerts, scraped=s.metrics is not None) for s in services if s.runs_on.kubernetes
    ]


def _own_services(settings: Settings, workloads: Sequence[WorkloadSpec], shard: Shard) -> list[ServiceScope]:
    """The stack's own workloads as services under watch: the shard that scrapes one misses it when it has no pod, like
    any other service."""
    agents = node_agents(workloads)
    names = [name for name in scraped(spec for spec in workloads if spec.name not in agents) if shard.has(name)]
    # Agents are divided by node, and of hundreds of nodes every shard has some; one shard is enough to miss them all.
    return [ServiceScope(name, settings.platform_team) for name in (*names, *(agents if shard.index == 0 else ()))]


def _topics(settings: Settings) -> AlertTopics:
    """The topics that Alertmanager publishes to, by formula: its configuration holds them as plain text."""
    if not settings.aws.enabled:
        return AlertTopics()
    context = AwsContext.of(settings, region=settings.region)
    return AlertTopics({severity: topic_arn(context, severity) for severity in Severity}, heartbeat_arn(context))


def resource_scopes(settings: Settings) -> tuple[ResourceScope, ...]:
    """The AWS resources under alarm: those named in the settings, and those implied by where services run."""
    teams = {service.name: service.team for service in settings.services}
    named = [
        ResourceScope(
            name=resource.name,
            kind=resource.kind,
            service=resource.service or resource.name,
            team=resource.team or teams[resource.service or resource.name],
            dimensions=resource.dimensions,
            overrides=resource.alerts,
        )
        for resource in settings.resources
    ]
    implied = [scope for service in settings.services if (scope := _implied(service))]
    return (*implied, *named, *_of_the_alert_path(settings))


def _of_the_alert_path(settings: Settings) -> list[ResourceScope]:
    """The alert path itself: the queues where alerts wait and where what cannot be delivered is set aside, and the
    heartbeat of the alerting in the cluster."""
    if not settings.aws.enabled:
        return []
    kinds = {ALERT_QUEUE: "alert_queue"} | dict.fromkeys(DEAD_LETTER_QUEUES, "dead_letter_queue")
    queues = [
        ResourceScope(
            name=part if part in DEAD_LETTER_QUEUES else ALERT_PATH,
            kind=kind,
            service=ALERT_PATH,
            team=settings.platform_team,
            dimensions={"QueueName": physical_name("queue", str(settings.environment), part)},
        )
        for part, kind in kinds.items()
    ]
    if not settings.kubernetes.enabled:
        return queues
    topic = {"TopicName": heartbeat_name(str(settings.environment))}
    return [*queues, ResourceScope(HEARTBEAT, "heartbeat", ALERT_PATH, settings.platform_team, topic)]


def _implied(service: Service) -> ResourceScope | None:
    """The resource of a service on a platform whose metrics CloudWatch has."""
    platform = service.runs_on.platforms[0]
    kind = loader.builtin().kind_for_platform(platform)
    if kind is None or kind.platform is None:
        return None
    place = getattr(service.runs_on, platform)
    return ResourceScope(
        name=service.name,
        kind=kind.kind,
        service=service.name,
        team=service.team,
        dimensions={dimension: getattr(place, key) for dimension, key in kind.platform.dimensions.items()},
        target={"kind": platform, **place.model_dump()},
        overrides=service.alerts,
    )


class Stack(Component, area="stack"):
    """Both halves of an environment's monitoring, what they were compiled from, and what is exported of them."""

    def __init__(self, name: str, loaded: Loaded, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        self.settings = settings = loaded.settings
        self.content = content = compile_content(settings)
        self.exports: dict[str, Any] = {"environment": str(settings.environment)}
        identities: Mapping[str, Sequence[pulumi.Resource]] = {}
        if settings.aws.enabled:
            identities = self._aws(settings, AwsContext.of(settings, region=loaded.region), content).identities
        if settings.kubernetes.enabled:
            self._kubernetes(settings, content, loaded.region, identities)
        self.register_outputs({})

    def _aws(self, settings: Settings, context: AwsContext, content: Content) -> AwsHalf:
        provider = aws.Provider(
            "aws",
            region=context.region,
            # Wrong credentials in a shell must not put production's alarms into another account.
            allowed_account_ids=[context.account_id],
            default_tags={"tags": {"project": PROJECT, "environment": context.environment, "managed-by": "pulumi"}},
            opts=self.child(),
        )
        half = AwsHalf(
            "aws",
            settings,
            context=context,
            alarms=content.alarms,
            resources=content.resources,
            links=content.links,
            access={spec.name: (spec.namespace, spec.aws) for spec in content.workloads if spec.aws},
            opts=self.child(providers=[provider]),
        )
        self.exports["topic_arns"] = {str(severity): arn for severity, arn in half.topic_arns.items()}
        self.exports["cloudwatch_dashboards"] = [
            f"{context.console}/cloudwatch/home?region={context.region}#dashboards/dashboard/{name}"
            for name in half.dashboard_names
        ]
        return half

    def _kubernetes(
        self,
        settings: Settings,
        content: Content,
        region: str,
        identities: Mapping[str, Sequence[pulumi.Resource]],
    ) -> None:
        provider = k8s.Provider(
            "kubernetes",
            context=kubeconfig_context(settings, region),
            # Rules and dashboards are read again in place; by default a changed ConfigMap is deleted and made anew.
            enable_config_map_mutable=True,
            opts=self.child(),
        )
        half = KubernetesHalf(
            "kubernetes",
            settings,
            workloads=content.workloads,
            identities=identities,
            opts=self.child(providers=[provider]),
        )
        self.exports["prometheus_url"] = half.prometheus_url
        self.exports["alertmanager_url"] = half.alertmanager_url
        self.exports["grafana_url"] = settings.links.grafana
        self.exports["main_dashboard"] = content.links.dashboard("main")


def kubeconfig_context(settings: Settings, region: str) -> str | None:
    """The kubeconfig context to deploy to: the one set, or that of the EKS cluster as `aws eks update-kubeconfig` names
    it. None (the current context) only where neither is set: a shell that points at dev must not get production."""
    kubernetes = settings.kubernetes
    if kubernetes.context or not kubernetes.eks_cluster or not settings.aws.enabled:
        return kubernetes.context
    return AwsContext.of(settings, region=region).arn("eks", f"cluster/{kubernetes.eks_cluster}")
