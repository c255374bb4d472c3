"""What a PromQL expression reads, keeps, spans, compares and measures, as its own parser sees it.

Every function takes the expression as text and raises ValueError with the parser's message where it is not PromQL.
"""

from alert_rules.promql.bounds import Bounds
from alert_rules.promql.comparisons import Comparison, comparisons
from alert_rules.promql.conditions import Condition, condition
from alert_rules.promql.labels import dropping, grouping_labels, lost_labels, metrics_and_labels
from alert_rules.promql.measured import SENTINEL, Measured, Unmeasurable, measured
from alert_rules.promql.ranges import Range, in_subqueries, is_instant_vector, looks_back, ranges, reach
from alert_rules.promql.selectors import Selector, selector

__all__ = [
    "SENTINEL",
    "Bounds",
    "Comparison",
    "Condition",
    "Measured",
    "Range",
    "Selector",
    "Unmeasurable",
    "comparisons",
    "condition",
    "dropping",
    "grouping_labels",
    "in_subqueries",
    "is_instant_vector",
    "looks_back",
    "lost_labels",
    "measured",
    "metrics_and_labels",
    "ranges",
    "reach",
    "selector",
]
