"""How long a query may take, and how long whoever asked waits for the answer."""

from __future__ import annotations

QUERY_SECONDS = 120
"""Of a query in Prometheus (its own default), Thanos and Loki."""

ANSWER_SECONDS = QUERY_SECONDS + 10
"""Of a connection that waits for one: half a minute by default in Loki's server and in Grafana, and what takes longer
would be given up while it is still being answered."""
