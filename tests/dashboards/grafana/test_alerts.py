"""Alerts on the dashboards: each is shown by its own, with its line where one can be drawn."""

from __future__ import annotations

import pytest

from alert_rules import registry
from alert_rules.loader import builtin
from alert_rules.model import PrometheusAlert
from alert_rules.overrides import resolve
from alert_rules.promql import metrics_and_labels
from alert_rules.quantities import Unit
from dashboards.grafana import BOARDS
from dashboards.panels import Panel
from tests.dashboards.grafana.boards import (
    SERVICE,
    SWITCHED,
    alert,
    boards,
    described,
    every_board,
    in_force,
    panel,
    panels,
    promql,
)

WATCHED = [(board.uid, shown) for board in every_board() for shown in described(board) if shown.alert]
DRAWN = [(uid, shown) for uid, shown in WATCHED if shown.limit is None]
NAMING = [(board.uid, shown) for board in every_board() for shown in described(board) if shown.alert or shown.related]
TABLES = {board.uid: shown for board in every_board() for shown in described(board) if shown.aside}

WITHOUT_LINE = {
    "KubeContainerOomKilled": "restarts within a window of its own, which no graph shows as such",
    "ProcessRestarting": "likewise",
    "MemoryGrowing": "a forecast; what it is held against is HighMemoryUsage's line",
    "TrafficSurged": "the line of its panel is TrafficDropped's, at the other end",
    "DeployRegression": "what it adds to the errors of an hour ago, of one version alone",
}

UNITS = {
    "percentunit": Unit.RATIO,
    "s": Unit.DURATION,
    "percent": Unit.PERCENT,
    "bytes": Unit.BYTES,
    "cps": Unit.RATE,
    "reqps": Unit.RATE,
    "short": Unit.COUNT,
}
FIGURES = {name: 0.017 * 3**place for place, name in enumerate(sorted({name for b in BOARDS for name in b.thresholds}))}


def by_title(value: object) -> str:
    return value.title if isinstance(value, Panel) else str(value)


def named(shown: Panel) -> list[str]:
    return [*([shown.alert] if shown.alert else []), *shown.related]


def drawn_metrics(shown: Panel) -> set[str]:
    return {metric for query in shown.queries for metric, _ in metrics_and_labels(promql(query.expression))}


def watched_metrics(of: PrometheusAlert) -> set[str]:
    return {metric for metric, _ in metrics_and_labels(of.query(dict(resolve(of).values), 'service!=""'))}


@pytest.mark.parametrize("of", builtin().prometheus, ids=lambda of: of.name)
def test_every_alert_is_on_the_dashboard_that_it_names(of: PrometheusAlert) -> None:
    (board,) = [board for board in BOARDS if board.uid == of.dashboard]
    assert of.name in {name for shown in described(board) for name in named(shown)}


def test_every_threshold_is_drawn() -> None:
    having = {of.name for of in builtin().prometheus if "threshold" in of.parameters}
    assert having - {shown.alert for _, shown in DRAWN} == WITHOUT_LINE.keys()


@pytest.mark.parametrize("off", SWITCHED)
def test_an_alert_in_force_is_shown_whatever_is_switched_off(off: str) -> None:
    running = registry.exporters() - {off}
    shown = {
        (board.uid, name)
        for board in BOARDS
        for each in described(board)
        if each.exporters <= running
        for name in named(each)
    }
    hidden = {(of.dashboard, of.name) for of in in_force(running)} - shown
    assert not hidden, f"without {off}: alerts in force on no panel: {sorted(hidden)}"


@pytest.mark.parametrize(("uid", "shown"), NAMING, ids=by_title)
def test_an_alert_is_named_on_its_own_dashboard_alone_and_on_that_of_a_service(uid: str, shown: Panel) -> None:
    assert uid == SERVICE or {alert(name).dashboard for name in named(shown)} == {uid}


@pytest.mark.parametrize(("_uid", "shown"), NAMING, ids=by_title)
def test_an_alert_is_named_where_something_that_it_watches_is_drawn(_uid: str, shown: Panel) -> None:
    for name in named(shown):
        assert drawn_metrics(shown) & watched_metrics(alert(name)), name


@pytest.mark.parametrize(("_uid", "shown"), WATCHED, ids=by_title)
def test_a_panel_draws_nothing_besides_what_the_alert_of_its_line_watches(_uid: str, shown: Panel) -> None:
    assert drawn_metrics(shown) <= {metric for name in named(shown) for metric in watched_metrics(alert(name))}


@pytest.mark.parametrize(("uid", "shown"), DRAWN, ids=by_title)
def test_the_line_is_the_alerts_own_threshold_and_in_view(uid: str, shown: Panel) -> None:
    assert shown.alert
    defaults = panel(boards(thresholds=FIGURES)[uid], shown.title)["fieldConfig"]["defaults"]
    calm, alarmed = defaults["thresholds"]["steps"]
    assert calm["value"] is None
    assert alarmed["value"] == FIGURES[shown.alert]
    assert defaults["custom"]["thresholdsStyle"]["mode"] == "dashed"
    assert defaults["custom"]["axisSoftMax"] > FIGURES[shown.alert]


@pytest.mark.parametrize(("_uid", "shown"), DRAWN, ids=by_title)
def test_the_line_is_in_the_unit_of_the_alerts_parameter(_uid: str, shown: Panel) -> None:
    assert alert(shown.alert or "").parameters["threshold"].unit is UNITS[shown.unit]


@pytest.mark.parametrize(("uid", "shown"), NAMING, ids=by_title)
def test_a_panel_links_to_the_runbooks_of_its_alerts(uid: str, shown: Panel) -> None:
    links = panel(boards()[uid], shown.title)["links"]
    assert [link["url"] for link in links] == [f"https://runbooks.example.org/{name}.md" for name in named(shown)]
    assert all(link["type"] == "link" and link["targetBlank"] for link in links)


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_an_alert_that_is_not_in_force_draws_no_line(name: str) -> None:
    others = {other: figure for other, figure in FIGURES.items() if other != name}
    built = boards(thresholds=others)
    for uid, shown in DRAWN:
        found = panel(built[uid], shown.title)
        drawn = "thresholds" in found["fieldConfig"]["defaults"]
        assert drawn is (shown.alert != name), shown.title
        assert ("Dashed line" in found["description"]) is drawn, shown.title


def test_the_order_in_which_thresholds_come_does_not_matter() -> None:
    assert boards(thresholds=FIGURES) == boards(thresholds=dict(reversed(FIGURES.items())))


def test_every_dashboard_lists_what_is_firing() -> None:
    assert set(TABLES) == {board.uid for board in every_board()}


@pytest.mark.parametrize("uid", sorted(TABLES))
def test_firing_alerts_lead_to_their_runbooks(uid: str) -> None:
    (table,) = [shown for shown in panels(boards()[uid]) if shown["type"] == "table"]
    assert 'alertstate="firing"' in table["targets"][0]["expr"]
    assert table["targets"][0]["instant"] is True
    (override,) = [o for o in table["fieldConfig"]["overrides"] if o["matcher"]["options"] == "Alert"]
    (properties,) = override["properties"]
    assert [link["url"] for link in properties["value"]] == ["https://runbooks.example.org/${__value.raw}.md"]


OF_EVERY_SUBJECT = {"main", SERVICE, "business", "executive"}


@pytest.mark.parametrize("uid", sorted(OF_EVERY_SUBJECT))
def test_a_dashboard_of_every_subject_lists_whatever_fires(uid: str) -> None:
    assert "alertname=" not in TABLES[uid].queries[0].expression


@pytest.mark.parametrize("uid", sorted(set(TABLES) - OF_EVERY_SUBJECT))
def test_a_dashboard_of_one_subject_lists_its_own_alerts_alone(uid: str) -> None:
    own = sorted(of.name for of in builtin().prometheus if of.dashboard == uid)
    assert own
    assert f'alertname=~"{"|".join(own)}"' in TABLES[uid].queries[0].expression
