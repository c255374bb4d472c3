"""What `vigil lint` finds: faults of rules, mistakes in the settings of each stack, and alerts that nobody hears."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from alert_rules import loader
from alert_rules.loader import Catalogue
from alert_rules.problems import MISSING, InvalidFiles, Problem, shown
from cli.preview.stack_file import stacks
from components.settings.load import with_lines

OF_VIGIL = "alert_rules"


@dataclass(frozen=True)
class Findings:
    """Every problem, in the order in which to show them, and how much was looked at."""

    problems: tuple[Problem, ...]
    rules: int
    engines: int
    stacks: int

    @property
    def counts(self) -> str:
        """How much was looked at, in words."""
        counted = ((self.rules, "rule"), (self.engines, "engine"), (self.stacks, "stack"))
        rules, engines, stack_files = (f"{number} {name}{'' if number == 1 else 's'}" for number, name in counted)
        return f"{rules} of {engines}, {stack_files}"


def lint(project: Path, rules: Path | None = None) -> Findings:
    """The problems of vigil's own rules, of those in the folder `rules` where it is given, and of each
    `Pulumi.<stack>.yaml` of the project. Raises nothing for any of them.

    Settings are not judged where vigil's own rules have faults: what may be set is known from the rules.
    """
    problems: list[Problem] = []
    own = _rules(loader.HERE, OF_VIGIL, problems)
    catalogues = [own] + ([_rules(rules, str(rules), problems)] if rules else [])
    alerts = [alert for catalogue in catalogues if catalogue for alert in catalogue.alerts.values()]
    names = stacks(project)
    if not project.is_dir():
        problems.append(Problem(str(project), "project", str(project), "the folder that holds Pulumi.yaml"))
    if own:
        problems += [problem for stack in names for problem in _of_stack(project, stack)]
    return Findings(tuple(problems), len(alerts), len({alert.source for alert in alerts}), len(names))


def plain(problem: Problem) -> dict[str, Any]:
    """The problem for programs: file, key, value (null where it is missing) and what is allowed; its line, if known."""
    value = None if problem.value is MISSING else problem.value
    readable = value is None or isinstance(value, bool | int | float | str)
    line = {} if problem.line is None else {"line": problem.line}
    return {
        "file": problem.file,
        "key": problem.key,
        "value": value if readable else shown(value),
        "allowed": problem.allowed,
        **line,
    }


def _rules(folder: Path, name: str, problems: list[Problem]) -> Catalogue | None:
    """The rules of the folder that people know by that name; None, and their faults among `problems`, if any."""
    try:
        catalogue = loader.builtin() if folder == loader.HERE else loader.load(folder)
    except InvalidFiles as error:
        problems += [_named(problem, name) for problem in error.problems]
        return None
    if not catalogue.alerts:
        allowed = "a folder with alerts in prometheus/*.yaml, loki/*.yaml or cloudwatch/*.yaml"
        problems.append(Problem(name, "rules", "no alert", allowed))
    return catalogue


def _named(problem: Problem, folder: str) -> Problem:
    """The problem with the path of its file, where it has one of its own."""
    return replace(problem, file=folder if problem.file == OF_VIGIL else f"{folder}/{problem.file}")


def _of_stack(project: Path, stack: str) -> Iterator[Problem]:
    """The mistakes of a stack's settings or, where they have none, each severity that nobody is told of."""
    # Imported here: boards and Alertmanager's configuration read vigil's rules, which may be what is wrong.
    from cli.preview import report
    from cli.preview.run import settings_of
    from components.stack import compile_content

    try:
        settings = settings_of(project, stack)
    except InvalidFiles as error:
        yield from error.problems
        return
    alerts = report.alert_lines(settings, compile_content(settings).alerts)
    file = f"Pulumi.{stack}.yaml"
    unheard = [
        Problem(
            file, "vigil:receivers", words, f"a receiver that hears severity {severity}, or the alerts at low or info"
        )
        for severity, words in report.unheard(alerts).items()
    ]
    yield from with_lines(unheard, project / file)
