"""Every alert has a page that helps whoever is woken by it."""

import re
import subprocess
from pathlib import Path

import pytest

from alert_rules import logql, promql
from alert_rules.loader import builtin
from alert_rules.model import AlertDefinition, RuleAlert
from alert_rules.registry import metric_of
from components.manifests import remediations
from components.naming import physical_name
from tests.rules.commands import aws_problems

RUNBOOKS = Path(__file__).resolve().parents[2] / "docs" / "runbooks"
INDEX = RUNBOOKS / "README.md"
ALERTS = builtin().alerts
HEADINGS = ["Meaning", "Impact", "Diagnosis", "Mitigation", "Escalation"]
SHELLS = ("bash", "sh")

each_alert = pytest.mark.parametrize("alert", ALERTS.values(), ids=ALERTS.keys())


def page(name: str) -> str:
    return (RUNBOOKS / f"{name}.md").read_text(encoding="utf-8")


def without_fences(text: str) -> str:
    return re.sub(r"^ *```.*?^ *```$", "", text, flags=re.MULTILINE | re.DOTALL)


def fences(text: str, *languages: str) -> list[str]:
    """What stands in the fenced blocks of these languages, without their indentation."""
    blocks = re.findall(r"^( *)```(\w+)\n(.*?)^\1```$", text, flags=re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indent}", "", body, flags=re.MULTILINE) for indent, name, body in blocks if name in languages]


def commands(text: str) -> list[str]:
    """The shell scripts of a page, and the commands with options that its sentences hold."""
    return fences(text, *SHELLS) + re.findall(r"`(aws [^`]* --[^`]*)`", without_fences(text))


def sections(text: str) -> dict[str, str]:
    """What stands under each second-level heading, in order."""
    _, *parts = re.split(r"^## (.*)\n", text, flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


# --- the set of pages ---------------------------------------------------------------------------------------------


def test_each_alert_has_a_page_and_each_page_an_alert() -> None:
    assert {path.name for path in RUNBOOKS.iterdir()} == {"README.md", *(f"{name}.md" for name in ALERTS)}


def test_the_index_lists_each_alert_with_its_severity_and_engine() -> None:
    rows = re.findall(r"^\| (\[.*) \| (\w+) \| (\w+) \| \S.* \|$", INDEX.read_text(encoding="utf-8"), re.MULTILINE)
    engines = {"prometheus": "Prometheus", "loki": "Loki", "cloudwatch": "CloudWatch"}
    assert rows == [
        (f"[{name}]({name}.md)", str(alert.severity), engines[str(getattr(alert, "source"))])  # noqa: B009
        for name, alert in sorted(ALERTS.items())
    ]


@pytest.mark.parametrize("file", sorted(RUNBOOKS.glob("*.md")), ids=lambda file: file.stem)
def test_no_relative_link_is_dead(file: Path) -> None:
    targets = re.findall(r"\]\((?!\w+://)([^)#\s]+)", file.read_text(encoding="utf-8"))
    assert [target for target in targets if not (file.parent / target).exists()] == []


# --- each page ----------------------------------------------------------------------------------------------------


@each_alert
def test_a_page_has_every_section_in_order_and_none_empty(alert: AlertDefinition) -> None:
    text = page(alert.name)
    headings = re.findall(r"^#+ .*", without_fences(text), flags=re.MULTILINE)
    assert headings == [f"# {alert.name}", *(f"## {heading}" for heading in HEADINGS)]
    short = [name for name, body in sections(text).items() if len(without_fences(body).split()) < 10]
    assert short == [], "sections that say next to nothing"


@each_alert
def test_a_page_can_be_read_at_night(alert: AlertDefinition) -> None:
    lines = page(alert.name).splitlines()
    assert 25 <= len(lines) <= 60


@each_alert
def test_a_page_says_the_default_figures_and_where_those_in_force_stand(alert: AlertDefinition) -> None:
    meaning = " ".join(sections(page(alert.name))["Meaning"].split())
    assert "in force" in meaning
    told = re.sub(r"(?<=\d) (?=%|s\b|GiB)", "", meaning).replace(" minutes", "m")
    told = re.sub(r"(?<=\d) (requests|fail) a second", "/s", told)
    figures = [str(parameter.default) for parameter in alert.parameters.values()]
    missing = [figure for figure in figures if not re.search(rf"(?<![\w.]){figure}(?!\w)", told)]
    assert missing == [], f"default figures that {alert.name}.md does not name"


@each_alert
def test_a_page_diagnoses_in_numbered_steps_with_queries_of_its_engine(alert: AlertDefinition) -> None:
    diagnosis = sections(page(alert.name))["Diagnosis"]
    numbers = [int(number) for number in re.findall(r"^(\d+)\. ", without_fences(diagnosis), flags=re.MULTILINE)]
    assert len(numbers) >= 3
    assert numbers == list(range(1, len(numbers) + 1))
    if isinstance(alert, RuleAlert):
        assert fences(diagnosis, {"prometheus": "promql", "loki": "logql"}[alert.source])
    else:
        assert any("aws " in script for script in fences(diagnosis, *SHELLS))


# --- what people copy from a page ---------------------------------------------------------------------------------


@each_alert
def test_each_promql_query_parses_and_reads_metrics_and_labels_that_are_there(alert: AlertDefinition) -> None:
    for query in fences(page(alert.name), "promql"):
        for series, labels in promql.metrics_and_labels(query):
            metric = metric_of(series)
            assert metric is not None, f"nothing that vigil declares exports {series}:\n{query}"
            assert labels <= metric.labels, f"{series} has no label {labels - metric.labels}:\n{query}"


@each_alert
def test_each_logql_query_selects_by_labels_that_streams_have(alert: AlertDefinition) -> None:
    # Grafana's grammar reads them in tests/validators/test_log_rules.py.
    for query in fences(page(alert.name), "logql"):
        for labels in logql.selector_labels(query):
            assert labels <= set(logql.STREAM_LABELS), query


@each_alert
def test_each_shell_script_parses(alert: AlertDefinition) -> None:
    for script in commands(page(alert.name)):
        done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, timeout=10)
        assert done.returncode == 0, f"{done.stderr}\n{script}"


@each_alert
def test_each_aws_command_is_one_that_the_cli_has(alert: AlertDefinition) -> None:
    problems = [problem for script in commands(page(alert.name)) for problem in aws_problems(script)]
    assert problems == []


@each_alert
def test_each_fence_is_in_a_language_that_is_known_here(alert: AlertDefinition) -> None:
    languages = re.findall(r"^ *```(\S*)\n(?:.*?)^ *```$", page(alert.name), flags=re.MULTILINE | re.DOTALL)
    assert set(languages) <= {"promql", "logql", "logsinsights", *SHELLS}


# --- remediation --------------------------------------------------------------------------------------------------

REMEDIED = [(action, alert) for action, manifest in remediations().items() for alert in manifest.triggers]


@pytest.mark.parametrize(("action", "alert"), REMEDIED)
def test_the_page_of_a_remedied_alert_says_what_is_done_where_it_is_recorded_and_how_to_stop_it(
    action: str, alert: str
) -> None:
    text = page(alert).replace("$ENVIRONMENT", "prod")
    wanted = [
        action,
        physical_name("table", "prod", "audit"),
        physical_name("event_rule", "prod", action),
        physical_name("event_bus", "prod", "alerts"),
        physical_name("function", "prod", action),
        f"vigil:remediation.actions.{action}.mode: off",
    ]
    assert [name for name in wanted if name not in text] == []


def test_the_page_of_scale_out_service_says_its_limits() -> None:
    limits = {name: str(limit.default) for name, limit in remediations()["scale_out_service"].limits.items()}
    text = " ".join(page("EcsHighCpuUtilization").split()).replace(" minutes", "m")
    assert f"adds {limits['step']} tasks, at most up to {limits['max_capacity']}," in text
    assert f"leaves the service alone for {limits['cooldown']}" in text
