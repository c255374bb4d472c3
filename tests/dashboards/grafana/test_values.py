"""What the dashboards' queries yield, by Prometheus's own engine (promtool)."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from dashboards.board import Board
from dashboards.grafana import main
from tests.dashboards.grafana.boards import boards, described, every_board, panel, promql
from tests.dashboards.grafana.expected import EXPECTED
from tests.dashboards.grafana.series import SERIES
from tests.validators import promtool


def test_every_panel_of_the_main_dashboard_has_an_expected_value() -> None:
    assert list(EXPECTED["main"]) == [shown.title for shown in described(main.BOARD)]


@pytest.mark.parametrize("board", every_board(), ids=lambda board: board.uid)
def test_every_row_has_an_expected_value(board: Board) -> None:
    rows = {row.title: {shown.title for shown in row.panels} for row in board.rows}
    assert not [title for title, titles in rows.items() if not titles & EXPECTED[board.uid].keys()]


@pytest.mark.validators
@pytest.mark.parametrize(("uid", "title"), [(uid, title) for uid, values in EXPECTED.items() for title in values])
def test_a_panels_queries_yield_what_its_title_says(uid: str, title: str, tmp_path: Path) -> None:
    targets = panel(boards()[uid], title)["targets"]
    cases = [
        {
            "expr": promql(target["expr"]),
            "eval_time": "30m",
            "exp_samples": [{"labels": labels, "value": value} for labels, value in samples.items()],
        }
        for target, samples in zip(targets, EXPECTED[uid][title], strict=True)
    ]
    series = [{"series": name, "values": values} for name, values in SERIES[uid].items()]
    test = {"interval": "1m", "input_series": series, "promql_expr_test": cases}
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump({"evaluation_interval": "1m", "tests": [test]}))
    promtool.test_rules(file)
