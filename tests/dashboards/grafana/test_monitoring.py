"""The dashboard of the monitoring itself speaks of every program of the stack, and of no declared service."""

from __future__ import annotations

import re

import pytest

from components.kubernetes.sizes import SIZES
from components.stack import compile_content
from dashboards.grafana.monitoring.narrowed import STACK
from tests.settings.examples import STACKS, parsed


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("size", sorted(SIZES))
def test_it_knows_every_program_that_is_scraped(stack: str, size: str) -> None:
    settings = parsed(stack)
    sized = settings.model_copy(update={"kubernetes": settings.kubernetes.model_copy(update={"size": size})})
    programs = [program for spec in compile_content(sized).workloads for program in spec.programs]
    scraped = {re.sub(r"^prometheus-\d+$", "prometheus", program.name) for program in programs if program.is_scraped}
    assert "alertmanager" in scraped
    assert not {name for name in scraped if not re.fullmatch(STACK, name)}


@pytest.mark.parametrize("stack", STACKS)
def test_it_takes_no_declared_service_for_its_own(stack: str) -> None:
    assert not [service.name for service in parsed(stack).services if re.fullmatch(STACK, service.name)]
