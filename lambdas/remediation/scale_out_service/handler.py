"""Lambda entry point of scale_out_service: one "remediate" event, invoked asynchronously."""

import os
from functools import cache
from typing import Any

from lambdas.common import clock, idempotency
from lambdas.common.aws import client
from lambdas.common.effects import read_remediate
from lambdas.common.log import logger
from lambdas.common.remediation.ledger import Ledger
from lambdas.common.remediation.run import Runner
from lambdas.remediation.scale_out_service.core import ScaleOutService


@cache
def runner() -> Runner:
    """Return the runner of this container."""
    return Runner(
        action=ScaleOutService(client("ecs")),
        ledger=Ledger(client("dynamodb"), os.environ["AUDIT_TABLE"]),
        cloudwatch=client("cloudwatch"),
        now=clock.now,
    )


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: Any) -> None:
    """Carry out the request once. Raises whatever Lambda must retry."""
    idempotency.begin(context)
    request, alert = read_remediate(event)
    idempotency.once(request.id, lambda: runner().run(request, alert))
