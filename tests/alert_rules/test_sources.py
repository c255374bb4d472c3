"""The alerts of the source documents, by their names and with their figures."""

from __future__ import annotations

import pytest

from alert_rules.loader import builtin

# universal-ai-tools-guide 4.1 with requirements.md, "Where the sources disagree": (severity, for, threshold, floor).
UNIVERSAL_AI_TOOLS = {
    "HighErrorRate": ("critical", 120, 0.05, 0.1),
    "HighResponseTime": ("medium", 300, 1.0, None),
    "ServiceDown": ("critical", 60, None, None),
    "HighCPUUsage": ("medium", 300, 80, None),
    "HighMemoryUsage": ("medium", 300, 8 * 2**30, None),
    "AIRequestFailures": ("critical", 120, 0.05, 0.05),
}


@pytest.mark.parametrize("name", UNIVERSAL_AI_TOOLS)
def test_an_alert_of_the_source_has_its_name_and_figures(name: str) -> None:
    alert = builtin().alerts[name]
    values = {key: parameter.resolve(parameter.default).value for key, parameter in alert.parameters.items()}
    found = (str(alert.severity), alert.default_hold, values.get("threshold"), values.get("floor"))
    assert found == UNIVERSAL_AI_TOOLS[name]
    assert values.get("window", 300) == 300
