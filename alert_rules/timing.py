"""How often series are scraped and rules evaluated: what windows and holds are measured by. All in seconds."""

from __future__ import annotations

SCRAPE_INTERVAL = 15.0
"""Between two scrapes of a target that sets no interval of its own: the source's `scrape_interval: 15s`."""

EVALUATION_INTERVAL = 15.0
"""Between two evaluations of a Prometheus rule: the source's `evaluation_interval: 15s`."""

LOG_EVALUATION_INTERVAL = 60.0
"""Between two evaluations of a log rule, Loki's own default: each reads the lines of its whole window again."""

LONGEST_HOLD = 86400.0
"""A condition that must hold for more than a day pages nobody in time: the limit of CloudWatch's own evaluation."""
