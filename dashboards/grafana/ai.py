"""The board of models: what they are asked, how fast and how well they answer."""

from __future__ import annotations

from dashboards.board import Board
from dashboards.panels import Panel, Query, Row, figure, graph
from dashboards.queries import Narrowed
from dashboards.shared import firing

_SERVICES = Narrowed("service")
_MODEL = "{{service}} {{model_name}}"

_NOW = Row(
    "Now",
    (
        Panel(
            title="Requests to providers",
            unit="reqps",
            description="Requests to language models a second, whoever answers.",
            queries=(Query(f"sum({_SERVICES.rate('ai_requests_total', 'service')})", "requests"),),
            draw=figure,
            width=6,
        ),
        Panel(
            title="Predictions",
            unit="cps",
            description="Predictions a second, by service.",
            queries=(Query(_SERVICES.rate("ml_predictions_total", "service"), "{{service}}"),),
            draw=figure,
            related=("PredictionsStopped",),
            width=6,
        ),
        firing(_SERVICES, "service", "team", dashboard="ai"),
    ),
    height=8,
)

_PROVIDERS = Row(
    "Providers",
    (
        Panel(
            title="Time to answer, p95",
            unit="s",
            description="95th percentile of the duration of requests, by provider and model.",
            queries=(
                Query(
                    _SERVICES.quantile(0.95, "ai_request_duration_seconds", "service, provider, model"),
                    "{{service}} {{model}} ({{provider}})",
                ),
            ),
            draw=graph,
            alert="AIRequestsSlow",
            width=12,
        ),
        Panel(
            title="Operations",
            unit="cps",
            description="What models are used for, a second, by kind and how it ended.",
            queries=(
                Query(_SERVICES.rate("ai_operations_total", "operation_type, status"), "{{operation_type}} {{status}}"),
            ),
            draw=graph,
            width=12,
        ),
    ),
)

_MODELS = Row(
    "Models",
    (
        Panel(
            title="Requests",
            unit="reqps",
            description="Requests to each model a second.",
            queries=(Query(_SERVICES.rate("ai_model_requests_total", "service, model_name"), _MODEL),),
            draw=graph,
        ),
        Panel(
            title="Requests that fail",
            unit="percentunit",
            description="Share of the requests to each model that end in an error.",
            queries=(
                Query(_SERVICES.ratio("ai_model_requests_total", "service, model_name", 'status="error"'), _MODEL),
            ),
            draw=graph,
            alert="ModelRequestFailures",
        ),
        Panel(
            title="Inference time, p95",
            unit="s",
            description="95th percentile of the time that each model takes.",
            queries=(
                Query(_SERVICES.quantile(0.95, "ai_model_inference_duration_seconds", "service, model_name"), _MODEL),
            ),
            draw=graph,
            alert="ModelInferenceSlow",
        ),
    ),
)

_PREDICTIONS = Row(
    "Predictions",
    (
        Panel(
            title="Relative error",
            unit="percentunit",
            description="How far predictions are from what came, by version of the model, mean of all instances.",
            queries=(
                Query(
                    f"avg by (service, model_version) ({_SERVICES.series('ml_prediction_relative_error')})",
                    "{{service}} {{model_version}}",
                ),
            ),
            draw=graph,
            alert="PredictionErrorHigh",
            width=12,
        ),
        Panel(
            title="Prediction time, p95",
            unit="s",
            description="95th percentile of the time that a prediction takes, by version of the model.",
            queries=(
                Query(
                    _SERVICES.quantile(0.95, "ml_prediction_duration_seconds", "service, model_version"),
                    "{{service}} {{model_version}}",
                ),
            ),
            draw=graph,
            width=12,
        ),
    ),
)

BOARD = Board(
    uid="ai",
    title="Models",
    folder="services",
    description="Requests to language models and other models, their errors and times, and how right predictions are.",
    tags=("services", "ai"),
    rows=(_NOW, _PROVIDERS, _MODELS, _PREDICTIONS),
)
