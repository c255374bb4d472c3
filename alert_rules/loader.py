"""Reads the rule files of this package into one catalogue."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import ValidationError

from alert_rules import yaml12
from alert_rules.alarms import Alarm, ServiceKind
from alert_rules.lint import lint
from alert_rules.model import AlertDefinition, Definition, LogAlert, PrometheusAlert, RuleAlert
from alert_rules.problems import MISSING, InvalidFiles, Problem, nearest
from alert_rules.registry import Metric, known_metrics, metrics_in

HERE = Path(__file__).parent
METRICS = "metrics.yaml"

D = TypeVar("D", bound=Definition)
R = TypeVar("R", bound=RuleAlert)


@dataclass(frozen=True)
class Catalogue:
    """Every alert definition known, by engine. Names are unique across engines."""

    prometheus: tuple[PrometheusAlert, ...]
    kinds: Mapping[str, ServiceKind]
    loki: tuple[LogAlert, ...] = ()

    @property
    def rules(self) -> tuple[RuleAlert, ...]:
        """Every alert that a ruler evaluates in the cluster and Alertmanager routes."""
        return (*self.prometheus, *self.loki)

    @cached_property
    def alarms(self) -> Mapping[str, Alarm]:
        """CloudWatch alarms by name."""
        return {alarm.name: alarm for kind in self.kinds.values() for alarm in kind.alarms}

    @cached_property
    def alerts(self) -> Mapping[str, AlertDefinition]:
        """Every alert by name, whatever its engine."""
        return {alert.name: alert for alert in self.rules} | dict(self.alarms)

    def kind_for_platform(self, platform: str) -> ServiceKind | None:
        """The service kind whose resources are implied by a service's `runs_on`."""
        return next((kind for kind in self.kinds.values() if kind.platform and kind.platform.runs_on == platform), None)


@cache
def builtin() -> Catalogue:
    """The catalogue that this package ships. Raises InvalidFiles with every mistake of every file."""
    return load(HERE)


def load(directory: Path) -> Catalogue:
    """The catalogue of `directory` (`prometheus/*.yaml`, `loki/*.yaml`, `cloudwatch/*.yaml`). Its rules may use the
    metrics of this package's metrics.yaml, and those of its own where it has one.

    Raises InvalidFiles naming file, key and value for all mistakes at once, unreadable files included.
    """
    problems: list[Problem] = []
    prometheus = _rule_alerts(directory, "prometheus", PrometheusAlert, problems)
    loki = _rule_alerts(directory, "loki", LogAlert, problems)
    kinds = [
        kind
        for file, name, content in _contents(directory, "cloudwatch", problems)
        for kind in _service_kinds(file, name, content, problems)
    ]
    catalogue = Catalogue(prometheus, {kind.kind: kind for kind in kinds}, loki)
    known = _metrics(directory, problems)
    problems += [*_repeated_names(catalogue.rules, kinds), *lint(catalogue.rules, known)]
    if problems:
        raise InvalidFiles(problems)
    return catalogue


def read_yaml(path: Path, *, shown: str | None = None) -> dict[str, Any]:
    """The mapping that a YAML file holds. Raises InvalidFiles, under the name `shown` or the file's own, where it
    cannot be read or is no mapping.
    """
    name = shown or path.name
    try:
        content = yaml12.load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidFiles([Problem(name, "file", str(error), "a readable UTF-8 file")]) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or "not YAML"
        line = mark.line + 1 if mark else None
        raise InvalidFiles([Problem(name, "file", reason, "well-formed YAML", line=line)]) from error
    if not isinstance(content, dict):
        raise InvalidFiles([Problem(name, "file", type(content).__name__, "a mapping at the top")])
    return content


def define(cls: type[D], values: Mapping[str, Any], *, file: str, key: str, problems: list[Problem]) -> Iterator[D]:
    """The definition that `values` spell, if they do; their mistakes are added to `problems`."""
    try:
        yield cls(**values)
    except ValidationError as error:
        problems += problems_of(error, cls, file=file, key=key)


def problems_of(error: ValidationError, cls: type[Definition], *, file: str, key: str) -> list[Problem]:
    """Pydantic's complaints as Problems, with the nearest known name for each unknown key."""
    return [_problem(dict(detail), cls, file, key) for detail in error.errors()]


def _problem(detail: dict[str, Any], cls: type[Definition], file: str, key: str) -> Problem:
    path = ".".join([key, *(str(part) for part in detail["loc"])])
    if detail["type"] == "extra_forbidden":
        known = cls.model_fields if len(detail["loc"]) == 1 else {}
        hint = nearest(str(detail["loc"][-1]), known)
        return Problem(file, path, detail["input"], "a known key", hint)
    value = MISSING if detail["type"] == "missing" else detail["input"]
    if isinstance(value, dict) and len(detail["loc"]) == 0:
        value = f"{len(value)} keys"
    return Problem(file, path, value, str(detail["msg"]).removeprefix("Value error, "))


def _contents(directory: Path, folder: str, problems: list[Problem]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each readable file of a folder: what to call it, its stem, what it holds. The others are added to `problems`."""
    for path in sorted((directory / folder).glob("*.yaml")):
        file = f"{folder}/{path.name}"
        try:
            content = read_yaml(path, shown=file)
        except InvalidFiles as error:
            problems += error.problems
        else:
            yield file, path.stem, content


def _metrics(directory: Path, problems: list[Problem]) -> Mapping[str, Metric]:
    """Every metric that rules of the directory may use. Mistakes of its own metrics.yaml are added to `problems`."""
    path = directory / METRICS
    if directory == HERE or not path.exists():
        return known_metrics()
    try:
        content = read_yaml(path)
    except InvalidFiles as error:
        problems += error.problems
        return known_metrics()
    wrong = list(_no_metrics(content))
    problems += wrong
    return known_metrics() if wrong else {**known_metrics(), **metrics_in(content)}


def _no_metrics(content: Mapping[str, Any]) -> Iterator[Problem]:
    """What in a file of metrics is not exporter → metric → type and labels."""
    for exporter, listed_ones in content.items():
        if not isinstance(listed_ones, dict):
            yield Problem(METRICS, exporter, listed_ones, "a mapping of metrics by name")
            continue
        for name, entry in listed_ones.items():
            labels = entry.get("labels") if isinstance(entry, dict) and isinstance(entry.get("type"), str) else None
            if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
                yield Problem(METRICS, f"{exporter}.{name}", entry, "{type: gauge, labels: [route]}, or another type")


def _entries(
    content: dict[str, Any], key: str, file: str, problems: list[Problem]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The name and the keys of each entry under `key`; what is no such mapping is added to `problems`."""
    entries = content.get(key, {})
    if not isinstance(entries, dict):
        problems.append(Problem(file, key, entries, "a mapping of alerts by name"))
        return
    for name, entry in entries.items():
        if isinstance(entry, dict):
            yield str(name), {str(inner): value for inner, value in entry.items()}
        else:
            problems.append(Problem(file, f"{key}.{name}", entry, "a mapping of the alert's keys"))


def _rule_alerts(directory: Path, engine: str, cls: type[R], problems: list[Problem]) -> tuple[R, ...]:
    """The alerts of an engine's folder, one file a subject."""
    found: list[R] = []
    for file, subject, content in _contents(directory, engine, problems):
        problems += [Problem(file, key, key, "alerts", nearest(key, ["alerts"])) for key in content if key != "alerts"]
        for name, entry in _entries(content, "alerts", file, problems):
            values = {**entry, "name": name, "subject": subject}
            found += define(cls, values, file=file, key=f"alerts.{name}", problems=problems)
    return tuple(found)


def _service_kinds(file: str, kind: str, content: dict[str, Any], problems: list[Problem]) -> Iterator[ServiceKind]:
    alarms = [{**entry, "name": name} for name, entry in _entries(content, "alarms", file, problems)]
    values = {**content, "kind": kind, "alarms": alarms}
    yield from define(ServiceKind, values, file=file, key=kind, problems=problems)


def _repeated_names(alerts: Iterable[RuleAlert], kinds: Iterable[ServiceKind]) -> Iterator[Problem]:
    names = Counter([a.name for a in alerts] + [alarm.name for kind in kinds for alarm in kind.alarms])
    for name, count in names.items():
        if count > 1:
            yield Problem("alert_rules", name, f"{count} alerts of this name", "one alert a name, across all engines")
