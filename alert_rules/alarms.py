"""What is watched on AWS: kinds of service, their alarms and the graphs of their dashboards, as the YAML files of
`cloudwatch/` hold them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from alert_rules.model import AlertDefinition, Definition, Duration, Severity
from alert_rules.timing import LONGEST_HOLD


class Alarm(AlertDefinition):
    """A CloudWatch alarm on one metric of a service kind, in CloudWatch's own terms."""

    source: Literal["cloudwatch"] = "cloudwatch"
    metric: str
    statistic: Literal["Average", "Sum", "Maximum", "Minimum", "SampleCount", "p50", "p90", "p95", "p99"]
    period: Duration
    evaluation_periods: int = Field(ge=1)
    comparison: Literal[
        "GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"
    ]
    unit: str | None = None
    dimensions: tuple[str, ...] | None = Field(
        None, description="Needed only where the alarm takes some of the resource's."
    )
    treat_missing_data: Literal["missing", "notBreaching", "breaching", "ignore"] = "missing"

    @model_validator(mode="after")
    def _has_threshold(self) -> Alarm:
        if set(self.parameters) != {"threshold"}:
            raise ValueError("exactly one parameter, `threshold`")
        if self.hold_problem(self.default_hold):
            raise ValueError("a period of 10s, 20s, 30s or whole minutes, evaluated over at most 1d")
        return self

    @property
    def default_hold(self) -> float:
        return self.period.value * self.evaluation_periods

    def hold_problem(self, hold: float) -> str | None:
        period = self.period.value
        if hold > 0 and hold % period == 0 and hold <= LONGEST_HOLD and (period in (10, 20, 30) or period % 60 == 0):
            return None
        return f"a multiple of the alarm's period ({self.period}), at most 1d"

    def interval(self, _hold: float, _severity: Severity, /) -> float:
        return self.period.value


class Widget(Definition):
    """One graph of a service kind on its CloudWatch dashboard."""

    title: str
    metrics: tuple[str, ...]
    statistic: str
    period: Duration
    unit: str
    dimensions: tuple[str, ...] | None = Field(
        None, description="Needed only where the metrics take some of the resource's."
    )


class Platform(Definition):
    """The settings' `runs_on` key whose services are of a kind, and where their dimensions come from."""

    runs_on: str
    dimensions: dict[str, str] = Field(description="CloudWatch dimension → key under `runs_on.<platform>`.")


class ServiceKind(Definition):
    """An AWS service (or a system's own metrics) that resources of the settings can name as their `kind`."""

    kind: str
    title: str
    namespace: str
    custom: bool = Field(
        False, description="The namespace is the system's own, unknown to AWS's service specification."
    )
    platform: Platform | None = None
    dimension_sets: tuple[tuple[str, ...], ...]
    fixed_dimensions: dict[str, str] = {}
    dimension_patterns: dict[str, str] = Field(
        {}, description="Dimension → what its values look like, where easily mistaken."
    )
    dashboard: str = Field(description="Name of the CloudWatch dashboard that shows it.")
    alarms: tuple[Alarm, ...]
    widgets: tuple[Widget, ...]
