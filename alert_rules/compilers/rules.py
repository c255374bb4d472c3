"""Rule files, in the form that Prometheus and Loki's ruler share, from alerts and the scopes that each applies in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from alert_rules import quantities
from alert_rules.compilers.common import CompiledAlert, Links
from alert_rules.lint import needed_exporters
from alert_rules.model import RuleAlert
from alert_rules.overrides import Resolved
from alert_rules.quantities import Quantity
from alert_rules.templates import fill, texts
from alert_rules.timing import RECORDING_INTERVAL

A = TypeVar("A", bound=RuleAlert)

Rule = dict[str, Any]


@dataclass(frozen=True)
class Scope:
    """Where one rule of an alert applies: its figures, its label matchers (several where the rule is one condition a
    service), its name for people, and the labels of its own."""

    alert: RuleAlert
    resolved: Resolved
    selectors: Sequence[str]
    words: str
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def interval(self) -> float:
        """Seconds between two evaluations of the rule, by the hold and the severity that are in force here."""
        return self.alert.interval(self.resolved.hold, self.resolved.severity)

    def query(self, values: Mapping[str, Quantity]) -> str:
        """The rule's whole condition with those figures."""
        return self._joined(self.alert.query(values, selector) for selector in self.selectors)

    @property
    def expression(self) -> str:
        """What is evaluated."""
        return self._joined(self.alert.reading(self.resolved.values, selector) for selector in self.selectors)

    @property
    def recordings(self) -> Mapping[str, str]:
        """What is recorded for the rule alone: each expression by the series that hold it."""
        each = [self.alert.recordings(self.resolved.values, selector) for selector in self.selectors]
        return {record: self._joined(found[record] for found in each) for record in each[0]}

    @staticmethod
    def _joined(expressions: Iterable[str]) -> str:
        return "\nor\n".join(expressions)


@dataclass(frozen=True)
class CompiledRules:
    """Rule files by file name, as the ruler reads them; for each rule a line of the alert table, and the scope that it
    was compiled from."""

    files: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    alerts: tuple[CompiledAlert, ...] = ()
    scopes: tuple[Scope, ...] = ()

    def __add__(self, other: CompiledRules) -> CompiledRules:
        """Both together. Raises ValueError where both have a file of one name: of two, one would be lost."""
        if both := self.files.keys() & other.files.keys():
            raise ValueError(f"{', '.join(sorted(both))}: the name of two rule files")
        return CompiledRules(
            {**self.files, **other.files}, (*self.alerts, *other.alerts), (*self.scopes, *other.scopes)
        )


def recording_rule(name: str, expression: str, labels: Mapping[str, str] | None = None) -> Rule:
    """A rule that records the expression's series under that name, with those labels besides their own."""
    return {"record": name, "expr": expression, **({"labels": dict(labels)} if labels else {})}


def recording_file(name: str, groups: Mapping[str, tuple[str, Sequence[Rule]]]) -> Mapping[str, Mapping[str, Any]]:
    """A file of recording rules by its name: each group with how often it is evaluated, and none without a rule."""
    listed = [{"name": g, "interval": every, "rules": rules} for g, (every, rules) in groups.items() if rules]
    return {name: {"groups": listed}}


def rule_files(
    alerts: Iterable[A], exporters: Collection[str], scopes: Callable[[A], Iterator[Scope]], links: Links
) -> CompiledRules:
    """A file for each subject with a rule for each scope of its alerts that have data, by the `exporters` that are run;
    a subject without a rule leaves no file. Rules are grouped by how often they are evaluated."""
    with_data = [alert for alert in alerts if needed_exporters(alert) <= set(exporters)]
    found = [scope for alert in sorted(with_data, key=lambda a: (a.subject, a.name)) for scope in scopes(alert)]
    subjects: dict[str, list[Scope]] = {}
    for scope in found:
        subjects.setdefault(scope.alert.subject, []).append(scope)
    files = {f"{subject}.yaml": {"groups": _groups(subject, scopes, links)} for subject, scopes in subjects.items()}
    return CompiledRules(files, tuple(_table_line(scope, links) for scope in found), tuple(found))


def _groups(subject: str, scopes: Sequence[Scope], links: Links) -> list[dict[str, Any]]:
    """The rules of a subject, in a group for each interval: the ruler's own first, then from short to long; and at
    last what is recorded for them."""
    by_interval: dict[str, list[Rule]] = {}
    for scope in sorted(scopes, key=lambda scope: scope.interval):
        own = scope.interval == scope.alert.evaluation
        by_interval.setdefault("" if own else quantities.seconds_text(scope.interval), []).append(_rule(scope, links))
    recordings = [
        recording_rule(record, expression, scope.labels)
        for scope in scopes
        for record, expression in scope.recordings.items()
    ]
    seldom = quantities.seconds_text(RECORDING_INTERVAL)
    recorded = [{"name": f"{subject}-recorded", "interval": seldom, "rules": recordings}] if recordings else []
    alerting = [
        {"name": f"{subject}-{interval}", "interval": interval, "rules": rules}
        if interval
        else {"name": subject, "rules": rules}
        for interval, rules in by_interval.items()
    ]
    return alerting + recorded


def _rule(scope: Scope, links: Links) -> Rule:
    alert, hold, values = scope.alert, scope.resolved.hold, scope.resolved.values
    figures = texts(values)
    rule: Rule = {"alert": alert.name, "expr": scope.expression}
    if hold:
        rule["for"] = quantities.seconds_text(hold)
    rule["labels"] = {"severity": str(scope.resolved.severity), **scope.labels}
    rule["annotations"] = {
        "summary": fill(alert.summary, figures, hold),
        "description": fill(alert.description, figures, hold),
        "runbook_url": links.runbook(alert.name),
        "dashboard_url": links.dashboard(alert.dashboard, "{{ $labels.service }}"),
    }
    return rule


def _table_line(scope: Scope, links: Links) -> CompiledAlert:
    alert = scope.alert
    return CompiledAlert(
        name=alert.name,
        engine=alert.source,
        severity=scope.resolved.severity,
        source=f"{alert.source.capitalize()}, {alert.subject}",
        scope=scope.words,
        condition=scope.resolved.condition,
        runbook_url=links.runbook(alert.name),
        dashboard_url=links.dashboard(alert.dashboard),
    )
