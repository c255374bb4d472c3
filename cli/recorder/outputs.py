"""What the providers would compute: the outputs of each resource type that the program reads.

An output that is neither an input nor listed here comes back as a marker, and a marker that reaches another resource or
an export is a violation: a test must never pass, or a preview be shown, on a value that nobody computed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

# Plain ASCII, so that it survives every way of encoding text that a program may send it through.
MARKER_START = "<<output that the recorder does not know: "
MARKER = MARKER_START + "{type}.{name}>>"

Inputs = Mapping[str, Any]


def arn(service: str, resource: str, account: str, region: str) -> str:
    """An ARN in the standard partition."""
    return f"arn:aws:{service}:{region}:{account}:{resource}"


def computed(type_: str, inputs: Inputs, *, account: str, region: str) -> dict[str, Any]:
    """The provider-computed outputs of a resource of that type, or nothing where the type has none of use."""
    known = _BY_TYPE.get(type_)
    return known(inputs, account, region) if known else {}


def _arn_of(service: str, template: str, **more: str) -> Callable[[Inputs, str, str], dict[str, Any]]:
    def outputs(inputs: Inputs, account: str, region: str) -> dict[str, Any]:
        values = {"arn": arn(service, template.format(**inputs), account, region)}
        return values | {name: text.format(**inputs, account=account, region=region) for name, text in more.items()}

    return outputs


def _global_arn(service: str, template: str) -> Callable[[Inputs, str, str], dict[str, Any]]:
    return lambda inputs, account, _: {"arn": arn(service, template.format(**inputs), account, "")}


def _key(inputs: Inputs, account: str, region: str) -> dict[str, Any]:
    # A key's id is random; this one is made from what sets it apart, so that two runs print the same.
    digest = hashlib.sha256(str(inputs.get("description")).encode()).hexdigest()
    key_id = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:32]))
    return {"keyId": key_id, "arn": arn("kms", f"key/{key_id}", account, region)}


def _secret(inputs: Inputs, account: str, region: str) -> dict[str, Any]:
    # Secrets Manager adds a hyphen and six random characters to the name.
    return {"arn": arn("secretsmanager", f"secret:{inputs['name']}-xxxxxx", account, region)}


def _function(inputs: Inputs, account: str, region: str) -> dict[str, Any]:
    return {"arn": arn("lambda", f"function:{inputs['name']}", account, region)}


def _layer(inputs: Inputs, account: str, region: str) -> dict[str, Any]:
    return {"arn": arn("lambda", f"layer:{inputs['layerName']}:1", account, region)}


_BY_TYPE: dict[str, Callable[[Inputs, str, str], dict[str, Any]]] = {
    "aws:cloudwatch/eventBus:EventBus": _arn_of("events", "event-bus/{name}"),
    "aws:cloudwatch/eventRule:EventRule": _arn_of("events", "rule/{eventBusName}/{name}"),
    "aws:cloudwatch/logGroup:LogGroup": _arn_of("logs", "log-group:{name}"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _arn_of("cloudwatch", "alarm:{name}"),
    "aws:dynamodb/table:Table": _arn_of("dynamodb", "table/{name}"),
    "aws:iam/role:Role": _global_arn("iam", "role/{name}"),
    "aws:kms/key:Key": _key,
    "aws:lambda/function:Function": _function,
    "aws:lambda/layerVersion:LayerVersion": _layer,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:sns/topic:Topic": _arn_of("sns", "{name}"),
    "aws:sqs/queue:Queue": _arn_of("sqs", "{name}", url="https://sqs.{region}.amazonaws.com/{account}/{name}"),
}
