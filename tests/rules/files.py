"""What this folder holds: promtool's rule tests by subject, mirroring alert_rules/prometheus."""

from pathlib import Path
from typing import Any

from alert_rules import yaml12
from alert_rules.compilers.common import Links
from alert_rules.loader import builtin

HERE = Path(__file__).parent
ALERTS = builtin().prometheus
LINKS = Links("https://runbooks.example.com", "https://grafana.example.com")
SUBJECTS = sorted({alert.subject for alert in ALERTS})


def rule_tests(subject: str) -> dict[str, Any]:
    """What tests/rules/<subject>.yaml holds: promtool's test file without `rule_files`."""
    content: dict[str, Any] = yaml12.load((HERE / f"{subject}.yaml").read_text(encoding="utf-8"))
    return content
