"""Each recording rule records what arithmetic says, and the figures notice when a rule is no longer what it was."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.alert_rules.slos import counted, recorded
from tests.alert_rules.slos.alone import RULES, Scene, judge_alone
from tests.alert_rules.slos.equivalent import EQUIVALENT
from tests.rules import mutation

Rule = Mapping[str, Any]


def named(rule: Rule) -> str:
    """What the rule records, and of which objective where it is about one."""
    return f"{rule['record']} {_objective(rule)}".rstrip()


def _objective(rule: Rule) -> str:
    return str(rule.get("labels", {}).get("slo", ""))


def scene(rule: Rule) -> Scene:
    scene_of = counted.scene if rule["record"].endswith(":rate5m") else recorded.scene
    return scene_of(rule["record"], _objective(rule))


class Mutant(NamedTuple):
    rule: Rule
    what: str
    changed: Rule

    @property
    def name(self) -> str:
        return f"{named(self.rule)}: {self.what}"


def mutants(rule: Rule) -> Iterator[Mutant]:
    """The rule with one thing about it changed."""
    for what, expression in mutation.mutants(rule["expr"]):
        yield Mutant(rule, what, {**rule, "expr": expression})
    labels = rule.get("labels", {})
    for name, value in labels.items():
        yield Mutant(rule, f"no {name}", {**rule, "labels": {key: labels[key] for key in labels if key != name}})
        yield Mutant(rule, f"another {name}", {**rule, "labels": {**labels, name: f"{value}x"}})


def reasons(mutant: Mutant) -> list[str]:
    """Why the mutant records the same as its rule, if it does."""
    return [reason for pattern, reason in EQUIVALENT.items() if re.fullmatch(pattern, mutant.name)]


MUTANTS = [mutant for rule in RULES for mutant in mutants(rule)]
TO_NOTICE = [mutant for mutant in MUTANTS if not reasons(mutant)]
THE_SAME = [mutant for mutant in MUTANTS if reasons(mutant)]


@pytest.mark.validators
@pytest.mark.parametrize("rule", RULES, ids=named)
def test_a_rule_records_what_arithmetic_says(rule: Rule, tmp_path: Path) -> None:
    judge_alone(rule, scene(rule), tmp_path)


@pytest.mark.validators
@pytest.mark.parametrize("mutant", TO_NOTICE, ids=lambda mutant: mutant.name)
def test_the_figures_notice_a_change_of_a_rule(mutant: Mutant, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=rf'(?m)^    expr: "round\({mutant.rule["record"]},'):
        judge_alone(mutant.changed, scene(mutant.rule), tmp_path)


@pytest.mark.validators
@pytest.mark.parametrize("mutant", THE_SAME, ids=lambda mutant: mutant.name)
def test_a_change_that_is_said_to_change_nothing_does_not(mutant: Mutant, tmp_path: Path) -> None:
    judge_alone(mutant.changed, scene(mutant.rule), tmp_path)


def test_every_reason_is_of_some_change_and_no_change_has_two() -> None:
    found = [reason for mutant in THE_SAME for reason in reasons(mutant)]
    assert len(found) == len(THE_SAME)
    assert set(found) == set(EQUIVALENT.values())


def test_few_changes_are_said_to_change_nothing() -> None:
    assert len(THE_SAME) < len(MUTANTS) / 10
