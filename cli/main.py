"""The `vigil` command."""

from __future__ import annotations

import gc
import os
import sys
import traceback
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from alert_rules import json_text
from alert_rules.model import AlertDefinition
from alert_rules.problems import InvalidFiles, Problem
from alert_rules.quantities import seconds_text

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
_errors = Console(stderr=True)

Project = Annotated[Path, typer.Option(help="The folder that holds Pulumi.yaml.")]


@app.callback()
def _vigil() -> None:
    """A complete monitoring stack on Kubernetes and AWS from one settings file an environment."""


@app.command()
def preview(
    stack: Annotated[str, typer.Option(help="The environment: the name of its Pulumi.<stack>.yaml.")] = "dev",
    project: Project = Path(),
    output: Annotated[Path, typer.Option(help="Where the rendered files go.")] = Path("build"),
    as_json: Annotated[bool, typer.Option("--json", help="Print plan.json instead of tables.")] = False,
) -> None:
    """Render a whole stack offline: who is paged for what, and every file and resource it would deploy."""
    # Imported here: the SDKs take half of a preview's time, and `vigil --help` needs none of them.
    from cli.preview import report
    from cli.preview.run import render
    from cli.preview.write import replace_tree

    rendered = render(project, stack)
    target = output / stack
    replace_tree(target, rendered.files)
    if as_json:
        sys.stdout.write(str(rendered.files["plan.json"]))
        return
    report.print_report(
        report.console(),
        stack,
        rendered.recording,
        rendered.alerts,
        rendered.promises,
        rendered.warnings,
        rendered.requests,
        target,
    )


@app.command()
def alerts(as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False) -> None:
    """List every alert that can be set under `vigil:alerts`, with its parameters and defaults."""
    from alert_rules import loader

    rows = [_alert_row(alert) for alert in loader.builtin().alerts.values()]
    if as_json:
        sys.stdout.write(json_text.pretty(rows))
        return
    table = Table(padding=(0, 1, 0, 0), pad_edge=False, box=box.SIMPLE_HEAD)
    table.add_column("alert", overflow="fold")
    for column in ("engine", "severity", "for", "every", "parameters"):
        table.add_column(column, no_wrap=True)
    for row in rows:
        figures = "\n".join(f"{name} {value}" for name, value in row["parameters"].items())
        table.add_row(row["alert"], row["engine"], row["severity"], row["for"], row["every"], figures)
    Console().print(table)


def _alert_row(alert: AlertDefinition) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "engine": alert.source,
        "severity": str(alert.severity),
        "for": seconds_text(alert.default_hold),
        "every": seconds_text(alert.interval(alert.default_hold, alert.severity)),
        "parameters": {name: str(parameter.default) for name, parameter in alert.parameters.items()},
    }


@app.command()
def lint(
    project: Project = Path(),
    rules: Annotated[
        Path | None, typer.Option(help="A folder of rules of your own: prometheus/, loki/, cloudwatch/, metrics.yaml.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the mistakes as JSON.")] = False,
) -> None:
    """Find what is wrong with the rules, with each stack's settings, and with who is told at which severity."""
    from cli import lint as linting

    found = linting.lint(project, rules)
    if as_json:
        sys.stdout.write(json_text.pretty([linting.plain(problem) for problem in found.problems]))
        raise typer.Exit(1 if found.problems else 0)
    if found.problems:
        raise InvalidFiles(found.problems)
    sys.stdout.write(f"{found.counts}: nothing found\n")


@app.command()
def tune(
    prometheus: Annotated[str, typer.Option(help="The stack's Prometheus or Thanos, such as http://localhost:9090.")],
    stack: Annotated[str, typer.Option(help="The environment: the name of its Pulumi.<stack>.yaml.")] = "dev",
    project: Project = Path(),
    past: Annotated[str, typer.Option(help="How far back to look, such as 14d.")] = "14d",
    pages: Annotated[float, typer.Option(help="How many pages a week of each alert and service are few enough.")] = 1,
    alert: Annotated[list[str] | None, typer.Option(help="Only this alert; may be given several times.")] = None,
    bearer_token_file: Annotated[Path | None, typer.Option(help="A file with the token to be sent.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Say how often each alert fired, and what threshold would have been quiet enough. Nothing is changed anywhere."""
    from cli.tune import command

    asked = command.Asked(project, stack, prometheus, past, pages, tuple(alert or ()), bearer_token_file)
    command.run(asked, as_json=as_json, progress_on=_errors)


@app.command()
def schema() -> None:
    """Print the JSON Schema of the stack files, for editors."""
    from cli.schema import stack_file_schema

    sys.stdout.write(stack_file_schema())


def run() -> NoReturn:
    """Entry point: mistakes of people are told on one screen and end with exit code 1, without a traceback."""
    # Nearly everything that a preview builds lives until it ends: collecting garbage finds none, at two seconds for a
    # thousand services and 8 MB saved (benchmarks/preview_scaling.py).
    gc.disable()
    try:
        app()
    except BaseException as error:  # noqa: BLE001 of a project's program, anything may come; all of it is told
        status = _told(error)
    _leave(status)


def _told(error: BaseException) -> int:
    """Tell of what ended the command. Returns the exit status."""
    if _interrupted(error):
        _errors.print("interrupted; what was in the output folder is untouched")
        return 130
    match error:
        case SystemExit(code=str(text)):
            _errors.print(text, highlight=False, markup=False)
        case SystemExit(code=int(status)):
            return status
        case SystemExit():
            return int(error.code is not None)
        case InvalidFiles():
            _print_problems(error.problems)
        case OSError():
            _errors.print(f"[red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        case _:
            traceback.print_exception(error)
    return 1


def _interrupted(error: BaseException | None) -> bool:
    """Whether it is an interruption or came of one: typer makes an exit of it, and clearing up after it may fail."""
    return error is not None and (isinstance(error, KeyboardInterrupt) or _interrupted(error.__context__))


def _leave(status: int) -> NoReturn:
    """Ends the process without taking apart what it has built, which takes a fifth of a preview's time and serves
    nobody (benchmarks/render_large.py), and without waiting for what still runs in a thread. Whatever is to be cleaned
    up is cleaned up by whoever made it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:  # as it is where a daemon has closed it
                stream.flush()
        except OSError:
            status = status or 1  # whoever was to read it has gone, or its disk is full
    os._exit(status)


def _print_problems(problems: tuple[Problem, ...]) -> None:
    count = len(problems)
    _errors.print(f"[bold red]{count} mistake{'s' if count != 1 else ''}[/]")
    for problem in problems:
        _errors.print(f"  {problem}", highlight=False, markup=False, emoji=False, soft_wrap=True)
