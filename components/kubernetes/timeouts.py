"""How long a query may take, and how long whoever asked waits for the answer."""

from __future__ import annotations

QUERY_SECONDS = 120
"""Of a query in Prometheus, Thanos and Loki."""

ANSWER_SECONDS = QUERY_SECONDS + 10
"""Of a connection that waits for one: half a minute by default in Loki's server, Grafana and the sign-in proxy, which
would give up what is still being answered. The limit of the Gateway or Ingress before them is its owner's."""
