"""What a person sees who makes a mistake in a stack file: file, key, value, what is allowed, the nearest known name."""

from __future__ import annotations

from typing import Any

import pytest

from alert_rules.problems import InvalidFiles
from components.settings.parse import parse_settings
from tests.settings.changes import Change, adds, removes, sets, together
from tests.settings.examples import settings_of
from tests.settings.impossible import IMPOSSIBLE
from tests.settings.objectives import OBJECTIVES


def problems(change: Change, stack: str = "prod") -> list[str]:
    written = settings_of(stack)
    change(written)
    with pytest.raises(InvalidFiles) as caught:
        parse_settings(written, file=f"Pulumi.{stack}.yaml")
    return [str(problem) for problem in caught.value.problems]


WINDOW = {"timezone": "Europe/Dublin", "days": ["sunday"], "start": "03:30", "end": "05:00"}

CASES: dict[str, tuple[Change, list[str]]] = {
    **IMPOSSIBLE,
    **OBJECTIVES,
    "unknown key at the top": (
        sets("alertz", to={}),
        ["Pulumi.prod.yaml: vigil:alertz: given 'alertz'; allowed: one of: ", "did you mean 'alerts'?"],
    ),
    "unknown key inside": (
        sets("kubernetes", "sise", to="small"),
        ["vigil:kubernetes.sise: given 'sise'; allowed: one of: ", "did you mean 'size'?"],
    ),
    "unknown key of a list entry": (
        sets("services", 0, "metrics", to={"prot": 80, "port": 80}),
        [
            "vigil:services[0].metrics.prot: given 'prot'; allowed: one of: interval, path, port, timeout; did you mean 'port'?"
        ],
    ),
    "unknown alert": (
        sets("alerts", "HighErorRate", to={"threshold": "2%"}),
        [
            "vigil:alerts.HighErorRate: given 'HighErorRate'; allowed: the name of an alert",
            "did you mean 'HighErrorRate'?",
        ],
    ),
    "unknown key of an alert": (
        sets("alerts", "HighErrorRate", to={"treshold": "2%"}),
        ["vigil:alerts.HighErrorRate.treshold: given 'treshold'; allowed: one of: ", "did you mean 'threshold'?"],
    ),
    "misspelt severity": (
        sets("alerts", "HighErrorRate", to={"severity": "Critcal"}),
        [
            "vigil:alerts.HighErrorRate.severity: given 'Critcal'; allowed: critical, high, medium, low, info; did you mean 'critical'?"
        ],
    ),
    "severity in another case": (
        sets("alerts", "HighErrorRate", to={"severity": "Critical"}),
        ["given 'Critical'; allowed: critical, high, medium, low, info; did you mean 'critical'?"],
    ),
    "misspelt severity of a receiver": (
        sets("receivers", "slack", "channels", to={"critcal": "#a", "critical": "#b"}),
        [
            "vigil:receivers.slack.channels.critcal: given 'critcal'; allowed: critical, high, medium, low, info; did you mean 'critical'?"
        ],
    ),
    "bare number where a unit is needed": (
        sets("alerts", "HighErrorRate", to={"threshold": 2}),
        ["vigil:alerts.HighErrorRate.threshold: given 2; allowed: a percentage such as 2% or 0.5%"],
    ),
    "bare number for a duration": (
        sets("prometheus", "retention", to=15),
        ["vigil:prometheus.retention: given 15; allowed: a duration such as 300ms, 30s, 5m, 1h or 15d"],
    ),
    "unit of another quantity": (
        sets("alerts", "HighMemoryUsage", to={"threshold": "80%"}),
        ["vigil:alerts.HighMemoryUsage.threshold: given '80%'; allowed: a size such as 512MiB or 8GiB"],
    ),
    "threshold outside its range": (
        sets("alerts", "HighCPUUsage", to={"threshold": "140%"}),
        [
            "vigil:alerts.HighCPUUsage.threshold: given '140%'; allowed: a percentage such as 80%, at least 1%, at most 99%"
        ],
    ),
    "impossible for": (
        sets("alerts", "HighErrorRate", to={"for": "5s"}),
        ["vigil:alerts.HighErrorRate.for: given '5s'; allowed: 0s, or from two evaluations (30s) to 1d"],
    ),
    "for that is no multiple of an alarm's period": (
        sets("alerts", "AlbHighErrorRate", to={"for": "7m"}),
        ["vigil:alerts.AlbHighErrorRate.for: given '7m'; allowed: a multiple of the alarm's period (5m), at most 1d"],
    ),
    "for of a log alert shorter than its evaluation": (
        sets("alerts", "LogErrorsSurging", to={"for": "30s"}),
        ["vigil:alerts.LogErrorsSurging.for: given '30s'; allowed: 0s, or from two evaluations (2m) to 1d"],
    ),
    "unknown parameter of a log alert": (
        sets("services", 0, "alerts", to={"PanicsLogged": {"treshold": 2}}),
        ["vigil:services[0].alerts.PanicsLogged.treshold: given 'treshold'", "did you mean 'threshold'?"],
    ),
    "log alert for a service that is not on kubernetes": (
        sets("services", 10, "alerts", to={"LogErrorsSurging": {"threshold": "5%"}}),
        [
            "vigil:services[10].alerts.LogErrorsSurging: given 'LogErrorsSurging'; allowed: an alert that watches it: EcsHighCpuUtilization"
        ],
    ),
    "duplicate service": (
        adds("services", name="redis", team="data", runs_on={"kubernetes": {"namespace": "x"}}),
        ["vigil:services[13].name: given 'redis'; allowed: a name that no other of the services has"],
    ),
    "service on two platforms": (
        sets("services", 0, "runs_on", "ecs", to={"cluster": "c", "service": "s"}),
        [
            "vigil:services[0].runs_on: given 'kubernetes and ecs'; allowed: exactly one of: ecs, kubernetes, sagemaker (api-gateway)"
        ],
    ),
    "service on no platform": (
        sets("services", 0, "runs_on", to={}),
        ["vigil:services[0].runs_on: missing; allowed: exactly one of: ecs, kubernetes, sagemaker (api-gateway)"],
    ),
    "unknown platform": (
        sets("services", 0, "runs_on", to={"kubernets": {"namespace": "x"}}),
        ["vigil:services[0].runs_on.kubernets: given 'kubernets'", "did you mean 'kubernetes'?"],
    ),
    "dimension missing for a kind": (
        sets("resources", 0, "dimensions", to={"TargetGroup": "targetgroup/a/73e2d6bc24d8a067"}),
        [
            "vigil:resources[0].dimensions: given 'TargetGroup'; allowed: the dimensions of kind alb: {LoadBalancer} or {TargetGroup, LoadBalancer}"
        ],
    ),
    "misspelt dimension": (
        sets("resources", 0, "dimensions", to={"LoadBalanser": "app/a/1"}),
        ["vigil:resources[0].dimensions: given 'LoadBalanser'", "did you mean 'LoadBalancer'?"],
    ),
    "unknown kind": (
        sets("resources", 0, "kind", to="alp"),
        ["vigil:resources[0].kind: given 'alp'; allowed: one of: alb, ", "did you mean 'alb'?"],
    ),
    "alert that does not watch the resource": (
        sets("resources", 0, "alerts", to={"EcsHighCpuUtilization": {"threshold": "70%"}}),
        [
            "vigil:resources[0].alerts.EcsHighCpuUtilization: given 'EcsHighCpuUtilization'; allowed: an alert that watches it: AlbHighErrorRate, AlbHighLatency"
        ],
    ),
    "resource that nobody owns": (
        lambda written: written["resources"][0].pop("service"),
        ["vigil:resources[0].team: missing; allowed: a team, or `service`: the declared service it belongs to"],
    ),
    "resource of an undeclared service": (
        sets("resources", 0, "service", to="pm-api-gatewey"),
        ["vigil:resources[0].service: given 'pm-api-gatewey'", "did you mean 'pm-api-gateway'?"],
    ),
    "receiver without its secret": (
        removes("pagerduty_routing_key"),
        ["vigil:pagerduty_routing_key: missing; allowed: a reference ", "since vigil:receivers.pagerduty needs it"],
    ),
    "secret that the cluster cannot read": (
        sets("pagerduty_routing_key", to={"secrets_manager": "x"}),
        [
            "vigil:pagerduty_routing_key: given 'secrets_manager only'; allowed: also {kubernetes: {secret: NAME, key: KEY}}"
        ],
    ),
    "secret in plain text": (
        sets("slack_bot_token", to="xoxb-1234-oh-no"),
        [
            "vigil:slack_bot_token: given '[hidden]'; allowed: a reference ",
            "or a Pulumi secret (`pulumi config set --secret`)",
        ],
    ),
    "overlapping maintenance windows": (
        adds("maintenance", name="cache-patching", services=["redis"], **WINDOW),
        [
            "vigil:maintenance[1]: given 'cache-patching'; allowed: times that do not overlap those of 'database-patching' for the same services (they do on sunday)"
        ],
    ),
    "overlap across time zones": (
        adds("maintenance", name="m", timezone="America/New_York", days=["saturday"], start="22:30", end="23:00"),
        ["vigil:maintenance[1]: given 'm'", "they do on sunday"],
    ),
    "window that ends before it starts": (
        adds("maintenance", name="m", **{**WINDOW, "start": "23:00", "end": "01:00"}),
        ["vigil:maintenance[1].end: given '01:00'; allowed: a time after the start, 23:00, on the same day"],
    ),
    "window of an unknown service": (
        adds("maintenance", name="m", services=["redi"], **{**WINDOW, "days": ["monday"]}),
        ["vigil:maintenance[1].services: given 'redi'", "did you mean 'redis'?"],
    ),
    "unknown time zone": (
        adds("maintenance", name="m", **{**WINDOW, "timezone": "Europe/Dubln"}),
        ["vigil:maintenance[1].timezone: given 'Europe/Dubln'; allowed: a name from the time zone database"],
    ),
    "production that pages nobody": (
        sets("receivers", to={"slack": {"channels": {"medium": "#m"}}}),
        [
            "vigil:receivers: given 'no receiver for critical'; allowed: at least one of slack, pagerduty, email with severity critical"
        ],
    ),
    "unknown remediation": (
        sets("remediation", "actions", to={"scale_out_servise": {"mode": "off"}}),
        ["vigil:remediation.actions.scale_out_servise: given", "did you mean 'scale_out_service'?"],
    ),
    "remediation limit outside its range": (
        sets("remediation", "actions", "scale_out_service", "limits", to={"max_capacity": 0}),
        [
            "vigil:remediation.actions.scale_out_service.limits.max_capacity: given 0; allowed: a whole number such as 10, at least 1"
        ],
    ),
    "mode that is not there": (
        sets("remediation", "mode", to="auto"),
        ["vigil:remediation.mode: given 'auto'; allowed: off, dry_run, automatic; did you mean 'automatic'?"],
    ),
    "metrics of a service outside the cluster": (
        sets("services", 10, "metrics", to={"port": 80}),
        ["vigil:services[10].metrics: given 'set on ecs'; allowed: only on services that run on kubernetes"],
    ),
    "log retention that CloudWatch does not know": (
        sets("aws", "log_retention", to="10d"),
        ["vigil:aws.log_retention: given '10d'; allowed: days that CloudWatch Logs knows: 1, 3, 5, 7, 14, 30"],
    ),
    "no account": (
        removes("aws", "account_id"),
        ["vigil:aws.account_id: missing; allowed: the 12 digits of the only account this stack may touch"],
    ),
    "a half that is not enabled": (
        sets("aws", "enabled", to=False),
        [
            "vigil:services[10].runs_on: given 'pm-api-gateway'; allowed: a platform whose half is enabled; vigil:aws is not"
        ],
    ),
    "an alert that compares with what is not kept": (
        together(
            sets("prometheus", "retention", to="7d"),
            sets("services", 0, "alerts", to={"TrafficDropped": {"threshold": "20%"}}),
        ),
        [
            "vigil:services[0].alerts.TrafficDropped: given 'TrafficDropped'; allowed: an alert whose past is kept: it "
            "looks back over 14d, vigil:prometheus.retention is 7d"
        ],
    ),
    "a window that reaches beyond what is kept": (
        together(
            sets("alerts", "BatchJobOverdue", to={"window": "20d"}),
            sets("services", 0, "alerts", to={"BatchJobOverdue": {"window": "1d"}}),
            sets("services", 1, "alerts", to={"BatchJobOverdue": {"severity": "low"}}),
            sets("services", 2, "alerts", to={"BatchJobOverdue": {"window": "21d", "enabled": False}}),
        ),
        [
            "vigil:alerts.BatchJobOverdue: given 'BatchJobOverdue'; allowed: an alert whose past is kept: it looks back "
            "over 20d, vigil:prometheus.retention is 15d",
        ],
    ),
    "a range that reaches beyond what is kept": (
        together(
            sets("prometheus", "retention", to="7d"),
            sets("alerts", "BatchJobFailing", to={"window": "14d"}),
        ),
        ["vigil:alerts.BatchJobFailing", "it looks back over 14d, vigil:prometheus.retention is 7d"],
    ),
    "a service's window that reaches beyond what is kept": (
        together(
            sets("alerts", "BatchJobOverdue", to={"window": "14d"}),
            sets("services", 1, "alerts", to={"BatchJobOverdue": {"window": "16d"}}),
        ),
        ["vigil:services[1].alerts.BatchJobOverdue", "it looks back over 16d, vigil:prometheus.retention is 15d"],
    ),
    "an alert that a service without metrics cannot have": (
        together(
            sets("services", 0, "metrics", to=None),
            sets("services", 0, "slos", to=[]),
            sets("services", 0, "sla", to=None),
            sets("services", 0, "alerts", to={"ServiceMissing": {"for": "10m"}}),
        ),
        ["vigil:services[0].alerts.ServiceMissing: given 'ServiceMissing'; allowed: an alert that watches it: "],
    ),
    "scrape interval beyond the windows of alerts": (
        sets("services", 0, "metrics", to={"port": 80, "interval": "2m"}),
        ["vigil:services[0].metrics.interval: given '2m'; allowed: 5s to 1m"],
    ),
    "threshold that can never be exceeded": (
        sets("alerts", "HighResponseTime", to={"threshold": "10s"}),
        ["vigil:alerts.HighResponseTime.threshold: given '10s'", "at most 9.9s"],
    ),
    "service named as a part of vigil": (
        sets("services", 0, "name", to="prometheus"),
        ["vigil:services[0].name: given 'prometheus'; allowed: a name that no part of vigil has"],
    ),
    "resource named as a service with alarms": (
        sets("resources", 1, "name", to="pm-ml-service"),
        ["vigil:resources[1].name: given 'pm-ml-service'; allowed: a name that no service with alarms of its own has"],
    ),
    "two services behind one Kubernetes Service": (
        sets(
            "services", 1, "runs_on", to={"kubernetes": {"namespace": "universal-ai-tools", "service": "api-gateway"}}
        ),
        [
            "vigil:services[1].runs_on.kubernetes: given 'universal-ai-tools/api-gateway'",
            "'api-gateway' is not scraped through already",
        ],
    ),
    "critical alarms that reach PagerDuty alone": (
        sets("receivers", to={"pagerduty": {"severities": ["critical"]}}),
        ["vigil:receivers: given 'only pagerduty for critical'; allowed: also slack or email"],
    ),
    "an ARN where CloudWatch wants its end": (
        sets(
            "resources",
            0,
            "dimensions",
            to={
                "LoadBalancer": "arn:aws:elasticloadbalancing:eu-west-1:333333333333:loadbalancer/app/x/50dc6c495c0c9188"
            },
        ),
        ["vigil:resources[0].dimensions.LoadBalancer: given 'arn:aws:", "as CloudWatch shows it"],
    ),
    "wildcard for an ECS service": (
        sets("services", 10, "runs_on", to={"ecs": {"cluster": "*", "service": "*"}}),
        ["vigil:services[10].runs_on.ecs.cluster: given '*'; allowed: text that matches"],
    ),
    "an ARN where a secret's name belongs": (
        sets(
            "slack_bot_token", to={"secrets_manager": "arn:aws:secretsmanager:eu-west-1:333333333333:secret:x-AbCdEf"}
        ),
        ["vigil:slack_bot_token"],
    ),
    "maintenance of no service": (
        adds("maintenance", name="m", services=[], **{**WINDOW, "days": ["monday"]}),
        ["vigil:maintenance[1].services"],
    ),
    "unknown environment": (
        sets("environment", to="production"),
        ["vigil:environment: given 'production'; allowed: dev, staging, prod; did you mean 'prod'?"],
    ),
    "section that is no mapping": (
        sets("kubernetes", to="yes please"),
        ["vigil:kubernetes: given 'yes please'; allowed: a valid dictionary"],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_told_so_that_it_can_be_mended(case: str) -> None:
    change, expected = CASES[case]
    found = problems(change)
    assert any(all(text in problem for text in expected) for problem in found), "\n".join(["got:", *found])


@pytest.mark.parametrize(
    "case",
    sorted(
        CASES.keys()
        - {
            "a half that is not enabled",
            "section that is no mapping",
            "production that pages nobody",
            "wildcard for an ECS service",
        }
    ),
)
def test_one_mistake_is_told_once(case: str) -> None:
    change, _ = CASES[case]
    assert len(problems(change)) == 1


def test_a_stack_that_names_no_cluster_is_refused() -> None:
    found = problems(sets("aws", to={"enabled": False}))
    assert any("vigil:kubernetes.context: missing; allowed: the kubeconfig context" in problem for problem in found)


def test_what_needs_aws_is_told_where_aws_is_not_enabled() -> None:
    found = problems(sets("aws", to={"enabled": False}))
    for expected in (
        "vigil:opentelemetry.xray: given True; allowed: unset while vigil:aws is not enabled",
        "vigil:exporters.cloudwatch: given True; allowed: unset while vigil:aws is not enabled",
        "vigil:object_storage: missing; allowed: where the buckets of thanos and loki are",
    ):
        assert any(expected in problem for problem in found), expected


def test_all_mistakes_are_told_at_once() -> None:
    names = [
        "unknown key inside",
        "bare number for a duration",
        "misspelt severity",
        "duplicate service",
        "secret in plain text",
        "receiver without its secret",
        "unknown kind",
    ]

    def change(written: dict[str, Any]) -> None:
        for name in names:
            CASES[name][0](written)

    found = problems(change)
    for name in names:
        assert any(all(text in problem for text in CASES[name][1]) for problem in found), f"{name} is not in {found}"
    assert len(found) == len(names)


def test_a_secret_never_shows_in_an_error() -> None:
    assert "xoxb-1234-oh-no" not in "\n".join(problems(CASES["secret in plain text"][0]))


def test_a_mistake_of_shape_hides_no_other_of_the_same_service() -> None:
    def change(written: dict[str, Any]) -> None:
        written["services"][0]["metrics"] = {"port": 8081, "interval": 10}
        written["services"][0]["alerts"] = {"HighErorRate": {"threshold": "2%"}}

    found = problems(change)
    assert len(found) == 2
    assert any("services[0].metrics.interval: given 10" in problem for problem in found)
    assert any("services[0].alerts.HighErorRate" in problem for problem in found)


@pytest.mark.parametrize("path", [("links",), ("services", 0, "runs_on"), ("links", "grafana")])
def test_a_misspelt_key_that_is_needed_is_one_mistake(path: tuple[str | int, ...]) -> None:
    def change(written: dict[str, Any]) -> None:
        place: Any = written
        for part in path[:-1]:
            place = place[part]
        place[f"{str(path[-1])[:-1]}"] = place.pop(path[-1])

    [problem] = problems(change)
    assert f"did you mean '{path[-1]}'?" in problem
