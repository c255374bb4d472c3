"""A Lambda function from its manifest: code, role, log group, retries and dead letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.aws import iam, package, references
from components.aws.context import AwsContext
from components.aws.layer import ARCHITECTURE
from components.aws.references import References
from components.base import Component
from components.manifests import FunctionManifest, QueueTrigger
from components.naming import physical_name
from components.versions import LAMBDA_RUNTIME

# Lambda gives an asynchronous event two more tries at most; after an hour the event describes the past.
RETRIES = 2
MAX_EVENT_AGE_SECONDS = 3600

LEAST_POLLERS = 2
"""Lambda refuses a lower maximum concurrency for a queue."""

MIB = 2**20


class LambdaFunction(Component, area="aws"):
    """One function with a role and a log group of its own.

    `data` holds the texts of the files that manifests may list as `data`; `dead_letter_arn` is the queue of
    what the function failed to handle; `key_arn` the key of all queues; `after` what must be there before the first
    message is read from a queue.
    """

    function: aws.lambda_.Function

    def __init__(
        self,
        name: str,
        manifest: FunctionManifest,
        *,
        context: AwsContext,
        references: References,
        layer_arn: pulumi.Input[str],
        data: Mapping[str, str],
        dead_letter_arn: pulumi.Input[str],
        key_arn: pulumi.Input[str],
        after: Sequence[pulumi.Resource] = (),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__(name, opts)
        self._name, self._manifest, self._context, self._references = name, manifest, context, references
        self._physical_name = physical_name("function", context.environment, manifest.name)
        logs = self._log_group()
        role = self._role()
        permissions = self._permissions(role, logs, dead_letter_arn, key_arn)
        self.function = self._function(
            role, logs, package.archive(manifest, data), layer_arn, dead_letter_arn, permissions
        )
        if isinstance(manifest.trigger, QueueTrigger):
            self._read_queue(manifest.trigger, after)
        else:
            self._asynchronous()
        self.register_outputs({"arn": self.function.arn})

    def _log_group(self) -> aws.cloudwatch.LogGroup:
        return aws.cloudwatch.LogGroup(
            self._name,
            name=f"/aws/lambda/{self._physical_name}",
            retention_in_days=self._context.log_retention_days,
            opts=self.child(),
        )

    def _role(self) -> aws.iam.Role:
        return aws.iam.Role(
            self._name,
            name=physical_name("role", self._context.environment, self._manifest.name),
            description=self._manifest.description,
            assume_role_policy=iam.trust("lambda.amazonaws.com"),
            opts=self.child(),
        )

    def _permissions(
        self,
        role: aws.iam.Role,
        logs: aws.cloudwatch.LogGroup,
        dead_letter_arn: pulumi.Input[str],
        key_arn: pulumi.Input[str],
    ) -> aws.iam.RolePolicy:
        through_queues = {"StringEquals": {"kms:ViaService": self._context.endpoint("sqs")}}
        policy = iam.document(
            iam.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [pulumi.Output.concat(logs.arn, ":*")]),
            iam.allow(["sqs:SendMessage"], [dead_letter_arn]),
            iam.allow(["kms:Decrypt", "kms:GenerateDataKey"], [key_arn], condition=through_queues),
            *references.statements(self._manifest, self._references),
        )
        return aws.iam.RolePolicy(self._name, name="permissions", role=role.name, policy=policy, opts=self.child())

    def _function(
        self,
        role: aws.iam.Role,
        logs: aws.cloudwatch.LogGroup,
        code: pulumi.Archive,
        layer_arn: pulumi.Input[str],
        dead_letter_arn: pulumi.Input[str],
        permissions: aws.iam.RolePolicy,
    ) -> aws.lambda_.Function:
        manifest = self._manifest
        return aws.lambda_.Function(
            self._name,
            name=self._physical_name,
            description=manifest.description,
            role=role.arn,
            runtime=LAMBDA_RUNTIME,
            architectures=[ARCHITECTURE],
            handler=manifest.handler,
            code=code,
            layers=[layer_arn],
            memory_size=int(manifest.memory.value // MIB),
            timeout=int(manifest.timeout.value),
            reserved_concurrent_executions=manifest.reserved_concurrency,
            environment={"variables": references.environment(manifest, self._references)},
            logging_config={
                "log_format": "JSON",
                "log_group": logs.name,
                "application_log_level": "INFO",
                "system_log_level": "INFO",
            },
            tracing_config={"mode": "PassThrough"},
            dead_letter_config={"target_arn": dead_letter_arn},
            # Lambda refuses a dead-letter queue that the role may not send to.
            opts=self.child(depends_on=[permissions]),
        )

    def _asynchronous(self) -> None:
        aws.lambda_.FunctionEventInvokeConfig(
            self._name,
            function_name=self.function.name,
            maximum_retry_attempts=RETRIES,
            maximum_event_age_in_seconds=MAX_EVENT_AGE_SECONDS,
            opts=self.child(),
        )

    def _read_queue(self, trigger: QueueTrigger, after: Sequence[pulumi.Resource]) -> None:
        concurrency = max(LEAST_POLLERS, self._manifest.reserved_concurrency)
        aws.lambda_.EventSourceMapping(
            self._name,
            event_source_arn=self._references[f"queue.{trigger.queue}"].arns[0],
            function_name=self.function.arn,
            batch_size=trigger.batch_size,
            function_response_types=["ReportBatchItemFailures"],
            # Without it the pollers take more than the function's reserved concurrency handles, and throttled
            # deliveries count towards the dead-letter queue.
            scaling_config={"maximum_concurrency": concurrency},
            # Events that no rule of the bus matches yet are gone, and the router remembers them as sent.
            opts=self.child(depends_on=list(after)),
        )
