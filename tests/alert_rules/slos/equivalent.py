"""Changes of recording rules that change nothing of what is recorded, whatever there is to read, and why."""

from __future__ import annotations

from collections.abc import Mapping

_ANYWHERE = r"\d+:\d+ "
_BAD, _EVENTS = "slo:errors:rate5m ", "slo:events:rate5m "
_WITH_BAD = f"{_BAD}(availability|grpc-availability|inference|quality|orders): "

EQUIVALENT: Mapping[str, str] = {
    f'{_BAD}(grpc-)?latency: {_ANYWHERE}without service="shop"': (
        "The other side of the difference names the service, and sides match by it."
    ),
    _WITH_BAD + r"3:\d+ (sum|rate) -> .*": (
        "What is multiplied by 0 is asked for its series alone, and these are the same."
    ),
    # --- freshness
    rf"{_EVENTS}freshness: 1:\d+ (max|count_over_time) -> .*": (
        "All that is asked is whether it is above 0, as counts always are, and sums of what is above 0 too."
    ),
    rf"{_EVENTS}freshness: 3:\d+ > -> >= before bool": "A count is never 0.",
    rf"{_EVENTS}freshness: 2:\d+ max -> sum": "No time of a success is below 0: a sum is above 0 where the greatest is.",
    rf"{_EVENTS}freshness: 2:\d+ by .* -> by \(service, team(, pipeline, instance)?\)": (
        "Whether any pipeline in any instance knows of a success is the same question, however they are grouped first."
    ),
    rf"{_EVENTS}freshness: 1:\d+ by .*, instance\)": "What is grouped has no instance any more.",
    rf"{_BAD}freshness: 1:\d+ by .*, instance\)": "What is grouped has no instance any more, here either.",
    rf"{_BAD}freshness: 4:\d+ (or -> and .*|without `or .*)": (
        "Bad seconds are known of whatever events are: both are made of the same series at the same moments."
    ),
    rf"{_BAD}freshness: ("
    r"5:\d+ (0|\*|max|count_over_time) -> .*|5:\d+ by .*, instance\)"
    r"|6:\d+ (0 -> 1|5m -> 270s|30s -> .*|> -> < .*|max -> .*|by .* -> by \(service, team(, pipeline, instance)?\))"
    r"|7:.*)": "Bad seconds are known of whatever events are, so what stands in their stead is not read.",
    # --- budgets
    rf"slo:budget:seconds: {_ANYWHERE}sum -> .*": "One series each: it is summed to take a label off.",
    r'slo:budget:seconds: 3:\d+ without window="5d"': (
        "What has another window is given by what stands before `or`, which is preferred."
    ),
    rf"(slo:budget_spent:reckoned|slo:(errors|events):sum3d): {_ANYWHERE}\* -> / before slo:budget:seconds": (
        "0 over a budget is 0 as well: none is 0, since no objective is 100 %."
    ),
    rf"slo:budget_spent:reckoned: {_ANYWHERE}sum -> .*": "To the right of `and`, values are not read.",
    r"slo:budget_spent:reckoned: (18|47):\d+ 0 -> 1": "Nothing is measured for a single second: it is 0, or 300 at least.",
    r'slo:budget_spent:reckoned: 50:\d+ without (window="5d"|`and .*)': (
        "What has another window is given by what stands before `or`, which is preferred: the last has none to leave "
        "out."
    ),
}
