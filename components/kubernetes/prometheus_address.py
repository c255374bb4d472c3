"""Where Prometheus is asked."""

from __future__ import annotations

from components.kubernetes.addresses import url
from components.settings.model import Settings

NAME = "prometheus"
PORT = 9090


def query_url(settings: Settings) -> str:
    """Where PromQL over the newest metrics is asked."""
    return url(settings, NAME, PORT)
