"""Counters that the settings name, for objectives of kind `ratio`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from alert_rules.slos import DAY, FILE, counter_problem, recording_rules
from tests.alert_rules.slos.harness import EACH_KIND


@pytest.mark.parametrize(
    "counter",
    [
        "",
        "sum(a)",
        "a[5m]",
        '{status="failed"}',
        "a offset 5m",
        "a + b",
        'a{service="x"}',
        'a{team="x"}',
        "a{",
        "1",
        'a{"http.status"="500"}',
        '{"a.b"}',
    ],
)
def test_a_counter_is_one_metric_with_its_labels(counter: str) -> None:
    assert "one counter with its labels" in (counter_problem(counter) or "")


def test_a_counters_labels_are_kept_as_they_are_written() -> None:
    counter = r'orders_total{status=~"lost|bro\\.ken$",shop!="a\"b"}'
    assert counter_problem(counter) is None
    odd = replace(EACH_KIND[-1], errors=counter)
    [_, errors] = recording_rules([odd], 31 * DAY)[FILE]["groups"][0]["rules"][:2]
    for matcher in (r'status=~"lost|bro\\.ken$"', r'shop!="a\"b"', 'service="shop"'):
        assert matcher in errors["expr"]
