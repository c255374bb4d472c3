"""The benchmarks measure what they say: their stacks, their counts and their fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import render_large
from benchmarks.preview_scaling import Point, curve, exponent, project
from benchmarks.preview_time import objects
from benchmarks.render_large import Rendering
from cli.preview.run import render

ALARMS_OF_AN_ECS_SERVICE = 2


def points(power: float) -> list[Point]:
    grown = [(n, 100 + n, 1.5 + 0.001 * n**power) for n in (0, 10, 100, 1000)]
    return [Point(n, count, seconds, seconds) for n, count, seconds in grown]


@pytest.mark.parametrize("power", [1.0, 1.2, 2.0])
def test_the_fit_finds_the_power_with_which_time_grows(power: float) -> None:
    assert exponent(points(power)) == pytest.approx(power)


def test_a_straight_growth_is_drawn_along_the_straight_line() -> None:
    assert all(line.split(" ")[-3].endswith("#|") for line in curve(points(1.0))[1:])


def test_half_of_the_services_of_a_made_stack_bring_their_alarms(tmp_path: Path) -> None:
    few, many = (render(project(tmp_path / str(n), n), "prod").recording for n in (10, 30))
    alarms = [sum(1 for _ in each.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")) for each in (few, many)]
    assert alarms[1] - alarms[0] == (30 - 10) / 2 * ALARMS_OF_AN_ECS_SERVICE


def test_the_objects_of_a_list_count_each() -> None:
    assert (
        objects("---\nkind: Secret\n---\n---\nkind: ConfigMapList\nitems: [{kind: ConfigMap}, {kind: ConfigMap}]\n")
        == 3
    )


@pytest.fixture(scope="module")
def halves(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """The workloads of each half that is timed, by what it is called in the table."""
    folder = tmp_path_factory.mktemp("halves")
    found = {
        name: render(project(folder / str(index), 0, changes), "prod").files
        for index, (name, changes) in enumerate(render_large.HALVES.items())
    }
    return {
        name: {Path(file).stem for file in files if file.startswith("kubernetes/")} for name, files in found.items()
    }


def test_the_least_half_has_nothing_that_can_be_off(halves: dict[str, set[str]]) -> None:
    assert halves["vigil, least half"] == {"namespaces", "prometheus", "alertmanager", "grafana"}


def test_the_whole_half_is_what_several_hundred_nodes_run(halves: dict[str, set[str]]) -> None:
    beyond = halves["vigil, whole half"] - halves["vigil, least half"]
    assert {"loki-ingester", "thanos-query", "jaeger-collector", "otel-agent", "prometheus-3", "oauth2-proxy"} <= beyond
    assert halves["vigil, and 300 services"] == halves["vigil, whole half"]


def test_many_services_are_all_on_kubernetes() -> None:
    watched = render_large.WATCHING["vigil:services"]
    assert len({service["name"] for service in watched}) == render_large.MANY_SERVICES
    assert all("kubernetes" in service["runs_on"] for service in watched)


def test_a_marginal_cost_leaves_out_what_any_rendering_costs() -> None:
    empty = Rendering("empty", 0, 0, 0.05, 0.06)
    charts = [empty, Rendering("big", 100, 100, 0.35, 0.4), Rendering("small", 20, 20, 0.11, 0.1)]
    both, started = render_large.together(charts)
    assert both.objects == 120
    assert both.seconds == pytest.approx(0.46)
    assert render_large.marginal_ms(empty, charts[1]) == pytest.approx(3.0)
    assert render_large.marginal_ms(started, both) == pytest.approx(3.0)


def test_the_rival_runs_the_charts_that_the_environment_names(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key in ("HELM", "KPS_CHART", "LOKI_CHART", "JAEGER_CHART"):
        monkeypatch.delenv(key, raising=False)
    assert render_large.rival(tmp_path) == {}
    monkeypatch.setenv("HELM", "/bin/helm")
    monkeypatch.setenv("LOKI_CHART", "/charts/loki")
    commands = render_large.rival(tmp_path)
    assert list(commands) == ["helm, empty chart", "helm, loki"]
    assert "--values=/charts/loki/distributed-values.yaml" in commands["helm, loki"]
