"""CloudWatch metrics as lines of a log (embedded metric format), in the namespaces of predictive-maintenance-plan.

A line names sets of dimensions, each of which is a series of its own. An alarm reads one series and not their sum, so
the set that it reads is among them: for most alarms the empty one (alert_rules/cloudwatch/).
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from examples.service.logs import ids

_ROOT = "PredictiveMaintenance"
MOST_VALUES = 100
"""Of one metric in one line; CloudWatch takes no more."""


@dataclass(frozen=True)
class Family:
    """Metrics that are sent in one line: their namespace, their units by name, and the sets of dimensions."""

    namespace: str
    units: Mapping[str, str]
    dimension_sets: Sequence[Sequence[str]]


PREDICTION = Family(
    f"{_ROOT}/ml-service",
    {
        "prediction_count": "Count",
        "prediction_latency": "Seconds",
        "predicted_rul": "None",
        "prediction_confidence": "None",
    },
    [[], ["ModelVersion"]],
)
PREDICTION_FAILED = Family(f"{_ROOT}/ml-service", {"prediction_error": "Count"}, [[], ["ModelVersion"]])
DATA_QUALITY = Family(f"{_ROOT}/data-pipeline", {"DataQuality": "None"}, [[], ["Metric", "Table"]])
ACCURACY = Family(
    f"{_ROOT}/business-logic",
    {"PredictionError": "None", "PredictionRelativeError": "None"},
    [[], ["ModelVersion"]],
)
ENGINE_HEALTH = Family(
    f"{_ROOT}/api-gateway", {"EngineHealthScore": "None"}, [["AlertLevel"], ["EngineId", "AlertLevel"]]
)


class Emf:
    """Writes the lines; with no stream there are none."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def send(self, family: Family, values: Mapping[str, float | Sequence[float]], **dimensions: str) -> None:
        """Write a line with a value, or up to MOST_VALUES, of each metric of the family."""
        if self._stream is not None:
            print(line(family, values, dimensions), file=self._stream, flush=True)


def line(family: Family, values: Mapping[str, float | Sequence[float]], dimensions: Mapping[str, str]) -> str:
    """The line, without its end. Raises ValueError where a metric or a dimension is missing or not the family's."""
    named = {key for keys in family.dimension_sets for key in keys}
    for given, asked in ((values.keys(), family.units.keys()), (dimensions.keys(), named)):
        if given != asked:
            raise ValueError(f"{family.namespace} takes {', '.join(sorted(asked))}; got {', '.join(sorted(given))}")
    if any(not isinstance(value, int | float) and len(value) > MOST_VALUES for value in values.values()):
        raise ValueError(f"more than {MOST_VALUES} values of a metric in one line of {family.namespace}")
    directive = {
        "Namespace": family.namespace,
        "Dimensions": [list(keys) for keys in family.dimension_sets],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in family.units.items()],
    }
    header = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [directive]}
    return json.dumps({"_aws": header, **ids(), **dimensions, **values})
