"""PromQL of panels: series narrowed by one of a dashboard's variables."""

from __future__ import annotations

from dataclasses import dataclass

RANGE = "$__rate_interval"
"""Grafana's own range for rates: at least four scrapes, and more where the graph is wider."""


@dataclass(frozen=True)
class Narrowed:
    """Expressions over those series alone whose label matches the variable of the same name."""

    label: str
    always: tuple[str, ...] = ()  # further matchers, as `job="x"`

    def series(self, metric: str, *matchers: str) -> str:
        """The series of a metric."""
        chosen = f'{self.label}=~"${self.label}"'
        return f"{metric}{{{','.join([chosen, *self.always, *matchers])}}}"

    def rate(self, metric: str, by: str, *matchers: str, ago: str = "") -> str:
        """Increase of a counter a second, summed; as it was so long `ago` (`1w`) where that is given."""
        offset = f" offset {ago}" if ago else ""
        return f"sum by ({by}) (rate({self.series(metric, *matchers)}[{RANGE}]{offset}))"

    def ratio(self, metric: str, by: str, failed: str, *matchers: str) -> str:
        """Share of a counter's increase that also matches `failed`; 0 while nothing fails, which may leave no failed
        series at all."""
        every, failures = self.rate(metric, by, *matchers), self.rate(metric, by, *matchers, failed)
        return f"({failures} or 0 * {every}) / {every}"

    def share(self, failed: str, every: str, by: str, *matchers: str) -> str:
        """The increase of the counter `failed` over that of `every`."""
        return f"{self.rate(failed, by, *matchers)} / {self.rate(every, by, *matchers)}"

    def lost(self, failed: str, sent: str, by: str, *matchers: str) -> str:
        """Share of what two counters count together, one what failed and one what arrived, that failed."""
        failures, successes = self.rate(failed, by, *matchers), self.rate(sent, by, *matchers)
        return f"{failures} / ({failures} + {successes})"

    def quantiles(self, histogram: str, by: str, *matchers: str) -> tuple[tuple[str, str], ...]:
        """The 50th, 95th and 99th percentile of a classic histogram, each after its name."""
        return tuple((f"p{q * 100:.0f}", self.quantile(q, histogram, by, *matchers)) for q in (0.5, 0.95, 0.99))

    def quantile(self, quantile: float, histogram: str, by: str, *matchers: str) -> str:
        """A quantile (0..1) of a classic histogram."""
        return f"histogram_quantile({quantile}, {self.rate(f'{histogram}_bucket', f'{by}, le', *matchers)})"

    def highest(self, metric: str, by: str, *matchers: str) -> str:
        """The highest value of a gauge."""
        return f"max by ({by}) ({self.series(metric, *matchers)})"

    def total(self, metric: str, by: str, *matchers: str) -> str:
        """The values of a gauge, summed."""
        return f"sum by ({by}) ({self.series(metric, *matchers)})"


def top(expression: str, number: int = 10) -> str:
    """The highest series at each moment, where there may be too many to tell apart."""
    return f"topk({number}, {expression})"


def count(expression: str) -> str:
    """How many series there are; 0 where there are none."""
    return f"count({expression}) or vector(0)"
