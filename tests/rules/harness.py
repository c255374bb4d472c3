"""The compiled rules before promtool: whole files, or the rule of one alert alone and in a form of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from alert_rules import registry, yaml12
from alert_rules.compilers.common import ServiceScope
from alert_rules.compilers.prometheus import compile_rules
from alert_rules.compilers.rules import CompiledRules
from alert_rules.model import PrometheusAlert
from alert_rules.overrides import Override
from tests.rules.files import ALERTS, LINKS, rule_tests
from tests.validators import promtool

EVERY_SERVICE = 'service!=""'


def compiled(
    *, overrides: Mapping[str, Override] | None = None, services: Sequence[ServiceScope] = ()
) -> CompiledRules:
    return compile_rules(
        ALERTS, overrides=overrides or {}, services=services, exporters=registry.exporters(), links=LINKS
    )


def written(rules: CompiledRules, directory: Path) -> list[Path]:
    """The rule files of `rules`, written to `directory`."""
    for name, content in rules.files.items():
        (directory / name).write_text(yaml12.dump(content))
    return [directory / name for name in rules.files]


def run(tests: Mapping[str, Any], rule_files: Sequence[Path], directory: Path) -> None:
    """Let promtool run `tests` against the rule files. Raises AssertionError with its report if one fails.

    A group of tests may have an `evaluation_interval` of its own, which promtool has for whole files only.
    """
    files = []
    for interval, groups in by_evaluation_interval(tests).items():
        files.append(directory / f"rule_tests_{interval}.yml")
        content = {"rule_files": [str(path) for path in rule_files], **tests}
        files[-1].write_text(yaml12.dump(content | {"evaluation_interval": interval, "tests": groups}))
    promtool.test_rules(*files)


def by_evaluation_interval(tests: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """The groups of a test file as promtool takes them, by how often the rules are evaluated."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for group in tests["tests"]:
        interval = group.get("evaluation_interval", tests["evaluation_interval"])
        groups.setdefault(interval, []).append({key: group[key] for key in group if key != "evaluation_interval"})
    return groups


class Form(NamedTuple):
    """An alert's rule with something about it changed: the keys of the rule with its whole condition, and of that which
    reads what is recorded for it; None where the change does not show there."""

    whole: dict[str, str] = {}
    reading: dict[str, str] | None = {}


def judge(alert: PrometheusAlert, form: Form, directory: Path) -> None:
    """Let promtool run the alert's own cases on its rule in that form. Raises AssertionError with its report.

    The group has no interval, and what is recorded for the alert stands in its place: a rule test says to 15 s when its
    alert fires, so that no change of a hold or condition hides between two of the rarer evaluations that it has in a
    stack. Only cases that give what is recorded, older than the rest, are for the rule that reads it.
    """
    result = compiled()
    [scope] = [scope for scope in result.scopes if scope.alert.name == alert.name]
    [rule] = [rule for rule in rules_of(result, alert.subject) if rule.get("alert") == alert.name]
    whole = rule | {"expr": scope.query(scope.resolved.values)} | form.whole
    run(cases_of(alert, by_recordings=False), [written_alone(alert, [whole], directory)], directory)
    if alert.recorded and form.reading is not None:
        run(cases_of(alert, by_recordings=True), [written_alone(alert, [rule | form.reading], directory)], directory)


def written_alone(alert: PrometheusAlert, rules: Sequence[Mapping[str, Any]], directory: Path) -> Path:
    """A file with those rules in one group. The other alerts of the subject would only cost time."""
    file = directory / f"{alert.subject}.yaml"
    file.write_text(yaml12.dump({"groups": [{"name": alert.subject, "rules": rules}]}))
    return file


def rules_of(rules: CompiledRules, subject: str) -> list[dict[str, Any]]:
    return [rule for group in rules.files[f"{subject}.yaml"]["groups"] for rule in group["rules"]]


def cases_of(alert: PrometheusAlert, *, by_recordings: bool) -> dict[str, Any]:
    """The test file of an alert's subject with its own cases alone: those that give what is recorded for it, or those
    that give what it is recorded from."""
    content = rule_tests(alert.subject)
    groups = [only(alert.name, group) for group in content["tests"]]
    own = [group for group in groups if group["alert_rule_test"] and gives_recordings(alert, group) == by_recordings]
    assert own, f"{alert.name} has no such case"
    return content | {"tests": own}


def gives_recordings(alert: PrometheusAlert, group: Mapping[str, Any]) -> bool:
    """Whether a test group gives what is recorded for the alert."""
    return any(given["series"].startswith(f"{alert.name}:") for given in group["input_series"])


def only(alert: str, group: dict[str, Any]) -> dict[str, Any]:
    """The test group with the cases of one alert."""
    return group | {"alert_rule_test": [case for case in group["alert_rule_test"] if case["alertname"] == alert]}
