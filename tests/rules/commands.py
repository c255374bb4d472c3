"""AWS CLI commands of documents, held against the service models of the AWS SDK, from which the CLI is made."""

import re
from collections.abc import Iterator

import botocore.session
import jmespath  # type: ignore[import-untyped]
from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]

COMMON_OPTIONS = {"output", "query", "region", "profile", "max-items"}

# Commands of the CLI's own, which no service model has, with their options.
OWN_COMMANDS = {("logs", "tail"): {"since", "follow", "filter-pattern", "format"}}

_SUBSTITUTION = re.compile(r"\$\(([^()]*)\)")
_COMMAND = re.compile(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)(.*)")
_OPTION = re.compile(r"\s--([a-z0-9-]+)")
_QUERY = re.compile(r"--query (?:'([^']*)'|([^\s']+))")


def aws_problems(script: str) -> list[str]:
    """What is wrong with the `aws` commands of a shell script: names, options, options left out, queries."""
    found = [match.groups() for line in _lines(script) if (match := _COMMAND.search(line))]
    return [
        f"aws {service} {operation}: {problem}"
        for service, operation, rest in found
        for problem in (*_call_problems(service, operation, set(_OPTION.findall(rest))), *_query_problems(rest))
    ]


def _lines(script: str) -> Iterator[str]:
    """The commands of a script, those inside `$(…)` by themselves."""
    rest = script.replace("\\\n", " ")
    while match := _SUBSTITUTION.search(rest):
        yield match[1]
        rest = rest[: match.start()] + "SUBSTITUTED" + rest[match.end() :]
    yield from rest.splitlines()


def _call_problems(service: str, operation: str, options: set[str]) -> Iterator[str]:
    given = options - COMMON_OPTIONS
    known = OWN_COMMANDS.get((service, operation))
    required: set[str] = set()
    if known is None:
        try:
            known, required = _options(service, operation)
        except (UnknownServiceError, KeyError):
            yield "no such command"
            return
    yield from (f"unknown --{option}" for option in sorted(given - known))
    yield from (f"needs --{option}" for option in sorted(required - given))


def _options(service: str, operation: str) -> tuple[set[str], set[str]]:
    """The options of an operation and those it needs. Raises KeyError or UnknownServiceError where there is none."""
    model = botocore.session.get_session().get_service_model(service)
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    if shape is None:
        return set(), set()
    members = {xform_name(name, "-"): member for name, member in shape.members.items()}
    opposites = {f"no-{name}" for name, member in members.items() if member.type_name == "boolean"}
    return {*members, *opposites}, {xform_name(name, "-") for name in shape.required_members}


def _query_problems(rest: str) -> Iterator[str]:
    for quoted, bare in _QUERY.findall(rest):
        try:
            jmespath.compile(quoted or bare)
        except JMESPathError as error:
            yield f"--query: {error}"
