"""Alerts that cannot be as they are set, and what a person is told of them."""

from __future__ import annotations

from tests.settings.changes import Change, sets, together

ALERTS: dict[str, tuple[Change, list[str]]] = {
    "unknown alert": (
        sets("alerts", "HighErorRate", to={"threshold": "2%"}),
        [
            "vigil:alerts.HighErorRate: given 'HighErorRate'; allowed: the name of an alert",
            "did you mean 'HighErrorRate'?",
        ],
    ),
    "unknown key of an alert": (
        sets("alerts", "HighErrorRate", to={"treshold": "2%"}),
        ["vigil:alerts.HighErrorRate.treshold: given 'treshold'; allowed: one of: ", "did you mean 'threshold'?"],
    ),
    "misspelt severity": (
        sets("alerts", "HighErrorRate", to={"severity": "Critcal"}),
        [
            "vigil:alerts.HighErrorRate.severity: given 'Critcal'; allowed: critical, high, medium, low, info; did you mean 'critical'?"
        ],
    ),
    "severity in another case": (
        sets("alerts", "HighErrorRate", to={"severity": "Critical"}),
        ["given 'Critical'; allowed: critical, high, medium, low, info; did you mean 'critical'?"],
    ),
    "bare number where a unit is needed": (
        sets("alerts", "HighErrorRate", to={"threshold": 2}),
        ["vigil:alerts.HighErrorRate.threshold: given 2; allowed: a percentage such as 2% or 0.5%"],
    ),
    "unit of another quantity": (
        sets("alerts", "HighMemoryUsage", to={"threshold": "80%"}),
        ["vigil:alerts.HighMemoryUsage.threshold: given '80%'; allowed: a size such as 512MiB or 8GiB"],
    ),
    "threshold outside its range": (
        sets("alerts", "HighCPUUsage", to={"threshold": "140%"}),
        [
            "vigil:alerts.HighCPUUsage.threshold: given '140%'; allowed: a percentage such as 80%, at least 1%, at most 99%"
        ],
    ),
    "impossible for": (
        sets("alerts", "HighErrorRate", to={"for": "5s"}),
        ["vigil:alerts.HighErrorRate.for: given '5s'; allowed: 0s, or from two evaluations (30s) to 1d"],
    ),
    "for that is no multiple of an alarm's period": (
        sets("alerts", "AlbHighErrorRate", to={"for": "7m"}),
        ["vigil:alerts.AlbHighErrorRate.for: given '7m'; allowed: a multiple of the alarm's period (5m), at most 1d"],
    ),
    "for of a log alert shorter than its evaluation": (
        sets("alerts", "LogErrorsSurging", to={"for": "30s"}),
        ["vigil:alerts.LogErrorsSurging.for: given '30s'; allowed: 0s, or from two evaluations (2m) to 1d"],
    ),
    "unknown parameter of a log alert": (
        sets("services", 0, "alerts", to={"PanicsLogged": {"treshold": 2}}),
        ["vigil:services[0].alerts.PanicsLogged.treshold: given 'treshold'", "did you mean 'threshold'?"],
    ),
    "log alert for a service that is not on kubernetes": (
        sets("services", 10, "alerts", to={"LogErrorsSurging": {"threshold": "5%"}}),
        [
            "vigil:services[10].alerts.LogErrorsSurging: given 'LogErrorsSurging'; allowed: an alert that watches it: EcsHighCpuUtilization"
        ],
    ),
    "alert that does not watch the resource": (
        sets("resources", 0, "alerts", to={"EcsHighCpuUtilization": {"threshold": "70%"}}),
        [
            "vigil:resources[0].alerts.EcsHighCpuUtilization: given 'EcsHighCpuUtilization'; allowed: an alert that watches it: AlbHighErrorRate, AlbHighLatency"
        ],
    ),
    "an alert that compares with what is not kept": (
        together(
            sets("prometheus", "retention", to="7d"),
            sets("services", 0, "alerts", to={"TrafficDropped": {"threshold": "20%"}}),
        ),
        [
            "vigil:services[0].alerts.TrafficDropped: given 'TrafficDropped'; allowed: no override but `enabled: false`, "
            "since the alert is left out: it looks back over more than 14d, vigil:prometheus.retention is 7d"
        ],
    ),
    "a window that reaches beyond what is kept": (
        together(
            sets("alerts", "BatchJobOverdue", to={"window": "20d"}),
            sets("services", 0, "alerts", to={"BatchJobOverdue": {"window": "1d"}}),
            sets("services", 1, "alerts", to={"BatchJobOverdue": {"severity": "low"}}),
            sets("services", 2, "alerts", to={"BatchJobOverdue": {"window": "21d", "enabled": False}}),
        ),
        [
            "vigil:alerts.BatchJobOverdue: given 'BatchJobOverdue'; allowed: an alert whose past is kept: it looks back "
            "over more than 20d, vigil:prometheus.retention is 15d",
        ],
    ),
    "a range that reaches beyond what is kept": (
        together(
            sets("prometheus", "retention", to="7d"),
            sets("alerts", "BatchJobFailing", to={"window": "14d"}),
        ),
        ["vigil:alerts.BatchJobFailing", "it looks back over 14d, vigil:prometheus.retention is 7d"],
    ),
    "a service's window that reaches beyond what is kept": (
        together(
            sets("alerts", "BatchJobOverdue", to={"window": "14d"}),
            sets("services", 1, "alerts", to={"BatchJobOverdue": {"window": "16d"}}),
        ),
        [
            "vigil:services[1].alerts.BatchJobOverdue",
            "it looks back over more than 16d, vigil:prometheus.retention is 15d",
        ],
    ),
    "an alert that a service without metrics cannot have": (
        together(
            sets("services", 0, "metrics", to=None),
            sets("services", 0, "slos", to=[]),
            sets("services", 0, "sla", to=None),
            sets("services", 0, "alerts", to={"ServiceMissing": {"for": "10m"}}),
        ),
        ["vigil:services[0].alerts.ServiceMissing: given 'ServiceMissing'; allowed: an alert that watches it: "],
    ),
    "threshold that can never be exceeded": (
        sets("alerts", "HighResponseTime", to={"threshold": "10s"}),
        ["vigil:alerts.HighResponseTime.threshold: given '10s'", "at most 9.9s"],
    ),
}
