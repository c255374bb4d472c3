"""CloudWatch dashboards: one for each that the kinds of the resources name."""

from __future__ import annotations

import json

from components.aws.dashboards import dashboard_url
from tests.components.aws import deployment

DASHBOARD = "aws:cloudwatch/dashboard:Dashboard"


def test_every_kind_is_shown_on_the_dashboard_that_it_names() -> None:
    dashboards = list(deployment.production().of_type(DASHBOARD))
    assert sorted(dashboard.inputs["dashboardName"] for dashboard in dashboards) == [
        "vigil-prod-api",
        "vigil-prod-business",
        "vigil-prod-models",
        "vigil-prod-resources",
    ]
    for dashboard in dashboards:
        assert json.loads(dashboard.inputs["dashboardBody"])["widgets"], dashboard.name


def test_dashboards_show_the_alarms_that_are_declared_and_no_others() -> None:
    bodies = [dashboard.inputs["dashboardBody"] for dashboard in deployment.production().of_type(DASHBOARD)]
    shown = {
        arn
        for body in bodies
        for widget in json.loads(body)["widgets"]
        for arn in widget["properties"].get("alarms", [])
    }
    declared = deployment.production().of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    prefix = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"
    assert shown == {f"{prefix}{alarm.inputs['name']}" for alarm in declared}


def test_an_address_that_is_one_already_stays() -> None:
    assert dashboard_url("https://grafana/d/main", context=deployment.context()) == "https://grafana/d/main"
