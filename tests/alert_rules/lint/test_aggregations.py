"""An aggregation keeps the service, unless its result is only looked up by something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from alert_rules.loader import builtin
from alert_rules.promql import dropping
from tests.alert_rules.faults import entry, found

BY_NODE = "max by (node) (b)"

AMISS = {
    # The whole node's figure is put down to one of its services, whichever group_left takes.
    "taken back from the other side": (
        "max by (node, team) (a) * on (node) group_left (service) b",
        "max by (node, team)(a{})",
    ),
    "the many side, turned": ("b * on (node) group_right (service) max by (node) (a)", "max by (node)(a{})"),
    "in a number": ("a / scalar(sum(a)) > 0.5", "sum(a{})"),
    "under what has labels of its own": ("absent(sum by (team) (a))", "sum by (team)(a{})"),
    # Sides match by all labels, or by those that are not ignored: this one never matches.
    "looked up without a word on labels": ("sum by (service) (a) and sum by (node) (a)", "sum by (node)(a{})"),
    "looked up by the service it lost": ("a unless on (service, node) max by (node) (b)", "max by (node)(b{})"),
    "looked up, ignoring something else": ("a unless ignoring (pod) max by (node) (b)", "max by (node)(b{})"),
    "looked up for a side that has lost it too": ("max by (node) (a) and on (node) b", "max by (node)(a{})"),
    "without": ("sum without (service) (a) * on (node) group_left (service) b", "sum without (service)(a{})"),
}

FINE = {
    "to the right of and": f"a and on (node) {BY_NODE}",
    "to the right of unless": f"a unless on (node) ({BY_NODE} == 1)",
    "to the right of unless, ignoring the service": "a unless ignoring (service) max without (service) (b)",
    "the one side": f"a / on (node) group_left () {BY_NODE}",
    "the one side, turned": f"{BY_NODE} * on (node) group_right () a",
    "within what is looked up": f"a unless on (node) (b * on (node) group_left () max by (node) ({BY_NODE}))",
    "kept": "sum by (service, node) (a) / sum by (service, node) (b)",
    "passed on": "topk by (node) (3, a)",
}


def test_no_rule_that_vigil_ships_mixes_services() -> None:
    assert {alert.name for alert in builtin().prometheus if dropping(alert.default_query, "service")} == set()
    # One that looks up what has no service, so that the above is no mere absence of the case.
    assert "max by (namespace, job_name)" in builtin().alerts["KubeJobFailed"].expression  # type: ignore[attr-defined]


@pytest.mark.parametrize("case", AMISS)
def test_an_aggregation_that_loses_the_service_on_the_way_is_found(case: str) -> None:
    expression, aggregation = AMISS[case]
    assert dropping(expression, "service") == [aggregation]


def test_what_is_looked_up_for_a_side_without_the_service_is_judged_as_that_side() -> None:
    both = ["max by (node)(a{})", "max by (node)(b{})"]
    assert dropping("max by (node) (a) and on (node) max by (node) (b)", "service") == both
    assert dropping("max by (node) (a) / on (node) group_left () max by (node) (b)", "service") == both


@pytest.mark.parametrize("case", FINE)
def test_one_that_is_only_looked_up_by_other_labels_is_not(case: str) -> None:
    assert dropping(FINE[case], "service") == []


def test_it_is_told_by_file_key_and_aggregation(tmp_path: Path) -> None:
    mixed = (
        "max by (node) (kube_pod_info{$selector}) * on (node) group_left (service, team) "
        "max by (service, team, node) (kube_pod_info{$selector}) > 1"
    )
    [told] = found(tmp_path, {"Probe": entry(mixed)})
    assert told.startswith("prometheus/probe.yaml: alerts.Probe.expression: given 'max by (node)(kube_pod_info")
    assert "allowed: an aggregation that keeps service, unless its result is only looked up by other labels" in told


def test_what_the_result_has_lost_is_told_once(tmp_path: Path) -> None:
    [told] = found(tmp_path, {"Probe": entry("max by (team) (active_connections{$selector}) > 1")})
    assert "drops service" in told
