"""The way of a line into Elasticsearch: what Filebeat reads, what Logstash does with it and writes, what becomes of that."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from components.kubernetes import elastic_configuration, elastic_pipeline
from components.settings.model import Settings
from tests.components.kubernetes.elastic_example import with_elastic
from tests.settings.examples import parsed

STEPS = (
    r"beats \{ port => 5044 \}",
    r"if \[fields\]\[service\] \{ mutate \{ replace => \{ \S+ => \"%\{\[fields\]\[service\]\}\" \} \} \}",
    r"if \[fields\]\[environment\] \{ mutate \{ replace => \{ \S+ => \"%\{\[fields\]\[environment\]\}\" \} \} \}",
    r"if \[message\] =~ /\^\\\{\.\*\\\}\$/ \{ # JSON logs json \{ source => \"message\"",
    r"if \[message\] =~ /\^\\\[\.\*\\\]/ \{ # HTTP logs grok \{ match => \{ \"message\" => \"\\\["
    r"%\{TIMESTAMP_ISO8601:timestamp\}\\\] %\{WORD:\S+\} %\{GREEDYDATA:log_message\}\" \}",
    r"date \{ match => \[ \"timestamp\", \"ISO8601\" \]",
)
"""What the guide's logstash.conf does, in its order."""


def test_the_pipeline_does_what_the_guide_does_in_its_order() -> None:
    text = " ".join(elastic_pipeline.FILTER.split())
    places = [re.search(step, text) for step in STEPS]
    assert all(places), [step for step, place in zip(STEPS, places, strict=True) if place is None]
    starts = [place.start() for place in places if place]
    assert starts == sorted(starts)


def test_a_line_cannot_overwrite_what_was_found_out_about_it() -> None:
    assert 'target => "app"' in elastic_pipeline.FILTER
    assert "add_field" not in elastic_pipeline.FILTER
    template = _operator(with_elastic())["index_templates"]["composable_index_templates"]["vigil-logs"]
    assert template["template"]["mappings"]["properties"]["app"]["type"] == "flattened"


@pytest.mark.parametrize("text", [elastic_pipeline.FILTER, elastic_pipeline.output(parsed("prod"))])
def test_every_brace_of_the_pipeline_is_closed(text: str) -> None:
    # Patterns apart, whose braces are text.
    code = re.sub(r"#.*|\"[^\"\n]*\"|/\^.*?/(?= \{)", "", text)
    assert code.count("{") == code.count("}") > 0


def _operator(settings: Settings) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(elastic_pipeline.operator_settings(settings))["state"]
    return state


def test_what_logstash_writes_is_what_the_policy_deletes_and_what_its_role_allows() -> None:
    settings = with_elastic()
    parts = dict(re.findall(r"data_stream_(type|dataset|namespace) => \"(.+)\"", elastic_pipeline.output(settings)))
    stream = f"{parts['type']}-{parts['dataset']}-{parts['namespace']}"
    assert stream == "logs-vigil-prod"
    state = _operator(settings)
    template = state["index_templates"]["composable_index_templates"]["vigil-logs"]
    [role] = elastic_configuration.roles()["vigil-logstash"]["indices"]
    for pattern in (*template["index_patterns"], *role["names"]):
        assert re.fullmatch(pattern.replace("*", ".*"), stream), pattern
    assert set(role["privileges"]) == {"auto_configure", "create_doc"}
    policy = state["ilm"][template["template"]["settings"]["index.lifecycle.name"]]
    assert policy["phases"]["delete"]["min_age"] == "7d"
    assert policy["phases"]["hot"]["actions"]["rollover"]["max_age"] == "1d"


def test_filebeat_reads_neither_its_own_log_nor_that_of_logstash() -> None:
    [read] = elastic_pipeline.filebeat(with_elastic(), "observability-host")["filebeat.inputs"]
    left_out = read["prospector.scanner"]["exclude_files"]
    for folder, expected in {
        "observability-host_filebeat-x7k2p_0f3a": True,
        "observability_logstash-5d9c-abcde_0f3a": True,
        "observability_loki-0_0f3a": False,
        "universal-ai-tools_chat-service-0_0f3a": False,
    }.items():
        found = any(re.search(pattern, f"/var/log/pods/{folder}/c/0.log") for pattern in left_out)
        assert found is expected, folder
