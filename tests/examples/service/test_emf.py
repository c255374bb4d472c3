"""CloudWatch lines: valid as embedded metric format, and with the series that vigil's alarms and widgets read."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from alert_rules.loader import builtin
from examples.service.emf import ACCURACY, DATA_QUALITY, PREDICTION_FAILED, Emf, Family, line
from tests.examples.service.running import running

# CloudWatch's user guide, "Specification: Embedded metric format"; its limits of names and units are those of PutMetricData.
UNITS = ["Seconds", "Microseconds", "Milliseconds", "Bytes", "Percent", "Count", "Count/Second", "None"]
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["_aws"],
    "properties": {
        "_aws": {
            "type": "object",
            "required": ["Timestamp", "CloudWatchMetrics"],
            "properties": {
                "Timestamp": {"type": "integer"},
                "CloudWatchMetrics": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["Namespace", "Dimensions", "Metrics"],
                        "additionalProperties": False,
                        "properties": {
                            "Namespace": {"type": "string", "pattern": r"^[0-9A-Za-z.\-_/#:]{1,255}$"},
                            "Dimensions": {
                                "type": "array",
                                "minItems": 1,
                                "items": {
                                    "type": "array",
                                    "maxItems": 30,
                                    "items": {"type": "string", "minLength": 1, "maxLength": 255},
                                },
                            },
                            "Metrics": {
                                "type": "array",
                                "minItems": 1,
                                "maxItems": 100,
                                "items": {
                                    "type": "object",
                                    "required": ["Name"],
                                    "additionalProperties": False,
                                    "properties": {
                                        "Name": {"type": "string", "minLength": 1, "maxLength": 255},
                                        "Unit": {"enum": UNITS},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        }
    },
}

KINDS = {name: kind for name, kind in builtin().kinds.items() if kind.namespace.startswith("PredictiveMaintenance/")}
Series = tuple[str, str, frozenset[tuple[str, str]]]


def check(document: Mapping[str, Any]) -> None:
    """Raise where the line is no embedded metric format, or names what it does not have."""
    jsonschema.validate(document, SCHEMA)
    for directive in document["_aws"]["CloudWatchMetrics"]:
        for key in {key for keys in directive["Dimensions"] for key in keys}:
            assert isinstance(document.get(key), str), f"dimension {key} is no text of the line"
        for metric in directive["Metrics"]:
            values = document.get(metric["Name"])
            values = values if isinstance(values, list) else [values]
            assert 0 < len(values) <= 100
            assert all(isinstance(value, int | float) for value in values), f"{metric['Name']} is no number of the line"


def series(documents: list[dict[str, Any]]) -> Iterator[Series]:
    """Every series that CloudWatch makes of the lines: namespace, metric, and dimensions with their values."""
    for document in documents:
        for directive in document["_aws"]["CloudWatchMetrics"]:
            for keys in directive["Dimensions"]:
                for metric in directive["Metrics"]:
                    yield directive["Namespace"], metric["Name"], frozenset((key, document[key]) for key in keys)


def sent(**faults: float) -> list[dict[str, Any]]:
    """The lines of two rounds with those faults."""
    stream = io.StringIO()
    with running(emf=stream) as service:
        for name, value in faults.items():
            service.set(name, value)
        service.live(2)
    return [json.loads(each) for each in stream.getvalue().splitlines()]


@pytest.fixture(scope="module")
def lines() -> list[dict[str, Any]]:
    return sent(prediction_errors=0.5, engine_red=2)


def test_every_line_is_valid(lines: list[dict[str, Any]]) -> None:
    assert len(lines) > 10
    for document in lines:
        check(document)


def test_a_line_is_of_now(lines: list[dict[str, Any]]) -> None:
    assert all(abs(document["_aws"]["Timestamp"] / 1000 - time.time()) < 60 for document in lines)


@pytest.mark.parametrize("name", sorted(KINDS))
def test_the_series_that_alarms_and_widgets_read_are_sent(name: str, lines: list[dict[str, Any]]) -> None:
    kind = KINDS[name]
    metrics = {alarm.metric for alarm in kind.alarms} | {metric for widget in kind.widgets for metric in widget.metrics}
    wanted = {
        (kind.namespace, metric, frozenset((key, kind.fixed_dimensions[key]) for key in keys))
        for metric in metrics
        for keys in kind.dimension_sets
    }
    assert wanted - set(series(lines)) == set()


def test_the_four_kinds_of_own_metrics_are_looked_at() -> None:
    assert len(KINDS) == 4


@pytest.mark.parametrize(
    ("faults", "namespace", "metric", "worse"),
    [
        ({"data_quality": 0.2}, "data-pipeline", "DataQuality", lambda value: value < 0.95),
        ({"prediction_drift": 0.5}, "business-logic", "PredictionRelativeError", lambda value: value > 0.2),
        ({"prediction_errors": 1}, "ml-service", "prediction_error", lambda value: value == 1),
    ],
)
def test_a_fault_moves_the_series_that_the_alarm_reads(
    faults: dict[str, float], namespace: str, metric: str, worse: Any
) -> None:
    def values(documents: list[dict[str, Any]]) -> list[float]:
        wanted = (f"PredictiveMaintenance/{namespace}", metric, frozenset[tuple[str, str]]())
        return [document[metric] for document in documents if wanted in series([document])]

    assert not any(map(worse, values(sent())))
    assert any(map(worse, values(sent(**faults))))


def test_no_engine_is_red_until_one_is() -> None:
    red = ("PredictiveMaintenance/api-gateway", "EngineHealthScore", frozenset({("AlertLevel", "red")}))
    assert red not in set(series(sent()))
    assert red in set(series(sent(engine_red=2)))


def test_nothing_is_written_where_nobody_asked() -> None:
    Emf(None).send(PREDICTION_FAILED, {"prediction_error": 1}, ModelVersion="1")


def test_several_values_go_in_one_line() -> None:
    document = json.loads(line(PREDICTION_FAILED, {"prediction_error": [1.0] * 100}, {"ModelVersion": "1"}))
    check(document)
    assert len(document["prediction_error"]) == 100


@pytest.mark.parametrize(
    ("family", "values", "dimensions"),
    [
        (PREDICTION_FAILED, {"prediction_error": [1.0] * 101}, {"ModelVersion": "1"}),
        (PREDICTION_FAILED, {"prediction_error": 1}, {}),
        (PREDICTION_FAILED, {"prediction_error": 1}, {"ModelVersion": "1", "EngineId": "2"}),
        (ACCURACY, {"PredictionError": 1}, {"ModelVersion": "1"}),
        (DATA_QUALITY, {"DataQuality": 1, "Other": 2}, {"Metric": "1", "Table": "2"}),
    ],
)
def test_a_line_that_cloudwatch_would_not_read_is_refused(
    family: Family, values: dict[str, Any], dimensions: dict[str, str]
) -> None:
    with pytest.raises(ValueError, match="PredictiveMaintenance/"):
        line(family, values, dimensions)


@pytest.mark.parametrize(
    "document",
    [
        {"value": 1},
        {"_aws": {"Timestamp": 1, "CloudWatchMetrics": []}},
        {
            "_aws": {
                "Timestamp": 1,
                "CloudWatchMetrics": [{"Namespace": "a", "Dimensions": [], "Metrics": [{"Name": "b"}]}],
            }
        },
        {
            "_aws": {
                "Timestamp": 1,
                "CloudWatchMetrics": [{"Namespace": "a", "Dimensions": [[]], "Metrics": [{"Name": "b"}]}],
            }
        },
        {
            "_aws": {
                "Timestamp": 1,
                "CloudWatchMetrics": [{"Namespace": "a", "Dimensions": [["c"]], "Metrics": [{"Name": "b"}]}],
            },
            "b": 1,
        },
    ],
)
def test_the_check_of_a_line_finds_what_is_wrong(document: dict[str, Any]) -> None:
    with pytest.raises((jsonschema.ValidationError, AssertionError)):
        check(document)
