"""What is allowed and seldom meant is told with every preview."""

from __future__ import annotations

from typing import Any

import pytest

from cli.preview import report
from tests.components.kubernetes.examples import service, serving

SAMPLED = "vigil:jaeger.sampling.services"


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
        ("chekout", [f"{SAMPLED}.chekout: no declared service is called so; did you mean 'checkout'?"]),
        ("billing", [f"{SAMPLED}.billing: no declared service is called so"]),
    ],
)
def test_a_share_of_traces_for_nobody_is_told(name: str, expected: list[str]) -> None:
    assert told(sampling={"services": {name: "50%"}}) == expected


def test_nothing_is_told_of_a_jaeger_that_does_not_run() -> None:
    assert told(enabled=False, sampling={"services": {"billing": "50%"}}) == []
