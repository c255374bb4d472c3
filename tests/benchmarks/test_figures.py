"""The benchmarks measure what they say: their stacks, their counts and their fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.preview_scaling import Point, curve, exponent, project
from benchmarks.preview_time import objects
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
