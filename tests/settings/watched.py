"""Services and resources that cannot be watched as they are declared, and what a person is told of them."""

from __future__ import annotations

from tests.settings.changes import Change, adds, sets

WATCHED: dict[str, tuple[Change, list[str]]] = {
    "unknown key of a list entry": (
        sets("services", 0, "metrics", to={"prot": 80, "port": 80}),
        [
            "vigil:services[0].metrics.prot: given 'prot'; allowed: one of: interval, path, port, timeout; did you mean 'port'?"
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
    "resource that nobody owns": (
        lambda written: written["resources"][0].pop("service"),
        ["vigil:resources[0].team: missing; allowed: a team, or `service`: the declared service it belongs to"],
    ),
    "resource of an undeclared service": (
        sets("resources", 0, "service", to="pm-api-gatewey"),
        ["vigil:resources[0].service: given 'pm-api-gatewey'", "did you mean 'pm-api-gateway'?"],
    ),
    "metrics of a service outside the cluster": (
        sets("services", 10, "metrics", to={"port": 80}),
        ["vigil:services[10].metrics: given 'set on ecs'; allowed: only on services that run on kubernetes"],
    ),
    "a half that is not enabled": (
        sets("aws", "enabled", to=False),
        [
            "vigil:services[10].runs_on: given 'pm-api-gateway'; allowed: a platform whose half is enabled; vigil:aws is not"
        ],
    ),
    "scrape interval beyond the windows of alerts": (
        sets("services", 0, "metrics", to={"port": 80, "interval": "2m"}),
        ["vigil:services[0].metrics.interval: given '2m'; allowed: 5s to 1m"],
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
            "'api-gateway' is not known by already",
        ],
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
}
