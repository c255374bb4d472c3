"""A judgement of Loki's configuration and rules without Loki, whose licence keeps it out of here (tools/README.md).

Of the configuration, this knows the settings in loki_reference.py, which vigil uses, and those of Loki's own checks that
concern them; a setting that it does not know fails: look it up in Loki's reference and add it there. Of rules, it asks
Grafana's grammar of LogQL.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from alert_rules import quantities
from alert_rules.quantities import Unit
from tests.validators import binaries
from tests.validators.loki_kinds import CHECKS, Kind
from tests.validators.loki_reference import SETTINGS


def verify_config(file: Path) -> None:
    """Check a configuration; raises AssertionError that names every setting at fault."""
    config = yaml.safe_load(file.read_text())
    faults = list(_misfits(config, SETTINGS, "")) or list(_contradictions(config))
    assert not faults, f"{file}:\n" + "\n".join(faults)


def check_rules(*files: Path) -> str:
    """Check rule files and return a report; raises AssertionError that names every rule at fault.

    An expression is checked for its grammar only: a regular expression or a template inside one is not read.
    """
    rules = [(file, rule) for file in files for rule in _rules(file)]
    expressions = [str(rule["expr"]) for _, rule in rules]
    faults = [
        f"{file}: {_name(rule)}: not LogQL from {expression[at:]!r}: {expression}"
        for (file, rule), expression, at in zip(rules, expressions, _grammar_faults(expressions), strict=True)
        if at is not None
    ]
    assert not faults, "\n".join(faults)
    return f"{len(rules)} rules found"


def _misfits(value: Any, kind: Kind, where: str) -> Iterator[str]:
    """Yield what is unknown or of another kind."""
    if isinstance(kind, str):
        if not CHECKS[kind](value):
            yield f"{where}: {value!r} is no {kind}"
    elif isinstance(kind, list):
        if not isinstance(value, list):
            yield f"{where}: {value!r} is no list"
            return
        for number, item in enumerate(value):
            yield from _misfits(item, kind[0], f"{where}[{number}]")
    elif not isinstance(value, dict):
        yield f"{where}: {value!r} has no settings"
    else:
        for name, below in value.items():
            path = f"{where}.{name}" if where else str(name)
            if name in kind:
                yield from _misfits(below, kind[name], path)
            else:
                yield f"{path}: unknown setting"


def _contradictions(config: dict[str, Any]) -> Iterator[str]:
    """Yield the faults between settings for which Loki does not start."""
    periods = config.get("schema_config", {}).get("configs", [])
    limits = config.get("limits_config", {})
    compactor = config.get("compactor", {})
    storages = sorted(config.get("common", {}).get("storage", {}))
    if not periods:
        yield "schema_config.configs: no period"
        return
    if len(storages) > 1:
        yield f"common.storage: only one storage may be set, not {storages}"
    server = config.get("server", {})
    for name in ("http_server_read_timeout", "http_server_write_timeout"):
        # The default of both is 30s (reference, server block), that of a query 1m.
        if _seconds(server.get(name, "30s")) < _seconds(limits.get("query_timeout", "1m")):
            yield f"server.{name}: shorter than limits_config.query_timeout: the answer would be cut off"
    for number, period in enumerate(periods):
        where = f"schema_config.configs[{number}]"
        if period["store"] == "tsdb" and period["index"]["period"] != "24h":
            yield f"{where}.index.period: tsdb needs 24h"
        if storages and period["object_store"] != storages[0]:
            yield f"{where}.object_store: {period['object_store']} is not the common storage {storages[0]}"
    active = periods[-1]
    if limits.get("allow_structured_metadata", True) and (active["store"], active["schema"]) != ("tsdb", "v13"):
        yield "limits_config.allow_structured_metadata: needs store tsdb and schema v13"
    if compactor.get("retention_enabled") and not compactor.get("delete_request_store"):
        yield "compactor.delete_request_store: must be set when retention_enabled is"
    if limits.get("retention_period") and not compactor.get("retention_enabled"):
        yield "limits_config.retention_period: nothing is deleted without compactor.retention_enabled"


def _seconds(written: str) -> float:
    return quantities.parse(written, Unit.DURATION).value


def _rules(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the rules of a file, which has the form of Prometheus's."""
    for group in yaml.safe_load(file.read_text())["groups"]:
        assert group.get("name"), f"{file}: a group has no name"
        for rule in group["rules"]:
            known = {"alert", "record", "expr", "for", "keep_firing_for", "labels", "annotations"}
            assert set(rule) <= known, f"{file}: {_name(rule)}: unknown {sorted(set(rule) - known)}"
            assert ("alert" in rule) != ("record" in rule), f"{file}: {rule}: neither an alert nor a record, or both"
            yield rule


def _name(rule: dict[str, Any]) -> str:
    return str(rule.get("alert") or rule.get("record"))


def _grammar_faults(expressions: list[str]) -> list[int | None]:
    """Return for each expression where it stops being LogQL, or None."""
    node = shutil.which("node")
    if node is None:
        binaries.missing("Node is not installed; LogQL was not checked")
    program = binaries.find_data("loki/logql.mjs")
    done = subprocess.run(
        [node, str(program)], input=json.dumps(expressions), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, f"{program} exited {done.returncode}:\n{done.stderr}"
    faults: list[int | None] = json.loads(done.stdout)
    return faults
