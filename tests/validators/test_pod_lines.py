"""The lines of a pod, as a container runtime writes them, read by the rendered agent's receiver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from components.kubernetes import collector_agent
from components.kubernetes.loki_configuration import LONGEST_LINE
from components.kubernetes.pod_logs import POD_LOGS
from tests.components.kubernetes.examples import service, serving
from tests.validators.otlp import stored_logs, wait_for

pytestmark = pytest.mark.validators

PART = 16 * 2**10
"""What containerd and CRI-O write of a line at once."""
LINE = "".join(f"{number:07d}," for number in range(2**17))
"""A line of 1 MiB, no part of which is like another."""


def as_written(line: str) -> str:
    """The line in the format of the container runtime interface."""
    parts = [line[at : at + PART] for at in range(0, len(line), PART)]
    tags = ["P"] * (len(parts) - 1) + ["F"]
    return "".join(f"2026-11-29T12:00:00.0Z stdout {tag} {part}\n" for tag, part in zip(tags, parts, strict=True))


def reading(logs: Path) -> dict[str, Any]:
    """The agent's receiver of lines, of those logs."""
    rendered = collector_agent.configuration(
        serving(service("checkout")), "gateway", "otel-agent", "observability-host"
    )
    receiver = rendered["receivers"]["file_log"]
    receiver["include"] = [path.replace(POD_LOGS, str(logs)) for path in receiver["include"]]
    extensions = {name: rendered["extensions"][name] for name in ("health_check", "file_storage/offsets")}
    return {"extensions": extensions, "receivers": {"file_log": receiver}}


def bodies(logs: list[dict[str, Any]]) -> list[str]:
    """The lines, in the order in which they came."""
    records = (record for each in logs for scope in each["scopeLogs"] for record in scope["logRecords"])
    return [record["body"]["stringValue"] for record in records]


def test_a_line_longer_than_loki_keeps_becomes_several_of_which_nothing_is_cut(tmp_path: Path) -> None:
    log = tmp_path / "pods" / "shop_checkout-0_0f5ea0e6-0000-0000-0000-000000000000" / "checkout" / "0.log"
    log.parent.mkdir(parents=True)
    log.write_text(as_written("before") + as_written(LINE) + as_written("after"), encoding="utf-8")
    with stored_logs(tmp_path / "collector.yaml", reading(tmp_path / "pods"), tmp_path) as (_, store):
        wait_for(30, lambda: "after" in bodies(store.logs))
    lines = bodies(store.logs)
    assert (lines[0], lines[-1]) == ("before", "after")
    assert "".join(lines[1:-1]) == LINE
    assert max(map(len, lines)) <= LONGEST_LINE
    assert min(map(len, lines[1:-2])) > LONGEST_LINE / 2
