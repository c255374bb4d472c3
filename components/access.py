"""What pods may be allowed to do on AWS: asked for by the workloads, granted by the half on AWS."""

from __future__ import annotations

from enum import StrEnum


class AwsAccess(StrEnum):
    """A right on AWS that a workload needs."""

    PUBLISH_ALERTS = "publish_alerts"
    """To the SNS topics of the alert path and of the dead-man's switch."""

    WRITE_METRICS = "write_metrics"
    """To the workspace of Amazon Managed Service for Prometheus."""

    METRICS_BUCKET = "metrics_bucket"
    """Reading, writing and deleting blocks of metrics."""

    READ_METRICS_BUCKET = "read_metrics_bucket"
    """Reading blocks of metrics."""

    LOGS_BUCKET = "logs_bucket"
    """Reading, writing and deleting chunks of logs."""

    WRITE_TRACES = "write_traces"
    """To AWS X-Ray."""

    READ_METRIC_DATA = "read_metric_data"
    """CloudWatch's metric data, of metrics that are named."""

    READ_CLOUDWATCH = "read_cloudwatch"
    """All that Grafana's CloudWatch data source shows: metrics, alarms, logs."""
