"""Settings for the tests of Elasticsearch, Logstash, Kibana and Filebeat."""

from __future__ import annotations

from typing import Any

from components.settings.model import Settings
from tests.settings.examples import parsed
from tests.variants import ELASTIC_SECRETS


def with_elastic(replicas: int = 3, stack: str = "prod", **changes: Any) -> Settings:
    """A stack with the four of them."""
    own: dict[str, Any] = {"enabled": True, "replicas": replicas, "volume": "8TiB"}
    own |= {"transport_secret": "elasticsearch-transport"} if replicas > 1 else {}
    return parsed(stack, elastic=own, **ELASTIC_SECRETS, **changes)
