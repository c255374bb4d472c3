"""What an environment or a single service sets otherwise about an alert."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from alert_rules.loader import Catalogue
from alert_rules.model import AlertDefinition, Severity
from alert_rules.problems import Problem, listed, nearest
from alert_rules.quantities import Quantity, QuantityError, Unit, parse

COMMON_KEYS = ("enabled", "severity", "for")


@dataclass(frozen=True)
class Resolved:
    """An alert with its figures settled for some scope."""

    definition: AlertDefinition
    enabled: bool
    severity: Severity
    hold: float
    values: Mapping[str, Quantity]

    @property
    def condition(self) -> str:
        """The condition in words, figures filled in."""
        return self.definition.words(self.values, self.hold)


Override = Mapping[str, Any]
"""The keys of one alert under `alerts`: enabled, severity, for, and the alert's own parameters."""


def resolve(definition: AlertDefinition, *layers: Override) -> Resolved:
    """The alert with the later layers winning over the earlier ones and over its defaults.

    The layers must be free of problems (see `check`); otherwise ValueError.
    """
    merged: dict[str, Any] = {key: value for layer in layers for key, value in layer.items()}
    hold = parse(merged["for"], Unit.DURATION).value if "for" in merged else definition.default_hold
    return Resolved(
        definition=definition,
        enabled=merged.get("enabled", True),
        severity=Severity(merged.get("severity", definition.severity)),
        hold=hold,
        values={
            name: definition.parameters[name].resolve(merged[name]) if name in merged else default
            for name, default in definition.defaults.items()
        },
    )


def check(catalogue: Catalogue, overrides: Mapping[str, Any], *, file: str, key: str) -> Iterator[Problem]:
    """Every mistake in a mapping of alert name → override."""
    for name, override in overrides.items():
        definition = catalogue.alerts.get(name)
        if definition is None:
            allowed = "the name of an alert (`vigil alerts` lists them)"
            yield Problem(file, f"{key}.{name}", name, allowed, nearest(name, catalogue.alerts))
        elif not isinstance(override, Mapping):
            yield Problem(file, f"{key}.{name}", override, f"a mapping with any of: {_keys(definition)}")
        else:
            yield from _check_one(definition, override, file=file, key=f"{key}.{name}")


def _keys(definition: AlertDefinition) -> str:
    return listed([*COMMON_KEYS, *definition.parameters])


def _check_one(definition: AlertDefinition, override: Override, *, file: str, key: str) -> Iterator[Problem]:
    for name, value in override.items():
        allowed = _not_allowed(definition, name, value)
        if allowed is not None:
            known: list[str] = [str(s) for s in Severity] if name == "severity" else []
            if name not in (*COMMON_KEYS, *definition.parameters):
                known, value = [*COMMON_KEYS, *definition.parameters], name
            yield Problem(file, f"{key}.{name}", value, allowed, nearest(str(value), known))


def _not_allowed(definition: AlertDefinition, name: str, value: object) -> str | None:
    """What would be allowed for `name` of this alert, or None where `value` is fine."""
    if name == "enabled":
        return None if isinstance(value, bool) else "true or false"
    if name == "severity":
        return None if value in list(Severity) else ", ".join(Severity)
    try:
        if name == "for":
            return definition.hold_problem(parse(value, Unit.DURATION).value)
        if name in definition.parameters:
            definition.parameters[name].resolve(value)
            return None
    except QuantityError as error:
        return str(error)
    return f"one of: {_keys(definition)}"
