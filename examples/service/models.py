"""The AI provider, the models that the service runs itself, and what they predict of engines."""

from __future__ import annotations

import asyncio
import time

from examples.service.dependencies import reach
from examples.service.emf import ACCURACY, ENGINE_HEALTH, PREDICTION, PREDICTION_FAILED
from examples.service.kit import Kit
from examples.service.ledger import Ledger
from examples.service.metrics import ERROR, SUCCESS, Outcome

PROVIDER = {"model": "large-1", "provider": "example"}
CLASSIFIER = {"model_name": "sentiment", "model_type": "text"}
VERSION = "2026-11"
ENGINES = tuple(f"engine-{number}" for number in range(1, 9))
_HEALTHY_ERROR = 0.05
_CYCLES = 120.0


class ModelFailed(Exception):
    """A provider or a model that gave no answer that is of use."""


class Models:
    """What the service asks of models."""

    def __init__(self, kit: Kit, ledger: Ledger) -> None:
        self._kit, self._metrics, self._ledger = kit, kit.metrics.models, ledger
        self._request = Outcome(self._metrics.requests, self._metrics.duration, **PROVIDER)
        self._inference = Outcome(self._metrics.model_requests, self._metrics.inference, **CLASSIFIER)

    async def complete(self, prompt: str) -> str:
        """The provider's answer. Raises DependencyDown or ModelFailed."""
        start, status = time.perf_counter(), ERROR
        try:
            with self._request.noted():
                await self._ask("external", 0.6)
            status = SUCCESS
        finally:
            self._metrics.operations.labels(operation_type="completion", status=status).inc()
            self._ledger.add("completion", status, time.perf_counter() - start)
        return f"an answer of {len(prompt)} characters"

    async def classify(self) -> str:
        """What the service's own model says. Raises DependencyDown or ModelFailed."""
        with self._inference.noted():
            await self._ask("model", 0.03)
        return "positive"

    async def predict(self, engine: str) -> float:
        """How many cycles the engine has left. Raises DependencyDown or ModelFailed."""
        start = time.perf_counter()
        try:
            await reach(self._kit, "model")
            await self._kit.wait(0.02)
            if self._kit.faults.strikes("prediction_errors"):
                raise ModelFailed(f"no prediction for {engine}")
        except Exception:
            self._kit.emf.send(PREDICTION_FAILED, {"prediction_error": 1}, ModelVersion=VERSION)
            raise
        seconds = time.perf_counter() - start
        self._metrics.predictions.labels(model_version=VERSION).inc()
        self._metrics.prediction_duration.labels(model_version=VERSION).observe(seconds)
        sent = {"prediction_count": 1, "prediction_latency": seconds}
        self._kit.emf.send(
            PREDICTION, {**sent, "predicted_rul": _CYCLES, "prediction_confidence": 0.9}, ModelVersion=VERSION
        )
        return _CYCLES

    async def evaluate(self) -> None:
        """Compare the latest predictions with what came, and report each engine's health."""
        relative = self._kit.faults.value("prediction_drift") or _HEALTHY_ERROR
        self._metrics.relative_error.labels(model_version=VERSION).set(relative)
        errors = {"PredictionError": relative * _CYCLES, "PredictionRelativeError": relative}
        self._kit.emf.send(ACCURACY, errors, ModelVersion=VERSION)
        red = self._kit.faults.value("engine_red")
        for engine in ENGINES:
            level, score = ("red", red) if red and engine == ENGINES[0] else ("green", 0.1)
            self._kit.emf.send(ENGINE_HEALTH, {"EngineHealthScore": score}, EngineId=engine, AlertLevel=level)

    async def _ask(self, dependency: str, seconds: float) -> None:
        await reach(self._kit, dependency)
        await self._kit.wait(seconds)
        await asyncio.sleep(self._kit.faults.value("ai_latency"))
        if self._kit.faults.strikes("ai_errors", dependency):
            raise ModelFailed(f"{dependency} answers with an error")
