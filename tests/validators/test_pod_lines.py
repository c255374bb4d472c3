"""The lines of a pod, as a container runtime writes them, read by the rendered agent's receiver."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alert_rules import yaml12
from components.kubernetes import collector_agent
from components.kubernetes.loki_configuration import LONGEST_LINE
from components.kubernetes.pod_logs import POD_LOGS
from tests.components.kubernetes.examples import service, serving
from tests.loopback import StandIn
from tests.loopback import serving as listening
from tests.validators import collector
from tests.validators.mounted import stood_in
from tests.validators.otlp import wait_for

pytestmark = pytest.mark.validators

PART = 16 * 2**10
"""What containerd and CRI-O write of a line at once."""
LINE = "".join(f"{number:07d}," for number in range(2**17))
"""A line of 1 MiB, no part of which is like another."""


class Store(StandIn):
    """Keeps the bodies of the lines that it is sent."""

    bodies: list[str]

    def do_POST(self) -> None:
        for resource in yaml12.load(self.body().decode())["resourceLogs"]:
            for scope in resource["scopeLogs"]:
                self.bodies += [record["body"]["stringValue"] for record in scope["logRecords"]]
        self.answer(b"", headers={"Content-Type": "application/json"})


def as_written(line: str) -> str:
    """The line in the format of the container runtime interface."""
    parts = [line[at : at + PART] for at in range(0, len(line), PART)]
    tags = ["P"] * (len(parts) - 1) + ["F"]
    return "".join(f"2026-11-29T12:00:00.0Z stdout {tag} {part}\n" for tag, part in zip(tags, parts, strict=True))


def reading(logs: Path, folder: Path, address: str) -> dict[str, Any]:
    """The agent's receiver of lines between those logs and a store."""
    rendered = collector_agent.configuration(
        serving(service("checkout")), "gateway", "otel-agent", "observability-host"
    )
    receiver = rendered["receivers"]["file_log"]
    receiver["include"] = [path.replace(POD_LOGS, str(logs)) for path in receiver["include"]]
    content = {
        "extensions": {name: rendered["extensions"][name] for name in ("health_check", "file_storage/offsets")},
        "receivers": {"file_log": receiver},
        "exporters": {"otlp_http": {"endpoint": f"http://{address}", "compression": "none", "encoding": "json"}},
        "service": {
            "extensions": ["health_check", "file_storage/offsets"],
            "pipelines": {"logs": {"receivers": ["file_log"], "exporters": ["otlp_http"]}},
        },
    }
    stood_in(content, folder)
    return content


def test_a_line_longer_than_loki_keeps_becomes_several_of_which_nothing_is_cut(tmp_path: Path) -> None:
    log = tmp_path / "pods" / "shop_checkout-0_0f5ea0e6-0000-0000-0000-000000000000" / "checkout" / "0.log"
    log.parent.mkdir(parents=True)
    log.write_text(as_written("before") + as_written(LINE) + as_written("after"), encoding="utf-8")
    Store.bodies = []
    with listening(Store) as address:
        file = tmp_path / "collector.yaml"
        file.write_text(yaml12.dump(reading(tmp_path / "pods", tmp_path, address)), encoding="utf-8")
        with collector.server(file):
            wait_for(30, lambda: "after" in Store.bodies)
    assert (Store.bodies[0], Store.bodies[-1]) == ("before", "after")
    assert "".join(Store.bodies[1:-1]) == LINE
    assert max(map(len, Store.bodies)) <= LONGEST_LINE
    assert min(map(len, Store.bodies[1:-2])) > LONGEST_LINE / 2
