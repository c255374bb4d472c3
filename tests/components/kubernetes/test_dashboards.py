"""The dashboards that a stack provisions: whose there are, with which lines, in which ConfigMaps."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.kubernetes import grafana
from components.kubernetes.spec import ConfigFiles
from components.settings.model import Settings
from components.stack import compile_content
from tests.components.kubernetes.examples import service, serving

Board = dict[str, Any]


def scraped(name: str, team: str = "web", **keys: Any) -> dict[str, Any]:
    return service(name, **{"team": team, "metrics": {"port": 8000}, **keys})


def provisioned(settings: Settings) -> list[ConfigFiles]:
    """The ConfigMaps of dashboards, as Grafana mounts them."""
    (spec,) = [spec for spec in compile_content(settings).workloads if spec.name == grafana.NAME]
    return [files for files in spec.config if files.directory.startswith(grafana.DASHBOARDS)]


def boards(settings: Settings) -> dict[tuple[str, str], Board]:
    """Every dashboard by its folder and its title."""
    found = [
        (files.directory.rsplit("/", 1)[1], json.loads(text))
        for files in provisioned(settings)
        for text in files.files.values()
    ]
    return {(folder, board["title"]): board for folder, board in found}


def test_each_service_that_is_scraped_has_its_board_in_its_teams_folder() -> None:
    settings = serving(
        scraped("checkout"),
        scraped("ledger", "money"),
        scraped("unscraped", metrics=None, probe={"port": 80}),
        scraped("elsewhere", metrics=None, runs_on={"ecs": {"cluster": "c", "service": "s"}}),
    )
    found = {key for key in boards(settings) if key[0].startswith("team-")}
    assert found == {("team-web", "checkout"), ("team-money", "ledger")}


def lines(board: Board) -> dict[str, float]:
    """The threshold that each panel draws, by the panel's title."""
    return {
        panel["title"]: step["value"]
        for panel in board["panels"]
        for step in panel.get("fieldConfig", {}).get("defaults", {}).get("thresholds", {}).get("steps", [])[1:]
        if panel["type"] == "timeseries"
    }


def test_a_line_is_the_threshold_of_the_service_whose_board_it_is() -> None:
    settings = serving(
        scraped("usual"),
        scraped("strict", alerts={"HighErrorRate": {"threshold": "2%"}, "HighCPUUsage": {"enabled": False}}),
        alerts={"HighErrorRate": {"threshold": "4%"}},
    )
    usual, strict = (lines(boards(settings)["team-web", name]) for name in ("usual", "strict"))
    assert (usual["Error ratio"], strict["Error ratio"]) == (0.04, 0.02)
    assert usual["CPU by instance"] == 80
    assert "CPU by instance" not in strict
    assert usual["Response time"] == strict["Response time"]
    assert lines(boards(settings)["services", "Main"])["Error ratio"] == 0.04


@pytest.mark.parametrize("slos", [[], [{"kind": "availability", "objective": "99.9%"}]])
def test_error_budgets_are_on_the_boards_of_services_with_objectives(slos: list[dict[str, str]]) -> None:
    settings = serving(
        scraped("checkout", slos=slos), scraped("other", slos=[{"kind": "availability", "objective": "99%"}])
    )
    titles = {panel["title"] for panel in boards(settings)["team-web", "checkout"]["panels"]}
    assert ("Error budgets" in titles) is bool(slos)


def test_a_service_that_is_gone_takes_its_board_along() -> None:
    (provider,) = grafana.providers()["providers"]
    # Else Grafana keeps the dashboard, as one that belongs to nobody.
    assert provider["disableDeletion"] is False
    assert provider["options"]["foldersFromFilesStructure"] is True


def test_a_folder_that_is_full_goes_on_in_another() -> None:
    names = [f"service-{number:03}" for number in range(90)]
    settings = serving(*(scraped(name) for name in names))
    ours = [files for files in provisioned(settings) if "/team-" in files.directory]
    assert [files.directory.rsplit("/", 1)[1] for files in ours] == ["team-web", "team-web.2", "team-web.3"]
    assert len({files.name for files in ours}) == 3
    assert sorted(title for folder, title in boards(settings) if folder.startswith("team-")) == names
    sizes = [sum(len(str(text).encode()) for text in files.files.values()) for files in ours]
    assert max(sizes) <= 900_000


def test_the_volume_of_a_team_with_a_long_name_has_a_name_that_kubernetes_takes() -> None:
    long = "t" * 63
    names = {files.name for files in provisioned(serving(scraped("a", long), scraped("b", f"{long[:-1]}u")))}
    assert all(len(name) <= 63 for name in names)
    assert len(names) == len(provisioned(serving(scraped("a", long), scraped("b", f"{long[:-1]}u"))))
