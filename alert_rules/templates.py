"""Texts and expressions with `$placeholders`, and what is put in their places."""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from typing import Any

from alert_rules import quantities
from alert_rules.quantities import Quantity, Unit


def placeholders(text: str) -> list[str]:
    """Names of the `$placeholders` in `text`, in order of appearance."""
    return [name for match in Template.pattern.finditer(text) if (name := match["named"] or match["braced"])]


def texts(values: Mapping[str, Quantity]) -> dict[str, str]:
    """Parameter values as a person would write them."""
    return {name: str(value) for name, value in values.items()}


def fill(text: str, values: Mapping[str, Any], hold: float) -> str:
    """`text` with parameters and `$for` filled in; other `$names` (Prometheus' $labels, $value) stay."""
    return Template(text).safe_substitute(values, **{"for": quantities.seconds_text(hold)})


def fill_expression(
    expression: str, values: Mapping[str, Quantity], selector: str, parts: Mapping[str, str] | None = None
) -> str:
    """The expression on tidy lines, its placeholders replaced by figures, label matchers and other PromQL."""
    figures = {name: _figure(value) for name, value in values.items()}
    return Template(expression.strip()).substitute({**figures, **(parts or {})}, selector=selector)


def _figure(value: Quantity) -> str:
    return quantities.seconds_text(value.value) if value.unit is Unit.WINDOW else value.number
