"""What is switched off leaves nothing behind: no object, target, rule, panel, data source, policy or address of it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from alert_rules import registry
from alert_rules.lint import needed_exporters
from alert_rules.loader import builtin
from cli.preview.run import Rendered
from components.exporting import exporters_of
from dashboards.panels import filled_in
from tests import rendered, variants
from tests.settings.examples import parsed, settings_of

OWN_NAMES: dict[str, str] = {
    "thanos": r"thanos",
    "loki": r"loki",
    "jaeger": r"jaeger",
    "opentelemetry": r"otel-|opentelemetry",
    "kube_state_metrics": r"kube-state-metrics",
    "node": r"node-exporter",
    "kubelet": r"kubelet|cadvisor|coredns|apiserver",
    "cloudwatch": r"cloudwatch-exporter|yace",
    "blackbox": r"blackbox",
    "tools": r"oauth2-proxy|tools\.universal",
}
"""What a part is called wherever something refers to it."""

SPOKEN_OF = {
    # A list of agents whose absence is no alert, whichever of them run.
    "node": [r'job!~"[^"]*"'],
    "opentelemetry": [r'job!~"[^"]*"'],
    "kubelet": [r'job!~"[^"]*"', r"--collector\.filesystem\.mount-points-exclude=\S+"],
    # Series of kube-state-metrics are given to the teams of their namespaces, by a rule that others do not match.
    "kube_state_metrics": [r"regex: kube-state-metrics(;\([^)]*\))?$"],
    # Thanos' names for its requests are dropped, by a rule that others do not match.
    "thanos": [r"regex: thanos-\.\+;\(http_request\S+"],
}
"""What names a part without referring to it."""

every_switch = pytest.mark.parametrize("switch", variants.SWITCHES)


def files(switch: str) -> dict[str, str]:
    """What is rendered for the cluster, as text, without the dashboards: these are judged by their queries."""
    found = variants.variant(f"no-{switch}").files
    kept = {p: str(t) for p, t in found.items() if p.startswith(("kubernetes/", "mounted/")) and isinstance(t, str)}
    return {p: t for p, t in kept.items() if "/dashboards/" not in p and not p.endswith("kubernetes/grafana.yaml")}


@every_switch
def test_nothing_refers_to_what_is_off(switch: str) -> None:
    namespace = f"vigil-no-{switch.replace('_', '-')}"
    for path, text in files(switch).items():
        text = text.replace(namespace, "")
        for innocent in SPOKEN_OF.get(switch, ()):
            text = re.sub(innocent, "", text, flags=re.MULTILINE)
        lines = [line.strip() for line in text.splitlines()]
        # What people read may speak of a kubelet; what programs read may not.
        left = [
            line
            for line in lines
            if re.search(OWN_NAMES[switch], line) and not line.startswith(("description:", "summary:"))
        ]
        assert left == [], path


@every_switch
def test_no_object_of_what_is_off_remains(switch: str) -> None:
    names = [m["metadata"]["name"] for m in variants.manifests(f"no-{switch}") if m["kind"] != "Namespace"]
    assert names
    prefix = f"vigil-vigil-no-{switch.replace('_', '-')}-"
    assert [name for name in names if re.search(OWN_NAMES[switch], name.removeprefix(prefix))] == []


@every_switch
def test_the_switch_takes_something_away(switch: str) -> None:
    def named(result: Rendered) -> int:
        texts = (str(text) for path, text in result.files.items() if path.startswith("mounted/prometheus/"))
        objects = len(rendered.written_manifests(result))
        return objects + sum(len(re.findall(OWN_NAMES[switch], text)) for text in texts)

    assert named(variants.variant(f"no-{switch}")) < named(rendered.stack("prod"))


@every_switch
def test_no_rule_and_no_panel_reads_what_nobody_exports(switch: str) -> None:
    changes = {**variants.SWITCHES[switch], "resources": settings_of("prod")["resources"]}
    there = exporters_of(parsed("prod", **{k: v for k, v in changes.items() if v is not None}))
    result = variants.variant(f"no-{switch}")
    in_force = {alert["alert"] for alert in result.alerts if alert["source"].startswith("Prometheus")}
    assert in_force
    for alert in builtin().prometheus:
        assert (alert.name in in_force) <= (needed_exporters(alert) <= there), alert.name
    boards = [json.loads(str(t)) for p, t in result.files.items() if "/dashboards/" in p and p.endswith(".json")]
    assert len(boards) >= 3
    for title, expression in (query for board in boards for query in queries(board)):
        assert registry.exporters_of(filled_in(expression)) <= there, title


def queries(board: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (panel["title"], target["expr"])
        for panel in board["panels"]
        for target in panel.get("targets", ())
        if "expr" in target
    ]


@pytest.mark.parametrize(
    ("switch", "source"), [("loki", "loki"), ("jaeger", "jaeger"), ("thanos", None), ("cloudwatch", None)]
)
def test_a_data_source_of_what_is_off_is_gone_and_no_other_links_to_it(switch: str, source: str | None) -> None:
    found = variants.variant(f"no-{switch}").files
    text = str(found["mounted/grafana/etc/grafana/provisioning/datasources/datasources.yaml"])
    if source:
        assert source not in text.lower().replace(f"vigil-no-{source}", "")
    assert "uid: prometheus" in text
