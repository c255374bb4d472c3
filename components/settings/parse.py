"""Turns what a stack file says into Settings, or into every mistake in it at once. No Pulumi state is read here."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from alert_rules.problems import MISSING, InvalidFiles, Problem, listed, nearest
from components.settings import checks
from components.settings.model import SECRET_KEYS, Environment, Settings
from components.settings.profiles import PROFILES, with_defaults

PREFIX = "vigil:"


def parse_settings(written: Mapping[str, Any], *, file: str) -> Settings:
    """The settings that `written` (top-level keys without their `vigil:`) spells for the stack file `file`.

    Raises InvalidFiles with every mistake: file, key, value, what is allowed, the nearest known name.
    """
    environment = written.get("environment")
    if environment not in list(Environment):
        raise InvalidFiles([_environment_problem(written, file)])
    settings, problems, broken = _validate(Environment(environment), written, file)
    if settings is not None:
        problems += checks.run(settings, file=file, broken=broken)
    if problems or settings is None:
        raise InvalidFiles(sorted(problems, key=lambda problem: problem.key))
    return settings


def _environment_problem(written: Mapping[str, Any], file: str) -> Problem:
    value = written.get("environment", MISSING)
    return Problem(file, f"{PREFIX}environment", value, ", ".join(PROFILES), nearest(str(value), PROFILES))


_STAND_INS = {"links": {"runbooks": "https://unset.invalid", "grafana": "https://unset.invalid"}}
"""What required keys without a default are taken to be while the rest is checked; never returned to a caller."""


def _validate(
    environment: Environment, written: Mapping[str, Any], file: str
) -> tuple[Settings | None, list[Problem], frozenset[str]]:
    """The settings, the mistakes of shape in them, and the top-level keys that had any.

    Where there are mistakes, what holds them is left out and the rest validated again, so that the checks across keys
    can still speak of everything that is sound.
    """
    try:
        return Settings.model_validate(with_defaults(environment, written)), [], frozenset()
    except ValidationError as error:
        details = error.errors(include_url=False)
    problems = _without_echoes([_problem(dict(detail), file) for detail in details])
    broken = frozenset(str(detail["loc"][0]) for detail in details if detail["loc"])
    stand_ins = {key: value for key, value in _STAND_INS.items() if key in broken}
    sound = {**_pruned(dict(written), [detail["loc"] for detail in details]), **stand_ins}
    try:
        return Settings.model_validate(with_defaults(environment, sound)), problems, broken
    except ValidationError:
        return None, problems, broken


def _without_echoes(problems: list[Problem]) -> list[Problem]:
    """The problems without those of a missing key that stands there misspelt: one slip, one mistake."""
    meant = {f"{p.key.rpartition('.')[0] or PREFIX.rstrip(':')}/{p.nearest}" for p in problems if p.nearest}

    def echoes(problem: Problem) -> bool:
        parent, _, name = problem.key.rpartition(".")
        place = f"{parent}/{name}" if parent else f"{PREFIX.rstrip(':')}/{problem.key.removeprefix(PREFIX)}"
        return problem.value is MISSING and place in meant

    return [problem for problem in problems if not echoes(problem)]


def _pruned(written: dict[str, Any], places: list[tuple[int | str, ...]]) -> dict[str, Any]:
    """`written` without what holds a mistake: an optional key of a list entry, else the entry; else the key of a
    section; else the top-level key."""
    rest = copy.deepcopy(written)
    dropped: dict[str, set[int]] = {}
    for place in places:
        top, inner = str(place[0]), place[1:]
        section = rest.get(top)
        if isinstance(section, list) and inner:
            entry = section[int(inner[0])]
            if isinstance(entry, dict) and len(inner) > 1 and not _required(top, inner[1]):
                entry.pop(inner[1], None)
            else:
                dropped.setdefault(top, set()).add(int(inner[0]))
        elif isinstance(section, dict) and inner:
            section.pop(inner[0], None)
        else:
            rest.pop(top, None)
    for top, indexes in dropped.items():
        rest[top] = [entry for index, entry in enumerate(rest[top]) if index not in indexes]
    return rest


def _required(top: str, key: int | str) -> bool:
    """Whether an entry of a top-level list cannot do without the key."""
    fields = getattr(_section(Settings.model_fields[top].annotation), "model_fields", {})
    return key in fields and bool(fields[key].is_required())


def _problem(detail: dict[str, Any], file: str) -> Problem:
    place: tuple[int | str, ...] = detail["loc"]
    key = PREFIX + key_text(place)
    kind, value = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        known = known_keys(place[:-1])
        return Problem(file, key, place[-1], f"one of: {listed(known)}", nearest(str(place[-1]), known))
    if kind == "missing":
        return Problem(file, key, MISSING, "a value; this key must be set")
    if kind in ("literal_error", "enum"):
        expected = detail["ctx"]["expected"].replace(" or ", ", ").replace("'", "")
        return Problem(file, key, value, expected, nearest(str(value), expected.split(", ")))
    if key.removeprefix(PREFIX).split(".")[0].split("[")[0] in SECRET_KEYS and isinstance(value, str):
        value = "[hidden]"
    return Problem(file, key, value, _allowed(detail))


def _allowed(detail: dict[str, Any]) -> str:
    if detail["type"] == "string_pattern_mismatch":
        return f"text that matches {detail['ctx']['pattern']}"
    return str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")


def key_text(place: tuple[int | str, ...]) -> str:
    """A place in the settings as people write it: services[2].metrics.port."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text.removesuffix(".[key]")


def known_keys(place: tuple[int | str, ...]) -> list[str]:
    """Names of the keys that the settings know at a place; empty where they are free."""
    model: Any = Settings
    for part in place:
        if isinstance(part, int):
            continue
        fields = getattr(model, "model_fields", {})
        if part not in fields:
            return []
        model = _section(fields[part].annotation)
    return list(getattr(model, "model_fields", {}))


def _section(annotation: Any) -> Any:
    """The settings class inside an annotation such as `tuple[Service, ...]` or `Probe | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _section(arg)) is not None), None)
