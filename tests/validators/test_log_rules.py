"""Log rules before Grafana's grammar of LogQL. Loki is not run here, so that nothing shows that one of them fires."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from alert_rules import yaml12
from alert_rules.loader import builtin
from components.kubernetes.loki_configuration import RULES, TENANT
from tests import rendered
from tests.rendered import ROOT, STACKS
from tests.validators import loki, promtool

FILES = f"{RULES}/{TENANT}"


def rule_files(tree: Path) -> list[Path]:
    return sorted(path for folder in tree.glob(f"mounted/loki*{FILES}") for path in folder.iterdir())


@pytest.mark.parametrize("stack", STACKS)
def test_the_grammar_takes_the_mounted_rules_of_every_alert(stack: str, tmp_path: Path) -> None:
    files = rule_files(rendered.written(stack, tmp_path))
    lines = [alert for alert in rendered.stack(stack).alerts if alert["source"].startswith("Loki")]
    assert {line["alert"] for line in lines} == {alert.name for alert in builtin().loki}
    assert loki.check_rules(*files) == f"{len(lines)} rules found"


@pytest.mark.parametrize("stack", STACKS)
def test_promtool_takes_the_rules_but_for_their_language(stack: str, tmp_path: Path) -> None:
    # The ruler is Prometheus's own: templates, durations, and that no two rules are the same.
    for file in rule_files(rendered.written(stack, tmp_path)):
        content = yaml12.load(file.read_text(encoding="utf-8"))
        for group in content["groups"]:
            for rule in group["rules"]:
                rule["expr"] = "max by (service) (up) == 0"
        file.write_text(yaml12.dump(content), encoding="utf-8")
        assert "SUCCESS" in promtool.check_rules(file)


def test_go_takes_the_regular_expressions_which_the_grammar_does_not_read(tmp_path: Path) -> None:
    patterns = [found for alert in builtin().loki for found in re.findall(r"`([^`]+)`", alert.expression)]
    assert patterns
    # Prometheus compiles matchers with the library that Loki compiles line filters with.
    rules = [{"record": "x", "expr": f"up{{line=~{json.dumps(pattern)}}}"} for pattern in dict.fromkeys(patterns)]
    file = tmp_path / "patterns.yaml"
    file.write_text(yaml12.dump({"groups": [{"name": "patterns", "rules": rules}]}), encoding="utf-8")
    assert "SUCCESS" in promtool.check_rules(file)


def test_the_grammar_takes_the_queries_of_the_runbooks(tmp_path: Path) -> None:
    pages = [(ROOT / f"docs/runbooks/{alert.name}.md").read_text(encoding="utf-8") for alert in builtin().loki]
    queries = [query for page in pages for query in re.findall(r"```logql\n(.*?)```", page, re.DOTALL)]
    assert len(queries) >= len(pages)
    rules = [{"alert": "Query", "expr": query} for query in queries]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml12.dump({"groups": [{"name": "runbooks", "rules": rules}]}), encoding="utf-8")
    assert loki.check_rules(file) == f"{len(queries)} rules found"
