"""What an alert is, before any environment has had its say. The YAML files of this package hold these classes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cached_property
from string import Template
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from alert_rules import quantities
from alert_rules.quantities import Quantity, Unit
from alert_rules.registry import exporters_of
from alert_rules.templates import fill, fill_expression, placeholders, texts
from alert_rules.timing import (
    EVALUATION_INTERVAL,
    LOG_EVALUATION_INTERVAL,
    LONGEST_HOLD,
    RECORDING_LOOKBACK,
    SLI_INTERVAL,
    evaluation_interval,
)


class Severity(StrEnum):
    """How urgent an alert is, most urgent first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def urgent(self) -> bool:
        """Whether somebody is to look at once, by night as well."""
        return self in (Severity.CRITICAL, Severity.HIGH)


def _pascal_case(name: str) -> str:
    if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", name):
        raise ValueError("a PascalCase name such as HighErrorRate")
    return name


def _duration(written: object) -> Quantity:
    if isinstance(written, Quantity):
        return written
    return quantities.parse(written, Unit.DURATION)


AlertName = Annotated[str, AfterValidator(_pascal_case)]
Duration = Annotated[
    Quantity,
    BeforeValidator(_duration, json_schema_input_type=Annotated[str, Field(pattern=r"^\d+(\.\d+)?(ms|s|m|h|d|w)$")]),
]
"""A length of time, written with its unit (`30s`, `5m`); `.value` is in seconds."""


class Definition(BaseModel):
    """Base of everything read from a YAML file: strict about names, frozen once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


class Parameter(Definition):
    """A figure of an alert that an environment or a service may set otherwise."""

    default: str | int | float
    unit: Unit
    reason: str = Field(min_length=15, description="Why this default, with the source of the figure.")
    min: str | int | float | None = None
    max: str | int | float | None = None

    @model_validator(mode="after")
    def _default_is_allowed(self) -> Parameter:
        self.resolve(self.default)
        return self

    def resolve(self, written: object) -> Quantity:
        """The quantity of `written`; raises QuantityError with what is allowed where it is no such quantity."""
        quantity = quantities.parse(written, self.unit)
        low, high = self._bound(self.min), self._bound(self.max)
        if (low is not None and quantity.value < low) or (high is not None and quantity.value > high):
            raise quantities.QuantityError(self.allowed)
        return quantity

    def _bound(self, written: str | int | float | None) -> float | None:
        return None if written is None else quantities.parse(written, self.unit).value

    @property
    def allowed(self) -> str:
        """What may be written here, as a noun phrase."""
        limits = [f"at least {self.min}"] * (self.min is not None) + [f"at most {self.max}"] * (self.max is not None)
        return ", ".join([quantities.example(self.unit), *limits])


class ToldBy(Definition):
    """When another alert tells of a fault already: labels besides `service` that both must agree in, and matchers that
    this one must have (`slo="availability"`)."""

    agree: tuple[str, ...] = ()
    where: tuple[str, ...] = ()


class AlertDefinition(Definition):
    """What the alerts of every engine have in common."""

    source: str = Field(description="The engine that evaluates it.")
    name: AlertName
    severity: Severity
    condition: str = Field(description="When it fires, in words; may name parameters as $threshold.")
    summary: str
    description: str
    reason: str = Field(min_length=15, description="Why somebody is told of this, and the source it comes from.")
    parameters: dict[str, Parameter] = {}
    told_by: dict[AlertName, ToldBy] = Field(
        {},
        description="Alerts of the same service that tell of the same fault: while one fires, nobody is notified of "
        "this one.",
    )

    @cached_property
    def defaults(self) -> Mapping[str, Quantity]:
        """Every parameter's default, by its name."""
        return {name: parameter.resolve(parameter.default) for name, parameter in self.parameters.items()}

    @property
    def default_hold(self) -> float:
        """For how long, in seconds, the condition must hold before the alert fires."""
        raise NotImplementedError

    def hold_problem(self, hold: float) -> str | None:
        """Why `hold` seconds are impossible for this alert (what is allowed instead), or None."""
        raise NotImplementedError

    def interval(self, hold: float, severity: Severity, /) -> float:
        """Seconds between two evaluations where the condition must hold for so many seconds and is that urgent."""
        raise NotImplementedError

    def words(self, values: Mapping[str, Quantity], hold: float) -> str:
        """The condition in words with its figures filled in."""
        return fill(self.condition, texts(values), hold)


class RuleAlert(AlertDefinition):
    """An alert that a ruler evaluates and Alertmanager routes: a query with `$selector` and parameters."""

    evaluation: ClassVar[float]
    """Seconds between two evaluations by the ruler's own interval."""

    subject: str
    hold: Duration = Field(alias="for")
    expression: str
    dashboard: str = Field(description="Name of the Grafana dashboard that shows it.")

    @model_validator(mode="after")
    def _placeholders_are_declared(self) -> Self:
        if not Template(self.expression).is_valid():
            raise ValueError("`expression` to write a $ that begins no placeholder as $$")
        used = self._placeholders()
        if "selector" not in used:
            raise ValueError(
                "`expression` to hold $selector in every metric or stream, so that services can be told apart"
            )
        if undeclared := used - set(self.parameters) - {"selector"}:
            raise ValueError(f"a parameter for each placeholder of `expression`; undeclared: {sorted(undeclared)}")
        if unused := set(self.parameters) - used:
            raise ValueError(f"each parameter used in `expression`; unused: {sorted(unused)}")
        return self

    def _placeholders(self) -> set[str]:
        """The names of figures, and `selector`, for which there is a place in the expression."""
        return set(placeholders(self.expression))

    @property
    def default_hold(self) -> float:
        return self.hold.value

    def hold_problem(self, hold: float) -> str | None:
        # Within one evaluation's time nothing is looked at again, so such a hold waits for no confirmation.
        shortest = 2 * self.evaluation
        if hold == 0 or shortest <= hold <= LONGEST_HOLD:
            return None
        return f"0s, or from two evaluations ({quantities.seconds_text(shortest)}) to 1d"

    def interval(self, _hold: float, _severity: Severity, /) -> float:
        return self.evaluation

    @property
    def sample_selector(self) -> str:
        """Label matchers such as the compilers put for $selector."""
        raise NotImplementedError

    @cached_property
    def default_query(self) -> str:
        """The expression with its default figures, for the services of `sample_selector`."""
        return self.query(self.defaults, self.sample_selector)

    def query(self, values: Mapping[str, Quantity], selector: str) -> str:
        """The whole condition with its figures and the label matchers of `selector` filled in, on tidy lines."""
        return fill_expression(self.expression, values, selector)

    def recordings(self, _values: Mapping[str, Quantity], _selector: str, /) -> Mapping[str, str]:
        """What is recorded for the alert alone, with those figures and label matchers: each expression by the series
        that hold it."""
        return {}

    def reading(self, values: Mapping[str, Quantity], selector: str) -> str:
        """The condition as it is evaluated: it reads what is recorded for it."""
        return self.query(values, selector)


class PrometheusAlert(RuleAlert):
    """An alert whose condition is PromQL."""

    evaluation = EVALUATION_INTERVAL

    source: Literal["prometheus"] = "prometheus"
    recorded: dict[str, str] = Field(
        {},
        description="Parts of the expression that reach far back, by the name of their placeholder in it: Prometheus "
        "records them every ten minutes, and the alert reads what was recorded.",
    )

    @model_validator(mode="after")
    def _recorded_parts_are_used(self) -> Self:
        for name, part in self.recorded.items():
            if not re.fullmatch(r"[a-z][a-z_]*", name) or name in {"selector", *self.parameters}:
                raise ValueError(f"a name in snake_case, which no parameter has, for each of `recorded`, not {name!r}")
            if not Template(part).is_valid() or set(placeholders(part)) & set(self.recorded):
                raise ValueError(f"`recorded.{name}` to hold placeholders of parameters alone, and $$ for a $")
            if "selector" not in placeholders(part):
                raise ValueError(f"`recorded.{name}` to hold $selector in every metric")
        if unused := set(self.recorded) - set(placeholders(self.expression)):
            raise ValueError(f"each of `recorded` used in `expression`; unused: {sorted(unused)}")
        return self

    def _placeholders(self) -> set[str]:
        used = {name for text in (self.expression, *self.recorded.values()) for name in placeholders(text)}
        return used - (set(self.recorded) - {"selector"})

    def interval(self, hold: float, severity: Severity, /) -> float:
        asked = evaluation_interval(hold, urgent=severity.urgent)
        return max(asked, SLI_INTERVAL) if self._on_objectives_alone else asked

    @cached_property
    def _on_objectives_alone(self) -> bool:
        """Whether all that it reads is recorded for objectives: to look more often than that would show nothing new."""
        return exporters_of(self.default_query) == {"slo"}

    @property
    def sample_selector(self) -> str:
        return 'service!=""'

    def query(self, values: Mapping[str, Quantity], selector: str) -> str:
        whole = {name: f"(\n{fill_expression(part, values, selector)}\n)" for name, part in self.recorded.items()}
        return fill_expression(self.expression, values, selector, whole)

    def recordings(self, values: Mapping[str, Quantity], selector: str) -> Mapping[str, str]:
        return {self._record(name): fill_expression(part, values, selector) for name, part in self.recorded.items()}

    def reading(self, values: Mapping[str, Quantity], selector: str) -> str:
        lookback = quantities.seconds_text(RECORDING_LOOKBACK)
        read = {name: f"last_over_time({self._record(name)}{{{selector}}}[{lookback}])" for name in self.recorded}
        return fill_expression(self.expression, values, selector, read)

    def _record(self, name: str) -> str:
        return f"{self.name}:{name}"


class LogAlert(RuleAlert):
    """An alert whose condition is LogQL over the log lines of declared services."""

    evaluation = LOG_EVALUATION_INTERVAL

    source: Literal["loki"] = "loki"
    each_service: bool = Field(
        False,
        description="Compiled for each declared service by name instead of for whatever streams there are.",
    )

    @property
    def sample_selector(self) -> str:
        return 'service="a"'  # of logs, no rule is for every service there may be
