"""The main dashboard's own panels and their alerts."""

from __future__ import annotations

import pytest

from alert_rules.loader import builtin
from alert_rules.model import PrometheusAlert
from alert_rules.overrides import resolve
from alert_rules.promql import metrics_and_labels
from alert_rules.quantities import Unit
from dashboards.grafana import main
from dashboards.panels import Panel
from tests.dashboards.grafana.boards import LINKS, Board, panel, panels, promql

PANELS = [panel for row in main.ROWS for panel in row.panels]
WATCHED = [panel for panel in PANELS if panel.alert]
DRAWN = [panel for panel in WATCHED if panel.limit is None]
UNITS = {"percentunit": Unit.RATIO, "s": Unit.DURATION, "percent": Unit.PERCENT, "bytes": Unit.BYTES}
FIGURES = {name: 0.017 * 3**place for place, name in enumerate(main.THRESHOLDS)}


def of(shown: Panel) -> PrometheusAlert:
    """The catalogue's definition of the panel's alert."""
    return next(alert for alert in builtin().prometheus if alert.name == shown.alert)


def board(**thresholds: float) -> Board:
    return main.build(thresholds=thresholds, links=LINKS)


def by_title(shown: Panel) -> str:
    return shown.title


def test_it_has_the_panels_that_the_source_asks_for() -> None:
    assert [shown.title for shown in PANELS] == [
        "Instances up",
        "Instances down",
        "Probes failing",
        "Firing alerts",
        "Request rate",
        "Error ratio",
        "Response time",
        "AI request rate",
        "AI failure ratio",
        "AI request duration, p95",
        "CPU usage",
        "Memory usage",
        "Active connections",
    ]


def test_response_time_has_three_percentiles() -> None:
    expressions = [target["expr"] for target in panel(board(), "Response time")["targets"]]
    assert [text.split(",")[0] for text in expressions] == [
        f"histogram_quantile({quantile}" for quantile in (0.5, 0.95, 0.99)
    ]


@pytest.mark.parametrize("shown", DRAWN, ids=by_title)
def test_the_line_is_the_alerts_own_threshold_and_in_view(shown: Panel) -> None:
    assert shown.alert
    defaults = panel(board(**FIGURES), shown.title)["fieldConfig"]["defaults"]
    calm, alarmed = defaults["thresholds"]["steps"]
    assert calm["value"] is None
    assert alarmed["value"] == FIGURES[shown.alert]
    assert defaults["custom"]["thresholdsStyle"]["mode"] == "dashed"
    assert defaults["custom"]["axisSoftMax"] > FIGURES[shown.alert]


@pytest.mark.parametrize("shown", DRAWN, ids=by_title)
def test_the_line_is_in_the_unit_of_the_alerts_parameter(shown: Panel) -> None:
    assert of(shown).parameters["threshold"].unit is UNITS[shown.unit]


@pytest.mark.parametrize("shown", WATCHED, ids=by_title)
def test_a_panel_shows_the_metrics_that_its_alert_watches(shown: Panel) -> None:
    alert = of(shown)
    expression = alert.promql(dict(resolve(alert).values), 'service!=""')
    watched = {metric for metric, _ in metrics_and_labels(expression)}
    drawn = {metric for query in shown.queries for metric, _ in metrics_and_labels(promql(query.expression))}
    assert drawn == watched


@pytest.mark.parametrize("shown", WATCHED, ids=by_title)
def test_a_panel_links_to_the_runbooks_of_its_alerts(shown: Panel) -> None:
    links = panel(board(), shown.title)["links"]
    expected = [f"https://runbooks.example.org/{alert}.md" for alert in (shown.alert, *shown.related)]
    assert [link["url"] for link in links] == expected
    assert all(link["type"] == "link" and link["targetBlank"] for link in links)


def test_every_alert_that_names_this_dashboard_is_on_it() -> None:
    naming = {alert.name for alert in builtin().prometheus if alert.dashboard == main.UID}
    assert {alert for shown in WATCHED for alert in (shown.alert, *shown.related)} == naming


def test_an_alert_that_is_not_in_force_has_no_line() -> None:
    for shown in panels(board()):
        if shown["type"] == "timeseries":
            assert "thresholds" not in shown["fieldConfig"]["defaults"], shown["title"]
            assert "Dashed line" not in shown["description"]


def test_a_threshold_that_no_panel_draws_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="HihgErrorRate"):
        board(HihgErrorRate=0.05)


@pytest.mark.parametrize("title", ["Instances down", "Probes failing"])
def test_the_first_instance_lost_turns_the_figure_red(title: str) -> None:
    steps = panel(board(), title)["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["value"], step["color"]) for step in steps] == [(None, "green"), (1, "red")]


def test_firing_alerts_lead_to_their_runbooks() -> None:
    table = panel(board(), "Firing alerts")
    assert table["type"] == "table"
    assert 'alertstate="firing"' in table["targets"][0]["expr"]
    assert table["targets"][0]["instant"] is True
    (override,) = [o for o in table["fieldConfig"]["overrides"] if o["matcher"]["options"] == "Alert"]
    (properties,) = override["properties"]
    assert [link["url"] for link in properties["value"]] == ["https://runbooks.example.org/${__value.raw}.md"]


def test_the_order_in_which_thresholds_come_does_not_matter() -> None:
    assert board(**FIGURES) == board(**dict(reversed(FIGURES.items())))


def test_it_is_found_where_alerts_link_to() -> None:
    built = board()
    assert LINKS.dashboard(built["uid"], "checkout").endswith("/d/main?var-service=checkout")
    assert "service" in [variable["name"] for variable in built["templating"]["list"]]
