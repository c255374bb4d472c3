"""The whole stack of one environment: the only place where its two halves meet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws
import pulumi_kubernetes as k8s

from alert_rules import loader
from alert_rules.compilers.cloudwatch import CompiledAlarm, compile_alarms
from alert_rules.compilers.common import Links, ResourceScope, ServiceScope
from alert_rules.compilers.prometheus import PrometheusRules, compile_rules
from alert_rules.model import Severity
from alert_rules.overrides import Override, resolve
from components.aws.context import AwsContext
from components.aws.half import AwsHalf
from components.aws.topics import topic_arn
from components.base import Component
from components.kubernetes.half import KubernetesHalf
from components.naming import ALERT_PATH, ALERT_QUEUE, DEAD_LETTER_QUEUES, PROJECT, physical_name
from components.settings.load import Loaded
from components.settings.model import Service, Settings
from dashboards.grafana import main as main_dashboard


@dataclass(frozen=True)
class Content:
    """Everything that is compiled from the settings before anything is declared."""

    rules: PrometheusRules
    alarms: tuple[CompiledAlarm, ...]
    resources: tuple[ResourceScope, ...]
    dashboards: Mapping[str, dict[str, Any]]
    links: Links


def compile_content(settings: Settings) -> Content:
    """Rules, alarms and dashboards of the environment. Pure: no Pulumi state is read or changed."""
    catalogue = loader.builtin()
    links = Links(settings.links.runbooks, settings.links.grafana)
    in_cluster = [
        ServiceScope(s.name, s.team, s.alerts, scraped=s.metrics is not None)
        for s in settings.services
        if s.runs_on.kubernetes
    ]
    watched = resource_scopes(settings)
    rules = compile_rules(catalogue.prometheus, overrides=settings.alerts, services=in_cluster, links=links)
    alarms = compile_alarms(catalogue, watched, overrides=settings.alerts, links=links)
    dashboards = {"main": main_dashboard.build(thresholds=_thresholds(catalogue, settings.alerts), links=links)}
    return Content(rules, alarms, watched, dashboards, links)


def _thresholds(catalogue: loader.Catalogue, overrides: Mapping[str, Override]) -> dict[str, float]:
    """The environment's own threshold of each enabled alert that the main dashboard draws a line for."""
    resolved = [resolve(alert, overrides.get(alert.name, {})) for alert in catalogue.prometheus]
    return {
        r.definition.name: r.values["threshold"].value
        for r in resolved
        if r.enabled and r.definition.name in main_dashboard.THRESHOLDS
    }


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
    """The queues of the alert path itself: where alerts wait, and where what cannot be delivered is set aside."""
    if not settings.aws.enabled:
        return []
    kinds = {ALERT_QUEUE: "alert_queue"} | dict.fromkeys(DEAD_LETTER_QUEUES, "dead_letter_queue")
    return [
        ResourceScope(
            name=part if part in DEAD_LETTER_QUEUES else ALERT_PATH,
            kind=kind,
            service=ALERT_PATH,
            team=settings.platform_team,
            dimensions={"QueueName": physical_name("queue", str(settings.environment), part)},
        )
        for part, kind in kinds.items()
    ]


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
    """Both halves of an environment's monitoring, and what is exported of them."""

    def __init__(self, name: str, loaded: Loaded, *, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(name, opts)
        settings = loaded.settings
        content = compile_content(settings)
        self.exports: dict[str, Any] = {"environment": str(settings.environment)}
        topics: Mapping[Severity, str] = {}
        identity: Sequence[pulumi.Resource] = ()
        if settings.aws.enabled:
            context = AwsContext.of(settings, region=loaded.region)
            topics = {severity: topic_arn(context, severity) for severity in Severity}
            identity = self._aws(settings, context, content).alertmanager_identity
        if settings.kubernetes.enabled:
            self._kubernetes(settings, content, topics, loaded.region, identity)
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
        topics: Mapping[Severity, str],
        region: str,
        identity: Sequence[pulumi.Resource],
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
            rule_files=content.rules.files,
            dashboards=content.dashboards,
            topic_arns=topics,
            region=region,
            before_alertmanager=identity,
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
