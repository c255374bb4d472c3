"""`vigil alerts` as a person reads it."""

from __future__ import annotations

from typer.testing import CliRunner

from alert_rules.loader import builtin
from cli.main import app


def test_the_alerts_and_their_parameters_are_whole_on_a_terminal_of_eighty_columns() -> None:
    told = CliRunner().invoke(app, ["alerts"], env={"COLUMNS": "80"}).stdout
    lines = [line.split() for line in told.splitlines()]
    for alert in builtin().prometheus:
        figures = [[name, str(parameter.default)] for name, parameter in alert.parameters.items()]
        at = next((n for n, line in enumerate(lines) if line[:1] == [alert.name]), None)
        if at is not None:  # the longest names go on in the next line
            assert [line[-2:] for line in lines[at : at + len(figures)]] == figures
    assert "…" not in told
    assert max(map(len, told.splitlines())) <= 80
    assert sum(line[:1] == [alert.name] for line in lines for alert in builtin().prometheus) > 80
