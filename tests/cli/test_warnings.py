"""What is allowed and seldom meant is told with every preview."""

from __future__ import annotations

from typing import Any

import pytest

from cli.preview import report
from tests.components.kubernetes.examples import service, serving

SAMPLED, STREAM = "vigil:jaeger.sampling.services", "vigil:loki.streams[0].selector"


def told_of_streams(selector: str, **loki: Any) -> list[str]:
    """The warnings on a retention of such streams where `checkout` is the declared service."""
    streams = [{"selector": selector, "retention": "90d"}]
    found = report.warnings(serving(service("checkout"), loki={"bucket": "logs", "streams": streams, **loki}), [])
    return [line for line in found if line.startswith(STREAM)]


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ('{service="checkout"}', []),
        ('{service="loki"}', []),
        ('{namespace="shop"}', []),
        ('{service=~"check.*"}', []),
        ('{namespace="shop", service="chekout"}', ["no declared service is called chekout; did you mean 'checkout'?"]),
    ],
)
def test_a_retention_for_lines_of_nobody_is_told(selector: str, expected: list[str]) -> None:
    assert told_of_streams(selector) == [f"{STREAM}: {words}" for words in expected]
    assert told_of_streams(selector, enabled=False) == []


def told(**jaeger: Any) -> list[str]:
    """The warnings on what is sampled where `checkout` is the declared service."""
    found = report.warnings(
        serving(service("checkout"), jaeger={"endpoint": "https://search.example.com:9200", **jaeger}), []
    )
    return [line for line in found if line.startswith(SAMPLED)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("checkout", []),
        ("chekout", [f"{SAMPLED}.chekout: no declared service is called chekout; did you mean 'checkout'?"]),
        ("billing", [f"{SAMPLED}.billing: no declared service is called billing"]),
    ],
)
def test_a_share_of_traces_for_nobody_is_told(name: str, expected: list[str]) -> None:
    assert told(sampling={"services": {name: "50%"}}) == expected


def test_nothing_is_told_of_a_jaeger_that_does_not_run() -> None:
    assert told(enabled=False, sampling={"services": {"billing": "50%"}}) == []


@pytest.mark.parametrize(("volume", "told"), [("300GiB", True), ("301GiB", False), ("310GiB", False)])
def test_a_compactor_that_will_run_out_of_room_is_told(volume: str, told: bool) -> None:
    settings = serving(service("checkout"), thanos={"bucket": "metrics", "volume": volume})
    found = [line for line in report.warnings(settings, []) if line.startswith(f"vigil:thanos.volume is {volume}: ")]
    assert len(found) == told
    assert all("take 255GiB" in line and "at least 301GiB" in line for line in found)
